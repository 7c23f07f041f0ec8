import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import { type Fault, fault } from "../core/outcome.ts";
import { residencyInWords } from "../core/residency.ts";
import type { Verdict } from "../core/upstream.ts";
import { isPruned, type Obstacle, obstacle, passesSoon, resides } from "./eligibility.ts";
import type { Member } from "./member.ts";
import type { Ranking } from "./ranking.ts";
import { wasTried } from "./tried.ts";

/** Verdicts that somebody must lift: what such an upstream has does not count. */
const outOfService: ReadonlySet<Verdict> = new Set(["drained", "quarantined"] as const);

/** While another call tries one that asked for a rest, its outcome is worth waiting for, in milliseconds. */
const tryMs = 1_000;

const noSecond = fault("no_upstream", "there is no second upstream for a hedge");

/**
 * Why nobody can serve a call, as a fault with the counts of what stands in the way: `busy` when only room or the next
 * block is missing, `rate_limited` when upstreams asked for a rest, with the end of the soonest, or when one may be tried
 * before that; `unsupported` or
 * `missing_data` when not one upstream has what is asked for, so that nobody waits for what never comes; `no_upstream`
 * otherwise. When there are healthy ones but this call tried them all, that is `no_upstream` too: asking them again is
 * for the retry to decide.
 */
export function nobody(network: string, ranking: Ranking, call: Call, context: CallContext, now: number): Fault {
  if (context.reason === "hedge") return noSecond;
  const { members } = ranking;
  const counts = new Map<Obstacle, number>();
  let triedAll = false;
  let soon = false;
  let restsUntil = Number.POSITIVE_INFINITY;
  for (const { upstream } of members) {
    const why = obstacle(upstream, call, now, ranking);
    const tried = wasTried(upstream, context);
    if (tried) triedAll ||= why === undefined;
    else soon ||= passesSoon(why, upstream, call);
    const counted = tried ? "tried" : why;
    if (counted) counts.set(counted, (counts.get(counted) ?? 0) + 1);
    if (why === "held" && upstream.status.heldBecause === "throttled") {
      const { heldUntil, triableAt } = upstream.status;
      restsUntil = Math.min(restsUntil, heldUntil, triableAt > now ? triableAt : now + tryMs);
    }
  }
  const parts = [...counts].map(([why, count]) => `${count} ${inCount(why, call)}`);
  const detail = `${network} has ${members.length} upstreams: ${parts.join(", ")}`;
  if (members.every(({ upstream }) => !resides(upstream, call))) {
    return fault("not_resident", `calls are answered ${residencyInWords(call.residency ?? [])}; ${detail}`);
  }
  const lack = commonLack(members, call);
  if (lack) return fault(lack, detail);
  if (triedAll) return fault("no_upstream", detail);
  if (soon) return fault("busy", detail);
  if (restsUntil === Number.POSITIVE_INFINITY) return fault("no_upstream", detail);
  return fault("rate_limited", detail, undefined, Math.ceil(restsUntil - now));
}

/** What not one of the upstreams in service has, whenever it were asked. */
function commonLack(members: readonly Member[], call: Call): "unsupported" | "missing_data" | undefined {
  const serving = members.filter(({ upstream: { status } }) => !outOfService.has(status.verdict));
  if (serving.length === 0) return undefined;
  if (serving.every(({ upstream }) => upstream.lacks(call.method))) return "unsupported";
  return serving.every(({ upstream }) => isPruned(upstream, call)) ? "missing_data" : undefined;
}

function inCount(why: Obstacle, { height, floor, method, traits, residency }: Call): string {
  switch (why) {
    case "behind":
      return `behind block ${height}`;
    case "pruned":
      return `without block ${floor} any more`;
    case "old_state":
      return `not said to keep the state of block ${floor}`;
    case "no_traces":
      return "not said to serve traces";
    case "elsewhere":
      return "without what the call is about";
    case "lacks_method":
      return `without ${method}`;
    case "residency":
      return `not where the call may be answered (${residencyInWords(residency ?? [])})`;
    case "unfit":
      return `not good for ${traits.duty?.duty}`;
    case "no_room":
      return "full";
    case "breaker_open":
      return "with an open breaker";
    case "tried":
      return "already tried";
    default:
      return why;
  }
}
