import type { Dimension } from "../core/upstream.ts";
import type { Survivability } from "./survivability.ts";

/**
 * How long the loss of one entity usually lasts, in hours, and how often a year one such loss is reckoned with. Durations:
 * what documented outages lasted (regions of AWS 2025-10-20 and Google Cloud 2025-06-12 some 7 to 15 hours, edges of
 * Cloudflare 2025-11-18 some 4 to 6, a ban by a provider, Hetzner 2022-11, for good: reckoned as the week that moving takes).
 * The frequency is an assumption, one a year for each entity: double it and the figure doubles.
 */
const losses: Readonly<Record<Dimension, { readonly hours: number; readonly perYear: number }>> = {
  provider: { hours: 168, perYear: 0.1 },
  region: { hours: 10, perYear: 1 },
  asn: { hours: 5, perYear: 1 },
  edge: { hours: 5, perYear: 1 },
  jurisdiction: { hours: 168, perYear: 0.05 },
  operator: { hours: 24, perYear: 0.5 },
  client: { hours: 12, perYear: 0.5 },
};

/** What goes unserved in one dimension in a year, reckoned: thousands of calls would be lost in those hours. */
export interface Expectation {
  readonly dimension: Dimension;
  /** Calls a year. */
  readonly calls: number;
  /** Hours a year in which not all calls can be served. */
  readonly hours: number;
}

/**
 * The load that is expected to go unserved in a year, by dimension: `sum over entities of frequency x duration x what finds
 * no room meanwhile`, as power grids reckon expected energy not served. `undefined` where there is nothing to measure against.
 */
export function expectedUnserved({ domains, measured }: Survivability): readonly Expectation[] | undefined {
  if (!measured) return undefined;
  const byDimension = new Map<Dimension, { calls: number; hours: number }>();
  for (const { dimension, unserved } of domains) {
    const { hours, perYear } = losses[dimension];
    const sum = byDimension.get(dimension) ?? { calls: 0, hours: 0 };
    sum.calls += perYear * hours * 3_600 * unserved;
    if (unserved > 0) sum.hours += perYear * hours;
    byDimension.set(dimension, sum);
  }
  return [...byDimension].map(([dimension, sum]) => ({ dimension, ...sum }));
}
