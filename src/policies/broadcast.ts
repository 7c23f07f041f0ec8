import type { Call } from "../core/call.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import { candidates } from "./candidates.ts";
import { askAll, type DutyParts, isSuccess, type Judge, type Leg, outcomeOf } from "./legs.ts";

/** HTTP's "accepted": passed on, though the node could not take it in yet. */
const accepted = 202;
/** With less time left than that, in milliseconds, nobody else is begun with. */
const leastMs = 10;
/** The share of the time until the soft one for which it is waited whether somebody says more than that. */
const patience = 0.25;

/**
 * Sends the same bytes to everybody, those who seem to be ill too, and answers with the first success; when there was
 * none, with what the protocol makes of all outcomes. Nothing calls the other legs off: not the answer, nor the client,
 * nor the deadline; see {@link Detached} for what bounds them. Sending signed bytes to many is safe, since they are the
 * same, and whoever spreads them first decides when the network sees them.
 *
 * Where the desk chose only some (one node, to spare the relays behind it) and none of those took it, those get it whom the
 * desk chooses of all others, until somebody takes it or the deadline is there.
 */
export function broadcast(parts: DutyParts, clock: Clock): Policy {
  const { desk, selector, crashed, detached } = parts;
  return (next) => {
    const work = { next, clock, crashed, detached };
    return (call, context) => {
      const upstreams = candidates(parts, call, context, "possible");
      if ("ok" in upstreams) return Promise.resolve(upstreams);
      const now = clock.now();
      const patienceMs = patience * Math.max(0, desk.timing(call).soft - now);
      const told = new Set<Upstream>();
      const tell = async (chosen: readonly Upstream[]): Promise<Outcome> => {
        const open = chosen.filter((upstream) => detached.hasRoom(upstream));
        const some = open.length > 0 ? open : chosen.slice(0, 1);
        for (const one of chosen) told.add(one);
        const outcome = await askAll(
          work,
          call,
          context,
          { upstreams: some, soft: clock.now() + patienceMs },
          judge(call, parts),
        );
        if (isSuccess(outcome) || clock.now() + leastMs >= context.deadline) return outcome;
        const others = desk.candidates(
          call,
          selector.all(call, "possible").filter((one) => !told.has(one)),
        );
        return "ok" in others || others.length === 0 ? outcome : tell(others);
      };
      return tell(upstreams);
    };
  };
}

function judge(call: Call, { desk, protocol }: DutyParts): Judge {
  return {
    enough: success,
    last(legs) {
      const taken = success(legs, true);
      if (taken) return taken;
      const outcomes = legs.map(outcomeOf);
      desk.untaken(call, outcomes);
      return protocol.merge(call, outcomes);
    },
  };
}

/** The outcome of the most welcome that succeeded; of one that merely accepted when nobody did more, and it is late. */
function success(legs: readonly Leg[], late: boolean): Leg["outcome"] {
  const succeeded = legs.filter(({ outcome }) => isSuccess(outcome)).map(({ outcome }) => outcome);
  return succeeded.find((outcome) => outcome?.ok && outcome.status !== accepted) ?? (late ? succeeded[0] : undefined);
}
