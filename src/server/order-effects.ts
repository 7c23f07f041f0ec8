import { withoutGaps } from "../core/capacity.ts";
import type { Upstream } from "../core/upstream.ts";
import type { NetworkState } from "../observe/network-state.ts";

/** What a drain would do to those who call. */
export interface DrainEffects {
  /** Networks that nobody would serve any more, as sentences. */
  readonly unserved: readonly string[];
  /** Networks whose other upstreams do not bear what is asked for now, as sentences. */
  readonly strained: readonly string[];
}

/**
 * What becomes of each network when all traffic of `target` (a label, two labels with ` & ` between them, `upstream:ID`) moves
 * away. Upstreams that are drained already take nothing over, and neither do those that may not serve now.
 */
export function effectsOfDrain(target: string, networks: readonly NetworkState[]): DrainEffects {
  const labels = target.split(" & ");
  const belongs = ({ id, failureDomains }: Upstream) =>
    labels.every((label) => label === `upstream:${id}` || failureDomains.includes(label));
  const unserved: string[] = [];
  const strained: string[] = [];
  for (const network of networks) {
    const { view, upstreams, eligible } = network;
    const members = upstreams.filter(belongs);
    if (members.length === 0) continue;
    const rest = upstreams.filter((one) => !members.includes(one) && one.status.drained === undefined);
    const able = rest.filter(eligible);
    const name = view.network;
    if (rest.length === 0) unserved.push(`${name} would have no upstream left`);
    else if (able.length === 0 && members.some(eligible)) unserved.push(`nobody else may serve ${name} now`);
    else {
      const borne = shareBorne(able, network);
      if (borne < 1) strained.push(`the others bear ${Math.floor(100 * borne)} % of what ${name} is asked for now`);
    }
  }
  return { unserved, strained };
}

/** The share of today's calls that some upstreams bear, the reserve kept free; 1 where that is not known. */
function shareBorne(able: readonly Upstream[], { upstreams, survival }: NetworkState): number {
  const demand = survival.demand().reduce((sum, calls) => sum + calls, 0);
  const { filled, known } = withoutGaps(upstreams.map((one) => survival.capacity(one)?.perSecond));
  if (!known || demand === 0) return 1;
  const capacity = upstreams.reduce((sum, one, index) => sum + (able.includes(one) ? (filled[index] ?? 0) : 0), 0);
  return Math.min(1, (capacity * (1 - survival.reserve)) / demand);
}
