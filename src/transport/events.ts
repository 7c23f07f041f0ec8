import { Client, type Dispatcher } from "undici";
import { type Fault, fault } from "../core/outcome.ts";
import type { EventReader, Subscription } from "../core/stream.ts";
import { EventParser } from "../lib/event-stream.ts";
import { retryAfterMs } from "../lib/retry-after.ts";
import { faultOf } from "./faults.ts";

/** Where an event stream is opened, and how. */
export interface StreamTarget {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connect: NonNullable<Client.Options["connect"]>;
  /** Wall-clock milliseconds, for a `retry-after` that is a date. */
  readonly epoch: () => number;
}

/**
 * The most bytes of one event. The largest are attester slashings: two lists of all who attest in a slot, up to 131,072
 * indices each since Electra (`MAX_VALIDATORS_PER_COMMITTEE * MAX_COMMITTEES_PER_SLOT`), some ten bytes each as JSON.
 */
const mostEventBytes = 4 * 1024 * 1024;

/**
 * Opens an event stream on a connection of its own, which lasts as long as the stream does and takes none of those that
 * calls share. There is no time limit but that of connecting: whoever reads knows what silence means.
 *
 * What is not an event stream ends with a fault. A refusal of what was asked for (400, 404, 406 and the like) is a
 * `doubtful_request`; one of event streams as such (405, 410, 501) is `unsupported`. `gone` is called once, when the
 * connection is given up for whatever reason.
 */
export function openEvents(target: StreamTarget, reader: EventReader, gone: () => void): Subscription {
  const client = new Client(target.origin, {
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: target.connect,
  });
  const exchange = new EventExchange(client, target, reader, gone);
  // What fails at once is told no sooner than the caller has the subscription.
  queueMicrotask(() => exchange.start());
  return exchange;
}

type Controller = Dispatcher.DispatchController;
type Headers = Record<string, string | string[] | undefined>;

class EventExchange implements Dispatcher.DispatchHandler, Subscription {
  #open = true;
  #sent = false;
  readonly #client: Client;
  readonly #target: StreamTarget;
  readonly #reader: EventReader;
  readonly #gone: () => void;
  readonly #parser: EventParser;

  constructor(client: Client, target: StreamTarget, reader: EventReader, gone: () => void) {
    this.#gone = gone;
    this.#client = client;
    this.#target = target;
    this.#reader = reader;
    this.#parser = new EventParser((event, data) => {
      // One chunk may hold several events, and the reader may have had enough after the first.
      if (this.#open) reader.event({ event, data });
    }, mostEventBytes);
  }

  start(): void {
    const { path, headers } = this.#target;
    if (this.#open) this.#client.dispatch({ method: "GET", path, headers: { ...headers } }, this);
  }

  close(): void {
    if (this.#open) this.#hangUp();
  }

  onRequestStart(): void {
    this.#sent = true;
  }

  onResponseStart(_controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return;
    const wrong = this.#refusal(status, headers);
    if (wrong) this.#end(wrong);
    else if (this.#open) this.#reader.opened();
  }

  onResponseData(_controller: Controller, chunk: Uint8Array): void {
    if (!this.#open) return;
    this.#reader.alive();
    this.#parser.push(chunk);
  }

  onResponseEnd(): void {
    this.#end(ended);
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#end(faultOf(error, this.#sent));
  }

  #refusal(status: number, headers: Headers): Fault | undefined {
    if (status !== 200) return refused(status, retryAfterMs(first(headers["retry-after"]), this.#target.epoch()));
    const encoding = first(headers["content-encoding"])?.toLowerCase() ?? "identity";
    if (encoding !== "identity") return fault("malformed", "the event stream has an encoding that nobody asked for");
    const type = first(headers["content-type"])?.toLowerCase() ?? "";
    return type.startsWith("text/event-stream")
      ? undefined
      : fault("malformed", "what was answered is no event stream");
  }

  #end(why: Fault): void {
    if (!this.#open) return;
    this.#hangUp();
    this.#reader.ended(why);
  }

  #hangUp(): void {
    this.#open = false;
    this.#gone();
    // Destroying fails the request once more, of which nobody needs to hear.
    this.#client.destroy().catch(() => {});
  }
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

const ended = fault("interrupted", "the upstream ended the event stream");

/** What a status other than 200 means for an event stream. */
function refused(status: number, retryAfterMs: number | undefined): Fault {
  const detail = `the event stream was answered with status ${status}`;
  if (status === 401 || status === 403) return fault("unauthorized", detail);
  if (status === 405 || status === 410 || status === 501) return fault("unsupported", detail);
  if (status === 429) return fault("rate_limited", detail, undefined, retryAfterMs);
  if (status === 503) return fault("not_ready", detail, undefined, retryAfterMs);
  if (status >= 500) return fault("server_error", detail, undefined, retryAfterMs);
  if (status >= 400) return fault("doubtful_request", detail);
  // A redirection is not followed: it would carry credentials elsewhere.
  return fault("malformed", detail);
}
