import type { Call } from "../core/call.ts";
import { fault } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Clock } from "../lib/clock.ts";
import { candidates } from "./candidates.ts";
import { askAll, type DutyParts, isSuccess, type Judge, type Leg, outcomeOf, refusal } from "./legs.ts";

/** The share of the time until the soft one for which those are waited for who seem to be ill. */
const patience = 0.1;

/**
 * Asks everybody, those who seem to be ill too, waits for all of them, and has the protocol put their answers together.
 * For what is true when one says so (a validator was seen to be active): an answer of the fastest alone would let two
 * instances of a validator start. So when fewer answered than must, there is no answer; and such calls are never sent
 * twice, and their answers never kept.
 *
 * A node that seems to be ill is not waited for as long as the others, if enough answered: one that is unplugged would
 * keep every such call until its deadline, which is longer than clients wait (Lighthouse's a quarter of a slot), and so
 * keep validators from starting while it is away.
 */
export function union(parts: DutyParts, clock: Clock): Policy {
  const { desk, crashed } = parts;
  return (next) => {
    const work = { next, clock, crashed, detached: undefined };
    return (call, context) => {
      const upstreams = candidates(parts, call, context, "possible");
      if ("ok" in upstreams) return Promise.resolve(upstreams);
      const now = clock.now();
      const soft = now + patience * Math.max(0, desk.timing(call).soft - now);
      return askAll(work, call, context, { upstreams, soft }, judge(call, parts));
    };
  };
}

function judge(call: Call, { desk, protocol, selector }: DutyParts): Judge {
  const heardOf = (legs: readonly Leg[]) => legs.filter(({ outcome }) => isSuccess(outcome)).length;
  const leastOf = (legs: readonly Leg[]) => Math.min(desk.leastHeard, legs.length);
  return {
    enough(legs, late) {
      if (!late || heardOf(legs) < leastOf(legs)) return undefined;
      const well = new Set(selector.all(call, "well"));
      const waiting = legs.some(({ upstream, outcome }) => outcome === undefined && well.has(upstream));
      return waiting ? undefined : protocol.merge(call, legs.map(outcomeOf));
    },
    last(legs) {
      const heard = heardOf(legs);
      const least = leastOf(legs);
      if (heard >= least) return protocol.merge(call, legs.map(outcomeOf));
      // Where all refused, what they refused it for says more.
      if (heard === 0 && legs.every(({ outcome }) => outcome)) return refusal(legs);
      const silent = legs.filter(({ outcome }) => !isSuccess(outcome)).map(({ upstream }) => upstream.id);
      return fault("no_quorum", `${heard} of ${legs.length} nodes answered, ${least} must; not ${silent.join(", ")}`);
    },
  };
}
