import { type Survivability, survivability } from "../concentration/survivability.ts";
import type { Upstream } from "../core/upstream.ts";
import type { NetworkState } from "./network-state.ts";

/** What a network would survive, by what is asked for now, and by the declared peak. */
export interface NetworkSurvivability {
  /** The calls of the last minute, and the upstreams that may serve now. */
  readonly now: Survivability;
  /** The declared peak, and all upstreams as configured; `undefined` when no peak is declared. */
  readonly peak: Survivability | undefined;
}

/** Judges a network as it is now, and as it was meant to be. */
export function survivabilityOf({ upstreams, eligible, survival }: NetworkState): NetworkSurvivability {
  const { peak, reserve } = survival;
  const carrier = (upstream: Upstream) => ({
    id: upstream.id,
    failureDomains: upstream.failureDomains,
    capacity: survival.capacity(upstream),
    load: survival.load(upstream),
  });
  const demand = survival.demand().reduce((sum, calls) => sum + calls, 0);
  return {
    now: survivability(upstreams.filter(eligible).map(carrier), demand, reserve),
    peak: peak === undefined ? undefined : survivability(upstreams.map(carrier), peak, reserve),
  };
}
