import { type Capacity, withoutGaps } from "../core/capacity.ts";
import { type Dimension, dimensions } from "../core/upstream.ts";
import { worstPair } from "./worst-pair.ts";

/** An upstream as a part of what carries the load of one network. */
export interface Carrier {
  readonly id: string;
  /** Labels `dimension:value`. */
  readonly failureDomains: readonly string[];
  readonly capacity: Capacity | undefined;
  /** Calls a second that it is sent now. */
  readonly load: number;
}

/** What the figures rest on; `endpoints` when no capacity is known, so that all that can be counted are upstreams. */
export type SurvivalBasis = Capacity["basis"] | "endpoints";

/** What is left after a loss. Calls are calls a second; on the basis `endpoints` they are upstreams. */
export interface Remains {
  /** What the others bear. */
  readonly remaining: number;
  /**
   * 0..1 of the demand that the others can carry, the reserve kept free. Where there is nothing to measure against (no
   * demand given, no capacity known): 0..1 of the capacity that is left.
   */
  readonly ratio: number;
  /** The same without an upper end: 2 when twice the demand could be carried. */
  readonly headroom: number;
  /** What the others lack to carry the demand with the reserve free. */
  readonly deficit: number;
  /** What would find no room, though the others used their reserve too. */
  readonly unserved: number;
  /** All of the demand can be carried; where there is nothing to measure against, something is left at all. */
  readonly survives: boolean;
}

/** What the loss of one failure domain takes and leaves. */
export interface Loss extends Remains {
  readonly domain: string;
  readonly dimension: Dimension;
  /** The domain without its dimension. */
  readonly entity: string;
  /** Ids of the upstreams that go with it. */
  readonly members: readonly string[];
  /** What it holds, 0..1. */
  readonly capacityShare: number;
  readonly loadShare: number;
  /** Does it fail from one moment to the next, and so count for the verdict? See {@link survivability}. */
  readonly decides: boolean;
}

/** What the loss of two failure domains at once leaves. */
export interface PairLoss extends Remains {
  readonly domains: readonly [string, string];
  /** No other pair is worse; `false` when there were too many to say so. */
  readonly exact: boolean;
}

/** One dimension: its worst entity, and what goes unserved when one entity fails, each being as likely as another. */
export interface DimensionLoss {
  readonly worst: Loss;
  readonly expectedUnserved: number;
}

/** How much of the demand for one network could still be carried if a part of the fleet went away. */
export interface Survivability {
  readonly basis: SurvivalBasis;
  /** Upstreams of unknown capacity, taken for the average of the others; none on the basis `endpoints`. */
  readonly assumed: number;
  /** Calls a second; `undefined` when nobody said. */
  readonly demand: number | undefined;
  /** What all bear together, and are sent now. */
  readonly capacity: number;
  readonly load: number;
  /** Is there a demand and a capacity to measure it against? */
  readonly measured: boolean;
  /** The worst first; at most 4,096 of them. */
  readonly domains: readonly Loss[];
  /** How many there are. */
  readonly domainCount: number;
  /** The worst single loss (N-1) and the worst two (N-2) of the domains that decide; absent without such. */
  readonly one: Loss | undefined;
  readonly two: PairLoss | undefined;
  readonly dimensions: readonly DimensionLoss[];
}

/** The most domains that are told of. */
const mostDomains = 4_096;

/** A law or a court leaves days to move: a jurisdiction is told of, but capacity is not held in reserve against it. */
const foreseen: ReadonlySet<Dimension> = new Set(["jurisdiction"]);

/** Sums of capacities miss what they should equal by rounding, never by more than this part. */
const epsilon = 1e-9;

/**
 * Judges one network by static stability: the capacity for the loss of a failure domain must be there before the loss,
 * because nothing can be built while it lasts. `demand` in calls a second, `reserve` the share 0..1 of the remaining
 * capacity that must stay free. A label counts also when a single upstream carries it: that one may go too.
 *
 *     ratio = min(1, remaining * (1 - reserve) / demand)
 *
 * Source: N-1 as in the planning of power grids; "Static stability using Availability Zones", Amazon Builders' Library.
 */
