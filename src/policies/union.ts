import type { Call } from "../core/call.ts";
import { fault } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Clock } from "../lib/clock.ts";
import { candidates } from "./candidates.ts";
import { askAll, type DutyParts, isSuccess, type Judge, outcomeOf, refusal } from "./legs.ts";

/**
 * Asks everybody, those who seem to be ill too, waits for all of them, and has the protocol put their answers together.
 * For what is true when one says so (a validator was seen to be active): an answer of the fastest alone would let two
 * instances of a validator start. So when fewer answered than must, there is no answer; and such calls are never sent
 * twice, and their answers never kept.
 */
export function union(parts: DutyParts, clock: Clock): Policy {
  const { crashed } = parts;
  return (next) => {
    const work = { next, clock, crashed, detached: undefined };
    return (call, context) => {
      const upstreams = candidates(parts, call, context, "possible");
      if ("ok" in upstreams) return Promise.resolve(upstreams);
      return askAll(work, call, context, upstreams, context.deadline, judge(call, parts));
    };
  };
}

function judge(call: Call, { desk, protocol }: DutyParts): Judge {
  return {
    enough: () => undefined,
    last(legs) {
      const heard = legs.filter(({ outcome }) => isSuccess(outcome)).length;
      const least = Math.min(desk.leastHeard, legs.length);
      if (heard >= least) return protocol.merge(call, legs.map(outcomeOf));
      // Where all refused, what they refused it for says more.
      if (heard === 0 && legs.every(({ outcome }) => outcome)) return refusal(legs);
      const silent = legs.filter(({ outcome }) => !isSuccess(outcome)).map(({ upstream }) => upstream.id);
      return fault("no_quorum", `${heard} of ${legs.length} nodes answered, ${least} must; not ${silent.join(", ")}`);
    },
  };
}
