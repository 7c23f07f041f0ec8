import type { Coordinates } from "../../core/upstream.ts";
import type { Concentration } from "../concentration.ts";
import type { Place } from "../hosting/place.ts";
import { indices } from "../indices.ts";
import { sharesOf } from "../shares.ts";

/** What can be told of a peer by its address alone. */
const dimensions = ["provider", "asn", "jurisdiction"] as const;

/** The network as some of its nodes see it. */
export interface NetworkSeen {
  readonly network: string;
  /** How many nodes of the operator's told of their peers at the last look. */
  readonly nodes: number;
  /** How many peers they told of within a day, each counted once. */
  readonly peers: number;
  /** By provider, autonomous system and country, on the basis `peers`; empty while there are no peers. */
  readonly groups: readonly Concentration[];
}

/**
 * How concentrated peers are, by where each of them is; `undefined` where that is not known. Who is in no catalogue goes by
 * the autonomous system that announces it (`as7922`), as it would otherwise be left out and the big hosts look bigger. Pure.
 */
export function peerGroups(places: readonly (Place | undefined)[]): readonly Concentration[] {
  if (places.length === 0) return [];
  const peers = places.map((place) => ({ coordinates: coordinatesOf(place) }));
  return dimensions.map((dimension) => {
    const found = sharesOf(peers, dimension, () => 1);
    return { dimension, basis: "peers", ...found, indices: indices(found.shares.map(({ weight }) => weight)) };
  });
}

function coordinatesOf({ provider, asn, country }: Place = {}): Coordinates {
  return {
    provider: provider ?? (asn === undefined ? "unknown" : `as${asn}`),
    kind: "unknown",
    region: undefined,
    asn,
    jurisdiction: country,
    operator: undefined,
    client: undefined,
    edge: undefined,
  };
}
