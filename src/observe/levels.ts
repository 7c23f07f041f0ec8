import { concentrationOf } from "../concentration/concentration.ts";
import type { Level, Moved } from "../concentration/drift.ts";
import type { NetworkState } from "./network-state.ts";

/** The indices whose drift is followed: of capacity, which does not move with the traffic of the hour. */
export function levelsOf(networks: readonly NetworkState[]): readonly Level[] {
  return networks.flatMap(({ view, upstreams, survival }) => {
    const capacity = (upstream: (typeof upstreams)[number]) => survival.capacity(upstream)?.perSecond;
    return concentrationOf(upstreams, { served: () => 0, capacity }).flatMap(({ dimension, basis, indices }) =>
      basis === "capacity" && indices ? [{ name: nameOf(view.network, dimension), hhi: indices.hhi }] : [],
    );
  });
}

function nameOf(network: string, dimension: string): string {
  return `${network} ${dimension}`;
}

/** The network and the dimension that a drift is about. */
export function partsOf({ name }: Moved): readonly [network: string, dimension: string] {
  const [network = "", dimension = ""] = name.split(" ");
  return [network, dimension];
}
