import type { Coordinates, UpstreamStatus } from "../core/upstream.ts";
import { type Indices, indices } from "./indices.ts";
import { type Basis, bases, type ShareDimension, type Shares, shareDimensions, sharesOf } from "./shares.ts";

/** The dimensions that are reported; every further one multiplies the series of each network. */
const reportedDimensions = ["provider", "kind", "region"] as const satisfies readonly ShareDimension[];

/** Every dimension, for reports. */
export const allDimensions = shareDimensions;

/** What concentration is computed from; an `Upstream` is one. */
export interface Member {
  readonly coordinates: Coordinates;
  readonly status: Pick<UpstreamStatus, "verdict">;
}

/** How the weights of a member are found. */
export interface Weights<T> {
  /** Answers served in the last hour. */
  served(member: T): number;
  /** What it bears in calls a second, the same by which survivability is judged; `undefined` while nobody knows. */
  capacity(member: T): number | undefined;
  /** Validators that depend on it, or their stake, in one unit for all members; `undefined` where nobody says it. */
  readonly stake?: ((member: T) => number | undefined) | undefined;
}

/** Shares and indices of a fleet in one dimension on one basis. Bases are never mixed: each says something else. */
export interface Concentration extends Shares {
  readonly dimension: ShareDimension;
  readonly basis: Basis;
  /** `undefined` while there is nothing to share out. */
  readonly indices: Indices | undefined;
}

/** How concentrated a fleet is, in each of the dimensions on every basis. */
export function concentrationOf<T extends Member>(
  members: readonly T[],
  weights: Weights<T>,
  dimensions: readonly ShareDimension[] = reportedDimensions,
): Concentration[] {
  const usual = usualCapacity(members, weights);
  const weightBy: Readonly<Record<(typeof bases)[number], (member: T) => number>> = {
    requests: weights.served,
    capacity: (member) => (bearsLoad(member) ? (meaningful(weights.capacity(member)) ?? usual) : 0),
    configured: () => 1,
    stake: (member) => weights.stake?.(member) ?? 0,
  };
  // Of an upstream that does not say its stake nothing is known, not that it has none.
  const staked = members.filter((member) => weights.stake?.(member) !== undefined);
  return dimensions.flatMap((dimension) =>
    bases.flatMap((basis) => {
      const counted = basis === "stake" ? staked : members;
      if (basis === "stake" && counted.length === 0) return [];
      const shares = sharesOf(counted, dimension, weightBy[basis]);
      return { dimension, basis, ...shares, indices: indices(shares.shares.map(({ weight }) => weight)) };
    }),
  );
}

function bearsLoad({ status }: Member): boolean {
  return status.verdict === "healthy" || status.verdict === "ramping";
}

/** Where the capacity of only some upstreams is known the others are taken for average: 1 beside 64 would hide them. */
function usualCapacity<T extends Member>(members: readonly T[], weights: Weights<T>): number {
  const known = members.flatMap((member) => meaningful(weights.capacity(member)) ?? []);
  return known.length === 0 ? 1 : known.reduce((sum, capacity) => sum + capacity, 0) / known.length;
}

function meaningful(capacity: number | undefined): number | undefined {
  return capacity !== undefined && capacity > 0 && Number.isFinite(capacity) ? capacity : undefined;
}
