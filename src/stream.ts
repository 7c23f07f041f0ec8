import type { ByteReader, ByteStream } from "./core/bytes.ts";
import { type Fault, fault } from "./core/outcome.ts";
import type { Reply } from "./core/protocol.ts";
import type { EventSource, ServerEvent, Subscription, Wish } from "./core/stream.ts";
import type { Cancellation, Link } from "./lib/cancellation.ts";
import { type Clock, repeat, type Scheduled } from "./lib/clock.ts";
import { eventText, keepAliveText } from "./lib/event-stream.ts";

export interface StreamParts {
  readonly source: EventSource;
  readonly clock: Clock;
  /** The most event streams at once. */
  readonly most: number;
  /** What may wait for one client that reads slowly, in bytes; beyond it the client is given up. */
  readonly queueBytes: number;
}

/** The event streams of one network's clients. */
export interface Streams {
  /** The reply to a client's wish: a stream that goes on until the client leaves, or what speaks against it. */
  open(wish: Wish, cancellation: Cancellation): Reply;
  /** How many are open. */
  readonly size: number;
  /** Ends all of them, as a server does that wants its clients to come back. */
  close(): void;
}

/**
 * How often a comment is sent, in milliseconds, for clients and balancers that take silence for death. Source: 5 to 10 s
 * are usual; a balancer's shortest common limit is 30 s.
 */
const keepAliveMs = 5_000;

/** When a client that could not be served may come back, in seconds. */
const comeBackS = 5;

/**
 * THE subscription path: wish > event source > bytes. A client is never answered 500, and 400 only when it asked for
 * nothing that exists: Lodestar's client closes for good on either. While nobody has anything to tell it gets comments.
 */
export function createStreams(parts: StreamParts): Streams {
  const { source, clock, most } = parts;
  const open = new Set<ClientStream>();
  let keepingAlive: Scheduled | undefined;
  // Many clients hear the same event.
  let latest: { readonly event: ServerEvent; readonly bytes: Uint8Array } | undefined;
  const bytesOf = (event: ServerEvent): Uint8Array => {
    if (latest?.event !== event) latest = { event, bytes: Buffer.from(eventText(event.event, event.data)) };
    return latest.bytes;
  };
  const left = (stream: ClientStream): void => {
    open.delete(stream);
    if (open.size > 0) return;
    keepingAlive?.cancel();
    keepingAlive = undefined;
    latest = undefined;
  };
  return {
    open(wish, cancellation) {
      if (open.size >= most) return refusal(tooMany);
      const stream = new ClientStream(parts.queueBytes, left);
      const subscription = source.open(wish, {
        event: (event) => stream.push(bytesOf(event)),
        closed: () => stream.end(),
      });
      if ("ok" in subscription) return refusal(subscription);
      open.add(stream);
      keepingAlive ??= repeat(
        clock,
        () => keepAliveMs,
        () => {
          for (const one of open) one.keepAlive();
        },
      );
      stream.begin(subscription, cancellation);
      return { status: 200, headers: { ...streamHeaders }, body: keepAliveText, rest: stream, tail: "" };
    },
    get size() {
      return open.size;
    },
    close() {
      for (const stream of open) stream.end();
    },
  };
}

/** `x-accel-buffering` keeps nginx from holding events back until there are enough of them. */
const streamHeaders = { "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" };

/** The events of one client on their way to it. */
class ClientStream implements ByteStream {
  #reader: ByteReader | undefined;
  #paused = true;
  #queue: Uint8Array[] = [];
  #queued = 0;
  /** Why it is over. */
  #over: "end" | Fault | undefined;
  #subscription: Subscription | undefined;
  #link: Link | undefined;
  readonly #queueBytes: number;
  readonly #left: (stream: ClientStream) => void;

  constructor(queueBytes: number, left: (stream: ClientStream) => void) {
    this.#queueBytes = queueBytes;
    this.#left = left;
  }

  begin(subscription: Subscription, cancellation: Cancellation): void {
    this.#subscription = subscription;
    // The source may have ended it before it handed out the subscription.
    if (this.#over) this.#release();
    else this.#link = cancellation.onCancel(this);
  }

  push(bytes: Uint8Array): void {
    if (this.#over) return;
    if (!this.#paused) {
      this.#paused = this.#reader?.data(bytes) === false;
      return;
    }
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#queued > this.#queueBytes) this.#finish(tooSlow);
  }

  /** Nothing is added to what a slow client still has to read. */
  keepAlive(): void {
    if (!this.#paused) this.push(keepAliveBytes);
  }

  end(): void {
    this.#finish("end");
  }

  cancel(): void {
    this.#finish(clientLeft);
  }

  read(reader: ByteReader): void {
    this.#reader = reader;
    if (this.#over) this.#tell(this.#over);
    else this.resume();
  }

  resume(): void {
    if (!this.#reader) return;
    this.#paused = false;
    const queue = this.#queue;
    this.#queue = [];
    this.#queued = 0;
    for (const bytes of queue) this.push(bytes);
  }

  #finish(how: "end" | Fault): void {
    if (this.#over) return;
    this.#over = how;
    this.#queue = [];
    this.#release();
    this.#tell(how);
  }

  #tell(how: "end" | Fault): void {
    if (how === "end") this.#reader?.end();
    else this.#reader?.fail(how);
  }

  #release(): void {
    this.#link?.unlink();
    this.#subscription?.close();
    this.#left(this);
  }
}

const keepAliveBytes = Buffer.from(keepAliveText);
const clientLeft = fault("cancelled", "the client left");
const tooSlow = fault("interrupted", "the client reads its events too slowly");
const tooMany = fault("overloaded", "there are as many event streams as this network may have; come back later");

/** Source: beacon-APIs, `ErrorMessage`. */
function refusal({ kind, detail, retryAfterMs }: Fault): Reply {
  const code = kind === "doubtful_request" ? 400 : kind === "not_resident" ? 451 : 503;
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (code === 503) headers["retry-after"] = `${Math.ceil((retryAfterMs ?? comeBackS * 1_000) / 1_000)}`;
  return { status: code, headers, body: JSON.stringify({ code, message: detail }), rest: undefined, tail: "" };
}
