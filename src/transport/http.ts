import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { type Dispatcher, Pool } from "undici";
import type { ByteReader, ByteStream } from "../core/bytes.ts";
import type { WireRequest } from "../core/call.ts";
import { type Fault, fault } from "../core/outcome.ts";
import type { Subscription } from "../core/stream.ts";
import type { Transport, WireResponse } from "../core/transport.ts";
import type { Cancellation, Link } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { openEvents } from "./events.ts";
import { faultOf } from "./faults.ts";

export interface HttpOptions {
  /** The endpoint, with whatever path, query and credentials it needs. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The most connections at once. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** A streamed body that brings nothing for this long, or whose reader takes nothing, is given up. */
  readonly stallMs: number;
  /** The most bytes of one response. */
  readonly responseBytes: number;
  /** Own certificate authorities and client certificate, as PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}

/**
 * How long an idle connection is kept, in milliseconds, where the upstream does not say (`Keep-Alive: timeout=`). Less
 * than what nodes and the proxies in front of them keep theirs (Go's server in geth 120 s, nginx 75 s, an AWS load
 * balancer 60 s), and more than undici's 4 s: with many upstreams most connections would be closed between two calls.
 */
const idleMs = 20_000;

/**
 * Builds the HTTP transport of one upstream: one pool of keep-alive HTTP/1.1 connections, and one connection more for each
 * event stream.
 */
export function createHttpTransport(options: HttpOptions, clock: Clock): Transport {
  const url = new URL(options.url);
  const basePath = url.pathname === "/" ? "" : url.pathname.replace(/\/$/, "");
  const headers = { "accept-encoding": "identity", ...options.headers, ...credentials(url) };
  const connect = { timeout: options.connectTimeoutMs, ...options.tls };
  const pool = new Pool(url.origin, {
    connections: options.connections,
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: idleMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
  });
  const pathOf = (path: string) =>
    path === "" ? `${basePath || "/"}${url.search}` : basePath + withQuery(path, url.search);
  const defaultPath = pathOf("");
  const merged = new WeakMap<object, Record<string, string>>();
  const headersFor = (own: Readonly<Record<string, string>>) => {
    let all = merged.get(own);
    if (!all) {
      all = { ...own, ...headers };
      merged.set(own, all);
    }
    return all;
  };
  const streams = new Set<Subscription>();

  return {
    send: (request, cancellation, streamAbove) => {
      if (cancellation.cancelled) return Promise.resolve(cancelled);
      return new Promise((resolve) => {
        const exchange = new Exchange(resolve, cancellation, streamAbove, options, clock);
        pool.dispatch(
          toDispatch(request, request.path === "" ? defaultPath : pathOf(request.path), headersFor),
          exchange,
        );
      });
    },
    subscribe(request, reader) {
      const target = {
        origin: url.origin,
        path: pathOf(request.path),
        headers: headersFor(request.headers),
        connect,
        epoch: () => clock.epoch(),
      };
      const stream = openEvents(target, reader, () => streams.delete(stream));
      streams.add(stream);
      return stream;
    },
    close() {
      for (const stream of streams) stream.close();
      return pool.destroy();
    },
  };
}

function toDispatch(
  request: WireRequest,
  path: string,
  headersFor: (own: Readonly<Record<string, string>>) => Record<string, string>,
): Dispatcher.DispatchOptions {
  return { method: request.method, path, headers: headersFor(request.headers), body: request.body ?? null };
}

function credentials(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  const plain = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(plain).toString("base64")}` };
}

function withQuery(path: string, search: string): string {
  if (search === "") return path;
  return path.includes("?") ? `${path}&${search.slice(1)}` : path + search;
}

type Settle = (result: WireResponse | Fault) => void;
type Controller = Dispatcher.DispatchController;
type Headers = Record<string, string | string[] | undefined>;

/** Given to undici when we hang up. Made once: building an Error per abort costs more than the abort. */
const hungUp = new Error("no longer wanted");

/**
 * One request and its response. Small bodies are gathered and handed over whole; from `streamAbove` bytes on the
 * response is handed over with what came, and this object becomes the stream of the rest.
 */
class Exchange implements Dispatcher.DispatchHandler, ByteStream, WireResponse {
  readonly ok = true;
  status = 0;
  body: Uint8Array = empty;
  rest: ByteStream | undefined;
  length: number | undefined;
  #headers: Headers = {};
  #settle: Settle | undefined;
  #controller: Controller | undefined;
  #cancelled = false;
  #sent = false;
  #chunks: Uint8Array[] | undefined;
  #size = 0;
  #unread = 0;
  #reader: ByteReader | undefined;
  #ended: "no" | "end" | Fault = "no";
  #watch: Scheduled | undefined;
  readonly #streamAbove: number;
  readonly #options: HttpOptions;
  readonly #clock: Clock;
  readonly #link: Link;

  constructor(settle: Settle, cancellation: Cancellation, streamAbove: number, options: HttpOptions, clock: Clock) {
    this.#settle = settle;
    this.#streamAbove = streamAbove;
    this.#options = options;
    this.#clock = clock;
    this.#link = cancellation.onCancel(this);
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  headers(): Readonly<Record<string, string>> {
    const plain: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#headers)) {
      const first = Array.isArray(value) ? value[0] : value;
      if (first !== undefined) plain[name] = first;
    }
    return plain;
  }

  // What undici calls.

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#cancelled) controller.abort(hungUp);
    else this.#sent = true;
  }

  onResponseStart(_controller: Controller, status: number, headers: Headers): void {
    this.status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > this.#options.responseBytes) {
      this.#giveUp(controller, largerThan(this.#options.responseBytes));
    } else if (this.#reader) {
      if (!this.#reader.data(chunk)) controller.pause();
    } else {
      if (this.#chunks) this.#chunks.push(chunk);
      else this.#chunks = [chunk];
      if (this.rest) this.#hold(controller, chunk.length);
      else if (this.#size >= this.#streamAbove && this.#settle && !this.#encoded()) this.#handOver(controller);
    }
  }

  onResponseEnd(): void {
    this.#finish("end");
    if (this.#settle === undefined) return;
    this.body = this.#take();
    if (this.#encoded()) this.#decode();
    else this.#resolve(this);
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#settle) this.#resolve(this.#cancelled ? cancelled : faultOf(error, this.#sent));
    this.#finish(lost);
  }

  // What our side calls.

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#stopWatching();
    if (this.#settle) this.#resolve(cancelled);
    if (this.#ended === "no") this.#controller?.abort(hungUp);
  }

  read(reader: ByteReader): void {
    this.#reader = reader;
    const wantsMore = this.#chunks === undefined || reader.data(this.#take());
    if (this.#ended === "end") reader.end();
    else if (this.#ended !== "no") reader.fail(this.#ended);
    else if (wantsMore) this.#controller?.resume();
  }

  resume(): void {
    if (this.#ended === "no") this.#controller?.resume();
  }

  #resolve(result: WireResponse | Fault): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#link.unlink();
    settle?.(result);
  }

  #take(): Uint8Array {
    const chunks = this.#chunks;
    this.#chunks = undefined;
    if (!chunks) return empty;
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  }

  #handOver(controller: Controller): void {
    const { responseBytes } = this.#options;
    const declared = Number(this.header("content-length"));
    // Known beforehand, so the client can still be told.
    if (declared > responseBytes) {
      this.#giveUp(controller, largerThan(responseBytes));
      return;
    }
    if (declared >= this.#size) this.length = declared - this.#size;
    this.body = this.#take();
    this.rest = this;
    this.#watchProgress();
    this.#resolve(this);
  }

  /** What comes before somebody reads is kept, but not without end. Pausing at once would cost a copy of what is there. */
  #hold(controller: Controller, bytes: number): void {
    this.#unread += bytes;
    if (this.#unread > unreadBytes) controller.pause();
  }

  /** Nobody may hold a connection for ever: neither an upstream that stopped sending nor a client that stopped reading. */
  #watchProgress(): void {
    const seen = this.#size;
    this.#watch = this.#clock.schedule(this.#options.stallMs, () => {
      if (seen === this.#size && this.#controller) this.#giveUp(this.#controller, stalled);
      else this.#watchProgress();
    });
  }

  #stopWatching(): void {
    this.#watch?.cancel();
    this.#watch = undefined;
  }

  #giveUp(controller: Controller, why: Fault): void {
    if (this.#settle) this.#resolve(why);
    this.#cancelled = true;
    this.#finish(why);
    controller.abort(hungUp);
  }

  #finish(how: "end" | Fault): void {
    if (this.#ended !== "no") return;
    this.#ended = how;
    this.#stopWatching();
    if (!this.#reader) return;
    if (how === "end") this.#reader.end();
    else this.#reader.fail(how);
  }

  #encoded(): boolean {
    const encoding = this.#headers["content-encoding"];
    return encoding !== undefined && encoding !== "identity";
  }

  /** Some endpoints compress although they were asked not to. */
  #decode(): void {
    const decode = decoders.get(this.header("content-encoding")?.toLowerCase() ?? "");
    if (!decode) {
      this.#resolve(fault("malformed", "the body has an encoding that nobody asked for"));
      return;
    }
    decode(this.body, { maxOutputLength: this.#options.responseBytes }, (error, body) => {
      if (!error) this.body = body;
      this.#resolve(error ? fault("malformed", "the compressed body could not be read") : this);
    });
  }
}

function largerThan(bytes: number): Fault {
  return fault("too_large", `the response is larger than ${bytes} bytes`);
}

const empty = new Uint8Array(0);
/** So much of a stream is taken in before it has a reader. */
const unreadBytes = 262_144;
const cancelled = fault("cancelled", "no longer wanted");
const lost = fault("interrupted", "the connection to the upstream was lost");
const stalled = fault("interrupted", "the stream stalled");

type Decode = (
  body: Uint8Array,
  options: { maxOutputLength: number },
  done: (error: Error | null, body: Buffer) => void,
) => void;

const decoders: ReadonlyMap<string, Decode> = new Map([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", inflate],
  ["br", brotliDecompress],
]);
