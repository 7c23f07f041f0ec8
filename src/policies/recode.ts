import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import type { DutyProtocol } from "../core/duty.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Handler, Policy } from "../core/policy.ts";
import { isUpstream, type Selector } from "../core/selector.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";

/** How long it is remembered that an upstream does not know an encoding of a method, in milliseconds: an hour. */
const memoryMs = 3_600_000;
/** So much of that is remembered; then what was learned first is forgotten, and learned again. */
const mostRefusals = 4_096;

/**
 * Asks an upstream that does not know the encoding of a call once more in the other one, and remembers it, so that no
 * client has to know which node speaks what: some take one refusal for the whole fleet's and never use the encoding again.
 * An answer that came in an encoding that the client does not accept is put into one that it does.
 */
export function recode(protocol: DutyProtocol, selector: Pick<Selector, "pick">, clock: Clock): Policy {
  const refusals = new Refusals(clock);
  // Several upstreams may refuse one call, and a block takes long to transcode.
  const others = new WeakMap<Call, Call | undefined>();
  const otherOf = (call: Call): Call | undefined => {
    if (!others.has(call)) others.set(call, protocol.recode(call));
    return others.get(call);
  };
  /** As the client can read it; `undefined` when that cannot be made. */
  const readable = (call: Call, outcome: Outcome): Outcome | undefined =>
    !outcome.ok || outcome.rest || call.traits.access === "write" ? outcome : protocol.recodeAnswer(call, outcome);
  return (next) => (call, context) => {
    // Picked here, as it depends on who it is what is sent.
    const upstream = context.only ?? selector.pick(call, context);
    if (!isUpstream(upstream)) return Promise.resolve(upstream);
    const refusal = keyOf(call, upstream);
    const known = refusals.has(refusal) ? otherOf(call) : undefined;
    return ask(upstream, next, known ?? call, context).then((outcome) => {
      if (!isRefused(outcome)) return readable(call, outcome) ?? outcome;
      const second = known ? call : otherOf(call);
      if (!second || context.cancellation.cancelled) return outcome;
      if (context.reason === "primary") context.reason = "retry";
      return ask(upstream, next, second, context).then((told) => {
        const read = readable(call, told);
        if (known) refusals.forget(refusal);
        else if (read && !isRefused(read)) refusals.add(refusal);
        // Another node may know the encoding.
        return read ?? outcome;
      });
    });
  };
}

function isRefused(outcome: Outcome): boolean {
  return !outcome.ok && outcome.kind === "unsupported_encoding";
}

/** Who was asked, what for, and in which encoding. */
function keyOf({ method, wire }: Call, { id }: Upstream): string {
  const { accept = "", "content-type": sent = "" } = wire.headers;
  return `${id} ${method} ${sent.slice(0, 128)} ${accept.slice(0, 128)}`;
}

/** Sends a call to this upstream and no other, without binding what else is sent in the context. */
function ask(upstream: Upstream, next: Handler, call: Call, context: CallContext): Promise<Outcome> {
  const { only } = context;
  context.only = upstream;
  const asking = next(call, context);
  context.only = only;
  return asking;
}

/** Which upstreams refused which encodings lately. */
class Refusals {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(key: string): boolean {
    const until = this.#until.get(key);
    if (until === undefined || this.#clock.now() < until) return until !== undefined;
    this.#until.delete(key);
    return false;
  }

  add(key: string): void {
    this.#until.set(key, this.#clock.now() + memoryMs);
    if (this.#until.size <= mostRefusals) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest as string);
  }

  forget(key: string): void {
    this.#until.delete(key);
  }
}
