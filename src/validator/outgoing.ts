import type { Call } from "../core/call.ts";
import type { DutyProtocol, Signed } from "../core/duty.ts";
import type { Alarm } from "../core/observer.ts";
import type { Outcome } from "../core/outcome.ts";
import type { CallerWatch } from "./callers.ts";
import type { Sharing } from "./sharing.ts";
import type { TripWire } from "./trip-wire.ts";

export interface OutgoingParts {
  readonly protocol: Pick<DutyProtocol, "signed" | "without" | "refuse" | "untaken">;
  readonly tripWire: TripWire;
  readonly sharing: Pick<Sharing, "signed" | "forgotten">;
  /** The present epoch, once known. */
  readonly epoch: () => number | undefined;
  /** Hears who acts for validators. */
  readonly acted: CallerWatch;
  /** What is remembered has changed. */
  readonly touched: () => void;
  readonly alarm: (alarm: Alarm) => void;
}

/** Signed messages on their way out: holds back what contradicts one before, and tells other instances of the rest. */
export class Outgoing {
  readonly #parts: OutgoingParts;
  /** Messages that were left out of calls, and why, by their place in what the client sent. */
  readonly #refused = new WeakMap<Call, ReadonlyMap<number, string>>();
  /** Messages that were not seen before these calls brought them. */
  readonly #fresh = new WeakMap<Call, ReadonlySet<string>>();

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
  }

  /** The call as it may go out; or what the client is told, if nothing is left of it. */
  admit(call: Call): Call | Outcome {
    const { protocol, tripWire, alarm } = this.#parts;
    const messages = protocol.signed(call);
    if (messages.length === 0) return call;
    this.#parts.acted(call.caller, messages);
    const epoch = this.#parts.epoch();
    const refused = new Map<number, string>();
    const fresh: Signed[] = [];
    for (const message of messages) {
      const known = tripWire.knows(message);
      const because = tripWire.check(message, epoch);
      if (because !== undefined) {
        refused.set(message.index, because);
        alarm({ what: "would_slash", because, upstream: undefined });
      } else if (!known) fresh.push(message);
    }
    const rest = refused.size === 0 ? call : protocol.without(call, new Set(refused.keys()));
    if (!rest) return protocol.refuse(call, refused, undefined);
    if (fresh.length > 0) this.#remember(rest, fresh);
    if (refused.size > 0) this.#refused.set(rest, refused);
    return rest;
  }

  /** Nobody took it as a whole: a forged message, which every node refuses, must not stand in the way of the real one. */
  untaken(call: Call, outcomes: readonly Outcome[]): void {
    const fresh = this.#fresh.get(call);
    if (!fresh) return;
    const { protocol, tripWire, sharing, touched } = this.#parts;
    const messages = protocol.signed(call);
    const untaken = protocol.untaken(
      outcomes,
      messages.map(({ index }) => index),
    );
    // One that came before may have been taken then, and only be too old now.
    const forgotten = messages.filter((message) => untaken.has(message.index) && fresh.has(nameOf(message)));
    if (forgotten.length === 0) return;
    for (const message of forgotten) tripWire.forget(message);
    sharing.forgotten(forgotten);
    touched();
  }

  /** What the client is told of a call, when messages were left out of it. */
  settled(call: Call, outcome: Outcome): Outcome | undefined {
    const refused = this.#refused.get(call);
    return refused && this.#parts.protocol.refuse(call, refused, outcome);
  }

  /** Another instance let this out. If one went out here that contradicts it, it is too late, but not to say so. */
  heard(message: Signed): void {
    const { tripWire, epoch, touched, alarm } = this.#parts;
    const because = tripWire.check(message, epoch());
    if (because === undefined) touched();
    else
      alarm({
        what: "would_slash",
        because: `another instance sent what contradicts it: ${because}`,
        upstream: undefined,
      });
  }

  /** Another instance let it out, and every node refused it. */
  retracted(message: Signed): void {
    this.#parts.tripWire.forget(message);
    this.#parts.touched();
  }

  #remember(call: Call, fresh: readonly Signed[]): void {
    this.#fresh.set(call, new Set(fresh.map(nameOf)));
    this.#parts.sharing.signed(fresh);
    this.#parts.touched();
  }
}

/** A message among those of one call. */
function nameOf({ key, content }: Signed): string {
  return `${key} ${content}`;
}