export function survivability(
  carriers: readonly Carrier[],
  demand: number | undefined,
  reserve: number,
): Survivability {
  const { filled, known, gaps } = withoutGaps(carriers.map(({ capacity }) => capacity?.perSecond));
  const capacity = sum(filled);
  const load = sum(carriers.map((carrier) => carrier.load));
  const measured = known && demand !== undefined;
  const after = (lost: number): Remains => remains(capacity, capacity - lost, measured ? demand : undefined, reserve);
  const found = domainsOf(carriers).map(([domain, indices]) => {
    const members = indices.map((index) => carriers[index] as Carrier);
    const lost = sum(indices.map((index) => filled[index] as number));
    const [dimension, entity] = partsOf(domain);
    const loss: Loss = {
      domain,
      dimension,
      entity,
      members: members.map(({ id }) => id),
      capacityShare: capacity > 0 ? lost / capacity : 0,
      loadShare: load > 0 ? sum(members.map((member) => member.load)) / load : 0,
      decides: !foreseen.has(dimension),
      ...after(lost),
    };
    return { loss, indices };
  });
  found.sort((a, b) => a.loss.remaining - b.loss.remaining || placeOf(a.loss) - placeOf(b.loss));
  const losses = found.map(({ loss }) => loss);
  const deciding = found.filter(({ loss }) => loss.decides);
  const pair = worstPair(deciding, filled);
  return {
    basis: basisOf(carriers, known),
    assumed: known ? gaps : 0,
    demand,
    capacity,
    load,
    measured,
    domains: losses.slice(0, mostDomains),
    domainCount: losses.length,
    one: deciding[0]?.loss,
    two: pair && {
      domains: [pair.a.loss.domain, pair.b.loss.domain],
      exact: pair.exact,
      ...after(pair.lost),
    },
    dimensions: byDimension(losses),
  };
}

/** Which of two losses is worse: negative when the first is. */
export function compareLosses(a: Remains, b: Remains): number {
  return a.ratio - b.ratio || a.headroom - b.headroom || 0;
}

function basisOf(carriers: readonly Carrier[], known: boolean): SurvivalBasis {
  if (!known) return "endpoints";
  return carriers.some(({ capacity }) => capacity?.basis === "learned") ? "learned" : "declared";
}

/** Who carries each label, by index. */
function domainsOf(carriers: readonly Carrier[]): [domain: string, members: number[]][] {
  const found = new Map<string, number[]>();
  carriers.forEach(({ failureDomains }, index) => {
    for (const domain of failureDomains) {
      const members = found.get(domain);
      if (members) members.push(index);
      else found.set(domain, [index]);
    }
  });
  return [...found];
}

function remains(capacity: number, left: number, demand: number | undefined, reserve: number): Remains {
  const remaining = left > capacity * epsilon ? left : 0;
  if (demand === undefined) {
    const ratio = capacity > 0 ? remaining / capacity : 0;
    return { remaining, ratio, headroom: ratio, deficit: 0, unserved: 0, survives: remaining > 0 };
  }
  const usable = remaining * (1 - reserve);
  const survives = remaining > 0 && usable >= demand * (1 - epsilon);
  return {
    remaining,
    ratio: survives ? 1 : demand > 0 ? usable / demand : 0,
    headroom: remaining > 0 ? usable / demand : 0,
    deficit: survives ? 0 : demand - usable,
    unserved: Math.max(0, demand - remaining),
    survives,
  };
}

function byDimension(worstFirst: readonly Loss[]): DimensionLoss[] {
  return dimensions.flatMap((dimension) => {
    const losses = worstFirst.filter((loss) => loss.dimension === dimension);
    const [worst] = losses;
    return worst ? [{ worst, expectedUnserved: sum(losses.map(({ unserved }) => unserved)) / losses.length }] : [];
  });
}

function placeOf({ dimension }: Loss): number {
  return dimensions.indexOf(dimension);
}

function partsOf(domain: string): [dimension: Dimension, entity: string] {
  const colon = domain.indexOf(":");
  return [domain.slice(0, colon) as Dimension, domain.slice(colon + 1)];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
