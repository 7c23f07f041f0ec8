import type { UpstreamStatus } from "./upstream.ts";

/** How many calls a second an upstream bears, and how that is known: somebody said so, or traffic showed it. */
export interface Capacity {
  readonly perSecond: number;
  readonly basis: "declared" | "learned";
}

/** Where a configuration may say what an upstream bears, in calls a second. */
export interface Declaration {
  readonly capacity?: number | undefined;
  readonly limits: { readonly rate?: number | undefined };
  readonly simulated?: { readonly capacity: number } | undefined;
}

/**
 * What a configuration says that an upstream bears, in calls a second: the least of its capacity, the rate that it may be
 * given and what its simulation does. `undefined` when nobody said.
 */
export function declaredCapacity({ capacity, limits, simulated }: Declaration): number | undefined {
  const said = [capacity, limits.rate, simulated?.capacity].filter((rate) => rate !== undefined);
  return said.length === 0 ? undefined : Math.min(...said);
}

/**
 * What an upstream bears: as declared, else as learned from traffic by Little's law (Little 1961, Operations Research
 * 9): calls at once divided by the time that one takes. `undefined` while neither is known.
 */
export function capacityOf(
  declared: number | undefined,
  { bearable, latencyMs }: Pick<UpstreamStatus, "bearable" | "latencyMs">,
): Capacity | undefined {
  if (declared !== undefined) return { perSecond: declared, basis: "declared" };
  if (!Number.isFinite(bearable) || !(latencyMs > 0)) return undefined;
  return { perSecond: (1_000 * bearable) / latencyMs, basis: "learned" };
}

/**
 * Fills in what is not known: a gap is taken for the average of what is, or for 1 where nothing is, so that all count the
 * same. `known`: is anything? `gaps`: how many were filled.
 */
export function withoutGaps(capacities: readonly (number | undefined)[]): {
  readonly filled: readonly number[];
  readonly known: boolean;
  readonly gaps: number;
} {
  const known = capacities.filter((capacity) => capacity !== undefined);
  const usual = known.length === 0 ? 1 : known.reduce((sum, capacity) => sum + capacity, 0) / known.length;
  return {
    filled: capacities.map((capacity) => capacity ?? usual),
    known: known.length > 0,
    gaps: capacities.length - known.length,
  };
}
