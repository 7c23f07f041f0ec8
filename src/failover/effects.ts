import type { Upstream } from "../core/upstream.ts";
import type { LiveDomain } from "./live-domain.ts";
import type { Orders } from "./orders.ts";

/**
 * The most that one may have until its domain is closed: a little less than all, so that it is picked in its turn and no
 * more often, however idle it is beside those that stood in for it.
 */
const mostComingBack = 0.99;
/**
 * Writes into the status of an upstream what its domains and orders mean for it; true when that changes anything that
 * health reads. `lives` are its domains against which something was seen, none where nothing is done about domains.
 */
export function direct(
  upstream: Upstream,
  lives: readonly LiveDomain[],
  { drained, forced, share }: ReturnType<Orders["effect"]>,
): boolean {
  const { status } = upstream;
  const before = [status.condemned, status.drained, status.forced, status.allowance].join();
  status.watched = lives.some(({ standing: { phase } }) => phase !== "closed" && phase !== "ramping");
  status.condemned = condemnation(upstream, lives);
  status.drained = drained;
  status.forced = forced;
  const granted = forced ? 1 : Math.min(1, ...lives.map((live) => allowanceOf(live, upstream)));
  status.allowance = Math.min(share, granted);
  return before !== [status.condemned, status.drained, status.forced, status.allowance].join();
}

function condemnation(upstream: Upstream, lives: readonly LiveDomain[]): string | undefined {
  const live = lives.find((one) => one.isOut && one.standing.share === 0 && !one.exempts(upstream));
  return live && `${live.domain.name} is out: ${live.standing.because}`;
}

/** What of its traffic a domain grants a member. One that is out with a share of nothing condemns it instead. */
function allowanceOf(live: LiveDomain, member: Upstream): number {
  const { isOut, standing } = live;
  const limits = standing.phase === "ramping" || (isOut && standing.share > 0);
  return limits && !live.exempts(member) ? Math.min(standing.share, mostComingBack) : 1;
}
