import { type Fault, fault } from "../core/outcome.ts";
import type { EventReader, ServerEvent, Subscription } from "../core/stream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import type { SimulatedFault } from "./fault-spec.ts";

/** What connection faults make of an event stream. */
const cutting: Partial<Record<SimulatedFault, Fault>> = {
  refuse: fault("unreachable", "connection refused"),
  reset: fault("interrupted", "connection lost (ECONNRESET)"),
  dns: fault("unreachable", "host name not found"),
  tls_hang: fault("unreachable", "no connection within the time limit"),
  errors: fault("server_error", "HTTP 500"),
  rate_limited: fault("rate_limited", "HTTP 429"),
};

/** Faults under which a stream stays open and nothing comes. */
const silencing: ReadonlySet<SimulatedFault> = new Set(["black_hole", "stall_midbody"] as const);

/** Live streams end under these too; the others only keep new ones from opening. */
const breaking: ReadonlySet<SimulatedFault> = new Set(["refuse", "reset", "tls_hang"] as const);

export interface EventLineParts {
  readonly clock: Clock;
  /** How long a round trip takes, in milliseconds. */
  readonly roundTripMs: number;
  /** The faults that strike the upstream now, and a way to hear that they are others. */
  readonly active: () => readonly { readonly spec: { readonly fault: SimulatedFault } }[];
  readonly onChange: (hear: () => void) => void;
}

/**
 * The connections that carry event streams of one simulated upstream: they end, or fall silent, as the faults that
 * strike it have it.
 */
export class EventLine {
  readonly #parts: EventLineParts;
  readonly #open = new Set<Stream>();

  constructor(parts: EventLineParts) {
    this.#parts = parts;
    parts.onChange(() => this.#follow());
  }

  /** Carries a stream that `begin` opens behind the connection. */
  carry(reader: EventReader, begin: (reader: EventReader) => Subscription): Subscription {
    const stream = new Stream(reader, () => this.#open.delete(stream));
    this.#open.add(stream);
    stream.timer = this.#parts.clock.schedule(this.#parts.roundTripMs, () => {
      const faults = this.#faults();
      const cut = faults.map((one) => cutting[one]).find((why) => why !== undefined);
      if (cut) stream.end(cut);
      else stream.begin(begin, () => this.#faults().some((one) => silencing.has(one)));
    });
    return stream;
  }

  /** Ends every stream, as a restart does. */
  endAll(): void {
    for (const stream of [...this.#open]) stream.end(cutting.reset as Fault);
  }

  #faults(): readonly SimulatedFault[] {
    return this.#parts.active().map(({ spec }) => spec.fault);
  }

  #follow(): void {
    const broken = this.#faults().find((one) => breaking.has(one));
    if (broken) for (const stream of [...this.#open]) stream.end(cutting[broken] as Fault);
  }
}

class Stream implements Subscription {
  readonly #reader: EventReader;
  readonly #gone: () => void;
  #source: Subscription | undefined;
  #over = false;
  timer: Scheduled | undefined;

  constructor(reader: EventReader, gone: () => void) {
    this.#reader = reader;
    this.#gone = gone;
  }

  begin(begin: (reader: EventReader) => Subscription, silent: () => boolean): void {
    const heard = (tell: () => void) => {
      if (!this.#over && !silent()) tell();
    };
    this.#source = begin({
      opened: () => heard(() => this.#reader.opened()),
      event: (event: ServerEvent) =>
        heard(() => {
          this.#reader.alive();
          this.#reader.event(event);
        }),
      alive: () => heard(() => this.#reader.alive()),
      ended: (why) => this.end(why),
    });
  }

  end(why: Fault): void {
    if (this.#over) return;
    this.close();
    this.#reader.ended(why);
  }

  close(): void {
    this.#over = true;
    this.timer?.cancel();
    this.#source?.close();
    this.#gone();
  }
}
