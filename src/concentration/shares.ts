import type { Coordinates, Dimension } from "../core/upstream.ts";

/** What upstreams may be grouped by: where they stand, and the kind of their provider. */
export const shareDimensions = [
  "provider",
  "kind",
  "region",
  "asn",
  "jurisdiction",
  "operator",
  "client",
  "edge",
] as const satisfies readonly (Dimension | "kind")[];
export type ShareDimension = (typeof shareDimensions)[number];

/**
 * What shares are shares of: answers served in the last hour, capacity of healthy upstreams, endpoints configured, stake
 * that depends on upstreams; and, of the network beyond the fleet, peers of one's own nodes.
 */
export const bases = ["requests", "capacity", "configured", "stake"] as const;
export type Basis = (typeof bases)[number] | "peers";

/** What one entity (a provider, a region, ...) holds. */
export interface Share {
  readonly entity: string;
  /** In the unit of the basis: answers, calls a second, endpoints, stake, peers. */
  readonly weight: number;
  /** 0..1 of everything whose entity is known. */
  readonly share: number;
}

/** Shares by entity, largest first, and how much they leave out. */
export interface Shares {
  readonly shares: readonly Share[];
  /** The part, 0..1, of all weight that lies with upstreams whose entity is known; 1 when there is no weight at all. */
  readonly known: number;
}

/**
 * Adds up the weights of upstreams by entity. An upstream that does not say where it stands joins no "unknown", which
 * would look like one entity and fail as none: it is left out, and `known` says how much was.
 */
export function sharesOf<T extends { readonly coordinates: Coordinates }>(
  upstreams: readonly T[],
  dimension: ShareDimension,
  weightOf: (upstream: T) => number,
): Shares {
  const weights = new Map<string, number>();
  let all = 0;
  let total = 0;
  for (const upstream of upstreams) {
    const weight = weightOf(upstream);
    all += weight;
    const entity = entityOf(upstream.coordinates, dimension);
    if (entity === undefined) continue;
    total += weight;
    weights.set(entity, (weights.get(entity) ?? 0) + weight);
  }
  const shares = [...weights].map(([entity, weight]) => ({ entity, weight, share: total > 0 ? weight / total : 0 }));
  shares.sort((a, b) => b.weight - a.weight || (a.entity < b.entity ? -1 : 1));
  return { shares, known: all > 0 ? total / all : 1 };
}

function entityOf(coordinates: Coordinates, dimension: ShareDimension): string | undefined {
  const value = coordinates[dimension];
  return value === undefined || value === "unknown" ? undefined : String(value);
}
