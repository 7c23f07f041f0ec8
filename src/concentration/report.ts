import { withoutGaps } from "../core/capacity.ts";
import type { Coordinates, UpstreamStatus } from "../core/upstream.ts";
import { allDimensions, type Concentration, concentrationOf } from "./concentration.ts";
import { effectiveIndependent } from "./dependence.ts";
import { type Expectation, expectedUnserved } from "./expectation.ts";
import { indices } from "./indices.ts";
import { allNetworks } from "./schema.ts";
import { sharesOf } from "./shares.ts";
import { type Carrier, type Survivability, survivability } from "./survivability.ts";

/** An upstream as a report sees it. */
export interface ReportMember extends Carrier {
  readonly coordinates: Coordinates;
  readonly status: Pick<UpstreamStatus, "verdict">;
  /** Answers served in the last hour. */
  readonly served: number;
  /** Validators that depend on it, or their stake; `undefined` where that is not said. */
  readonly stake?: number | undefined;
  /** False for one that is out: it carries nothing when others go. */
  readonly serves?: boolean;
}

/** How concentrated the providers would be after the worst loss, when the others have taken over. */
export interface AfterLoss {
  readonly domain: string;
  readonly hhi: number;
  readonly top: string;
  /** What the largest would hold, 0..1. */
  readonly topShare: number;
}

/** All that is to be said of one network, or of several together, about whom it depends on. */
export interface Report {
  readonly name: string;
  /** Is it about several networks, each of which has a peak of its own and is judged by that? */
  readonly together: boolean;
  readonly upstreams: number;
  readonly groups: readonly Concentration[];
  readonly survivability: Survivability;
  readonly unserved: readonly Expectation[] | undefined;
  readonly independent: number | undefined;
  readonly after: AfterLoss | undefined;
}

/** Puts together whom a fleet depends on. `demand` in calls a second, `reserve` the share that stays free after a loss. */
export function reportOf(
  name: string,
  members: readonly ReportMember[],
  demand: number | undefined,
  reserve: number,
): Report {
  const serving = members.filter(({ serves }) => serves !== false);
  const found = survivability(serving, demand, reserve);
  const weights = {
    served: ({ served }: ReportMember) => served,
    capacity: ({ capacity }: ReportMember) => capacity?.perSecond,
    stake: ({ stake }: ReportMember) => stake,
  };
  // What is not known is taken for average, as for shares and survivability: 1 beside 300 would count for nothing.
  const { filled } = withoutGaps(serving.map(weights.capacity));
  const weighed = serving.map(({ id, coordinates }, index) => ({ id, coordinates, weight: filled[index] as number }));
  return {
    name,
    together: false,
    upstreams: members.length,
    groups: concentrationOf(members, weights, allDimensions),
    survivability: found,
    unserved: expectedUnserved(found),
    independent: effectiveIndependent(weighed),
    after: found.one && afterLoss(found.one, weighed),
  };
}

/**
 * The same for all networks together. What different networks ask for cannot be added up, nor their stake, so that they are
 * held against no demand.
 */
export function reportOfAll(members: readonly ReportMember[], reserve: number): Report {
  const unstaked = members.map((member) => ({ ...member, stake: undefined }));
  return { ...reportOf(allNetworks, unstaked, undefined, reserve), together: true };
}

function afterLoss(
  { domain, members: lost }: { readonly domain: string; readonly members: readonly string[] },
  weighed: readonly (Pick<ReportMember, "id" | "coordinates"> & { readonly weight: number })[],
): AfterLoss | undefined {
  const left = weighed.filter(({ id }) => !lost.includes(id));
  const { shares } = sharesOf(left, "provider", ({ weight }) => weight);
  const [top] = shares;
  const measured = indices(shares.map(({ weight }) => weight));
  return top && measured && { domain, hhi: measured.hhi, top: top.entity, topShare: top.share };
}
