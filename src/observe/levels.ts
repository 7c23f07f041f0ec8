import { concentrationOf } from "../concentration/concentration.ts";
import type { Level, Moved } from "../concentration/drift.ts";
import { allNetworks } from "../concentration/schema.ts";
import type { Upstream } from "../core/upstream.ts";
import type { NetworkState } from "./network-state.ts";

/**
 * The indices whose drift is followed, of each network and of all together: of capacity, which does not move with the
 * traffic of the hour.
 */
export function levelsOf(networks: readonly NetworkState[]): readonly Level[] {
  const capacities = new Map(
    networks.flatMap(({ upstreams, survival }) =>
      upstreams.map((upstream) => [upstream, survival.capacity(upstream)?.perSecond] as const),
    ),
  );
  const capacity = (upstream: Upstream) => capacities.get(upstream);
  const levels = (network: string, upstreams: readonly Upstream[]) =>
    concentrationOf(upstreams, { served: () => 0, capacity }).flatMap(({ dimension, basis, indices }) =>
      basis === "capacity" && indices ? [{ name: nameOf(network, dimension), hhi: indices.hhi }] : [],
    );
  const each = networks.flatMap(({ view, upstreams }) => levels(view.network, upstreams));
  return networks.length > 1 ? [...each, ...levels(allNetworks, [...capacities.keys()])] : each;
}

function nameOf(network: string, dimension: string): string {
  return `${network} ${dimension}`;
}

/** The network and the dimension that a drift is about. */
export function partsOf({ name }: Moved): readonly [network: string, dimension: string] {
  const [network = "", dimension = ""] = name.split(" ");
  return [network, dimension];
}
