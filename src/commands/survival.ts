import { type Survivability, survivability } from "../concentration/survivability.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import { declaredCapacity } from "../core/capacity.ts";
import { failureDomains } from "../core/upstream.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";

/** What static stability says of a configuration, in sentences. */
export interface Survival {
  readonly warnings: readonly string[];
  /** Why it should not be served at all, by `failover.survive: refuse`. */
  readonly refusals: readonly string[];
}

/**
 * Would every network survive the loss of any one failure domain at its declared peak, and would Breakwater itself be
 * there to see to it? As `failover.survive` says, a network that would not is a warning, a refusal, or nothing.
 */
export function survivalOf(config: Config): Survival {
  const { survive, reserve } = config.failover;
  if (survive === "ignore") return { warnings: [], refusals: [] };
  const networks = config.networks.map((network) => ({ network, found: configured(network, reserve) }));
  const losses = networks.flatMap(({ network, found }) => lossOf(network, found, survive === "refuse"));
  const doubts = networks.flatMap(({ network, found }) => doubtOf(network, found, survive === "refuse"));
  const warnings = [...doubts, ...sharedFates(config, networks)];
  return survive === "refuse" ? { warnings, refusals: losses } : { warnings: [...losses, ...warnings], refusals: [] };
}

/** A network as configured: all of its upstreams, at its declared peak. */
export function configured({ upstreams, peak }: NetworkConfig, reserve: number): Survivability {
  const carriers = upstreams.map((upstream) => {
    const perSecond = declaredCapacity(upstream);
    return {
      id: upstream.id,
      failureDomains: failureDomains(resolveCoordinates(upstream, upstream.url).coordinates),
      capacity: perSecond === undefined ? undefined : ({ perSecond, basis: "declared" } as const),
      load: 0,
    };
  });
  return survivability(carriers, peak, reserve);
}

/** A share as a whole percentage; what is not all of it is never shown as 100 %. */
export function percent(ratio: number): string {
  return `${ratio >= 1 ? 100 : Math.min(99, Math.round(100 * ratio))} %`;
}

/** Calls a second, to one digit after the point. */
export function calls(perSecond: number): string {
  return `${Math.round(10 * perSecond) / 10}`;
}

/** The loss that a network would not survive. Without a peak only what leaves nothing is one, and only to a strict eye. */
function lossOf({ name, peak }: NetworkConfig, { one, measured, assumed }: Survivability, strict: boolean): string[] {
  if (!one || one.survives || (peak === undefined && !strict)) return [];
  const without = `${name} would not survive the loss of ${one.domain}`;
  if (peak === undefined || !measured || one.remaining === 0) return [`${without}: nothing would be left`];
  const guess = assumed === 0 ? "" : ` (${unknownCapacity(assumed)})`;
  const carried = `${calls(peak - one.deficit)} of the peak of ${calls(peak)} calls/s could be carried`;
  return [`${without}: ${carried}, ${percent(one.ratio)}${guess}`];
}

function unknownCapacity(count: number): string {
  const who = count === 1 ? "1 upstream of unknown capacity is" : `${count} upstreams of unknown capacity are`;
  return `${who} taken for average`;
}

/** That a network cannot be judged, though somebody wants it to be. */
function doubtOf({ name, peak }: NetworkConfig, found: Survivability, strict: boolean): string[] {
  if (found.measured || !found.one?.survives || (peak === undefined && !strict)) return [];
  return [`whether ${name} survives the loss of a failure domain cannot be told: ${missing(found)}`];
}

/** What it takes to judge a network, as a request. */
export function missing({ demand, basis }: Survivability): string {
  const peak = demand === undefined ? ["its peak"] : [];
  const capacity = basis === "endpoints" ? ["what its upstreams bear (capacity)"] : [];
  return `say ${[...peak, ...capacity].join(" and ")}`;
}

interface Judged {
  readonly network: NetworkConfig;
  readonly found: Survivability;
}

/** The dimensions in which Breakwater itself stands somewhere. */
const whereabouts = ["provider", "region"] as const;

/** Breakwater moves nothing if it falls with what it should move, or with what should take over. */
function* sharedFates({ self }: Config, networks: readonly Judged[]): Generator<string> {
  const own = resolveCoordinates(self, undefined).coordinates;
  const told = new Set<string>();
  for (const dimension of whereabouts) {
    const value = own[dimension];
    if (value === undefined) continue;
    const here = `Breakwater itself ${dimension === "provider" ? "is with" : "is in"} ${value}`;
    const several = networks.filter(({ network }) => network.upstreams.length > 1 && !told.has(network.name));
    const half = several.filter(({ found }) => shareOf(found, `${dimension}:${value}`) > 0.5);
    const heirs = several.filter((one) => !half.includes(one) && heirsStandWith(one, dimension, value));
    for (const { network } of [...half, ...heirs]) told.add(network.name);
    if (half.length > 0) {
      yield `${here}, and so is more than half of the capacity of ${names(half)}: ${nobody}`;
    }
    if (heirs.length > 0) {
      yield `${here}, and so is every upstream that would take over in ${names(heirs)}: ${nobody}`;
    }
  }
}

const nobody = "when it goes, nobody moves the calls; run another one elsewhere";

function shareOf({ domains }: Survivability, domain: string): number {
  return domains.find((loss) => loss.domain === domain)?.capacityShare ?? 0;
}

/**
 * Do all upstreams that would take over stand there? Those are the ones of higher tiers, and those outside the largest
 * entity of the dimension.
 */
function heirsStandWith({ network, found }: Judged, dimension: (typeof whereabouts)[number], value: string): boolean {
  const places = network.upstreams.map((upstream) => ({
    tier: upstream.tier,
    place: resolveCoordinates(upstream, upstream.url).coordinates[dimension],
  }));
  const lowest = Math.min(...places.map(({ tier }) => tier));
  const largest = found.domains.find((loss) => loss.dimension === dimension)?.entity;
  return [places.filter(({ tier }) => tier > lowest), places.filter(({ place }) => place !== largest)].some(
    (heirs) => heirs.length > 0 && heirs.every(({ place }) => place === value),
  );
}

function names(networks: readonly Judged[]): string {
  const shown = networks.slice(0, 5).map(({ network }) => network.name);
  return `${shown.join(", ")}${networks.length > 5 ? ` and ${networks.length - 5} more` : ""}`;
}
