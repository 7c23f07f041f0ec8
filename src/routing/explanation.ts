import type { Call } from "../core/call.ts";
import type { CallContext, PassedOver } from "../core/context.ts";
import { inWords, obstacle } from "./eligibility.ts";
import type { Member } from "./member.ts";
import type { Group, Ranking } from "./ranking.ts";
import { fateMate, wasTried } from "./tried.ts";

/** Why each upstream other than the chosen one was passed over, for a client that asked. */
export function passedOver(
  ranking: Ranking,
  chosen: Member | undefined,
  call: Call,
  context: CallContext,
  now: number,
): readonly PassedOver[] {
  const home = chosen && groupOf(ranking, chosen);
  return ranking.members
    .filter((member) => member !== chosen)
    .map((member) => ({ upstream: member.upstream.id, because: because(member) }));

  function because(member: Member): string {
    const { upstream } = member;
    if (wasTried(upstream, context)) return inWords("tried", upstream, call, now);
    const why = obstacle(upstream, call, now, ranking);
    if (why) return inWords(why, upstream, call, now);
    const mate = fateMate(upstream, context);
    if (mate && chosen && !fateMate(chosen.upstream, context)) return `may share the fate of ${mate.id}, already tried`;
    if (upstream.status.verdict === "suspect") return `suspect: ${upstream.status.because}`;
    const group = groupOf(ranking, member);
    if (group && home && group !== home) return `ready in the group "${group.name}"; this call went to "${home.name}"`;
    return `ready; the choice within its group fell on another`;
  }
}

function groupOf({ groups }: Ranking, member: Member): Group | undefined {
  return groups.find(({ members }) => members.includes(member));
}
