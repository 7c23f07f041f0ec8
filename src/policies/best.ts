import type { Call } from "../core/call.ts";
import type { DutyProtocol } from "../core/duty.ts";
import type { Answer } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Clock } from "../lib/clock.ts";
import { candidates } from "./candidates.ts";
import { askAll, type DutyParts, isSuccess, type Judge, type Leg, refusal } from "./legs.ts";

/**
 * Asks several at once and takes the best answer, by the protocol's score: at the soft time, or when all have answered;
 * after the soft time the first one of use. The others are called off. Where not all who can are asked (each asks its
 * relays for a block), the others are as soon as one fails, or nobody has answered in half of the soft time. Source of the rule: Vouch and Vero, which take the
 * most valuable block and the fullest aggregate so.
 */
export function best(parts: DutyParts, clock: Clock): Policy {
  const { desk, protocol, crashed } = parts;
  return (next) => {
    const work = { next, clock, crashed, detached: undefined };
    return (call, context) => {
      const upstreams = candidates(parts, call, context, "well");
      if ("ok" in upstreams) return Promise.resolve(upstreams);
      return askAll(
        work,
        call,
        context,
        { upstreams, width: desk.width(call), soft: desk.timing(call).soft },
        judge(call, protocol),
      );
    };
  };
}

function judge(call: Call, protocol: DutyProtocol): Judge {
  const scores = new Map<Leg, number>();
  const score = (leg: Leg): number => {
    const known = scores.get(leg);
    if (known !== undefined || !isSuccess(leg.outcome)) return known ?? Number.NEGATIVE_INFINITY;
    const fresh = protocol.score(call, leg.outcome as Answer);
    scores.set(leg, fresh);
    return fresh;
  };
  /** The best; of equals the most welcome. */
  const bestOf = (legs: readonly Leg[]) => {
    let best: Leg | undefined;
    for (const leg of legs) if (score(leg) > (best ? score(best) : Number.NEGATIVE_INFINITY)) best = leg;
    return best?.outcome;
  };
  return {
    enough: (legs, late) => (late ? bestOf(legs) : undefined),
    last: (legs) => bestOf(legs) ?? refusal(legs),
  };
}
