import type { ByteReader, ByteStream } from "../core/bytes.ts";
import type { WireRequest } from "../core/call.ts";
import { type Fault, fault } from "../core/outcome.ts";
import type { Transport, WireResponse } from "../core/transport.ts";
import type { Cancellable, Cancellation, Link } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { Connections } from "./connections.ts";
import type { Plan, SimulatedResponse } from "./plan.ts";
import type { SimulatedProvider } from "./provider.ts";

const cancelled = fault("cancelled", "no longer wanted");
const broken = fault("interrupted", "connection lost (ECONNRESET)");

/**
 * A transport that carries out a simulated provider's plans without sockets, in the time of the given clock. It keeps
 * connections alive as far as faults can tell: a request takes one that is idle, or opens another.
 */
export function createSimulatedTransport(provider: SimulatedProvider, clock: Clock): Transport {
  const line = { provider, clock, connections: new Connections() };
  return {
    send: (request, cancellation, streamAbove) =>
      new Promise((resolve) => new Exchange(line, request, cancellation, streamAbove, resolve)),
    subscribe: (request, reader) => provider.subscribe(request, reader),
    close: () => Promise.resolve(),
  };
}

interface Line {
  readonly provider: SimulatedProvider;
  readonly clock: Clock;
  readonly connections: Connections;
}

/** One request on its way: settles once, by its plan or by being cancelled, whichever comes first. */
class Exchange implements Cancellable {
  readonly #line: Line;
  readonly #plan: Plan;
  /** When the connection that it uses was opened. */
  readonly #openedAt: number;
  readonly #streamAbove: number;
  readonly #resolve: (result: WireResponse | Fault) => void;
  readonly #timer: Scheduled | undefined;
  readonly #link: Link;

  constructor(
    line: Line,
    request: WireRequest,
    cancellation: Cancellation,
    streamAbove: number,
    resolve: (result: WireResponse | Fault) => void,
  ) {
    const { provider, clock, connections } = line;
    const live = connections.take(clock.now(), provider.brokenAt);
    this.#line = line;
    this.#openedAt = live ?? clock.now();
    this.#plan = (live === undefined ? provider.connect() : undefined) ?? provider.plan(request);
    this.#streamAbove = streamAbove;
    this.#resolve = resolve;
    const waits = this.#plan.ending !== "silence";
    this.#timer = waits ? clock.schedule(this.#plan.delayMs, () => this.#arrive()) : undefined;
    this.#link = cancellation.onCancel(this);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#resolve(cancelled);
  }

  #arrive(): void {
    const result = this.#result();
    if (!result) return;
    this.#link.unlink();
    this.#resolve(result);
  }

  /** What arrived; `undefined` when it goes on waiting for the rest of a body that never comes. */
  #result(): WireResponse | Fault | undefined {
    switch (this.#plan.ending) {
      case "refused":
        return fault("unreachable", "connection refused");
      case "reset":
        return broken;
      case "reset_midbody":
      case "stall_midbody":
        return this.#half(this.#plan.respond());
      case "unresolved":
        return fault("unreachable", "host name not found");
      case "unconnected":
        return fault("unreachable", "no connection within the time limit");
      default:
        this.#line.connections.give(this.#openedAt, this.#line.clock.now());
        return whole(this.#plan.respond(), this.#streamAbove);
    }
  }

  #half(response: SimulatedResponse): WireResponse | Fault | undefined {
    const half = response.body.subarray(0, response.body.length >> 1);
    const breaks = this.#plan.ending === "reset_midbody";
    if (half.length > this.#streamAbove) return wire(response, half, new BrokenRest(breaks));
    return breaks ? broken : undefined;
  }
}

function whole(response: SimulatedResponse, streamAbove: number): WireResponse {
  if (response.body.length <= streamAbove) return wire(response, response.body, undefined);
  return wire(response, response.body.subarray(0, streamAbove), new WholeRest(response.body.subarray(streamAbove)));
}

function wire(response: SimulatedResponse, body: Uint8Array, rest: ByteStream | undefined): WireResponse {
  return {
    ok: true,
    status: response.status,
    header: (name) => response.headers[name],
    headers: () => response.headers,
    body,
    rest,
  };
}

/** The rest of a large body, all in one piece. */
class WholeRest implements ByteStream {
  readonly #rest: Uint8Array;
  #reader: ByteReader | undefined;

  constructor(rest: Uint8Array) {
    this.#rest = rest;
  }

  read(reader: ByteReader): void {
    this.#reader = reader;
    if (reader.data(this.#rest)) this.resume();
  }

  resume(): void {
    const reader = this.#reader;
    this.cancel();
    reader?.end();
  }

  cancel(): void {
    this.#reader = undefined;
  }
}

/** The rest of a body that breaks off at once or never comes. */
class BrokenRest implements ByteStream {
  readonly #breaks: boolean;
  #reader: ByteReader | undefined;

  constructor(breaks: boolean) {
    this.#breaks = breaks;
  }

  read(reader: ByteReader): void {
    this.#reader = reader;
    if (this.#breaks) this.cancel();
  }

  resume(): void {}

  cancel(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.fail(broken);
  }
}
