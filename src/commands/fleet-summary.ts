import { type Indices, indices } from "../concentration/indices.ts";
import { type Share, sharesOf } from "../concentration/shares.ts";
import type { Survivability } from "../concentration/survivability.ts";
import type { NetworkConfig } from "../config/schema.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { beaconWarnings } from "./beacon-lint.ts";
import { configured } from "./survival.ts";

const dimensions = ["provider", "kind", "region", "client"] as const;

/** How the upstreams of a network are spread in one dimension; each counts the same. */
export interface Spread {
  readonly dimension: (typeof dimensions)[number];
  readonly shares: readonly Share[];
  /** The part, 0..1, of upstreams of which it is known. */
  readonly known: number;
  readonly indices: Indices | undefined;
}

/** A configured network in short. */
export interface NetworkSummary {
  readonly name: string;
  readonly protocol: string;
  readonly chain: number | undefined;
  readonly default: boolean;
  readonly upstreams: number;
  readonly spreads: readonly Spread[];
  /** What the loss of a failure domain would leave of it; the ten worst. */
  readonly survivability: Survivability;
  /** What would take the whole network down at once, in sentences. */
  readonly warnings: readonly string[];
}

/** How many failure domains are told of. */
const shownDomains = 10;

/**
 * How the upstreams of a network are spread over the world, what they all have in common, and what would be left without
 * some of them while the share `reserve` of that is kept free.
 */
export function summarize(network: NetworkConfig, reserve: number): NetworkSummary {
  const { name, protocol, chain, upstreams } = network;
  const members = upstreams.map((upstream) => resolveCoordinates(upstream, upstream.url));
  const spreads = dimensions.map((dimension): Spread => {
    const { shares, known } = sharesOf(members, dimension, () => 1);
    return { dimension, shares, known, indices: indices(shares.map(({ weight }) => weight)) };
  });
  const found = configured(network, reserve);
  const survivability = { ...found, domains: found.domains.slice(0, shownDomains) };
  const summary = {
    name,
    protocol,
    chain,
    default: network.default,
    upstreams: upstreams.length,
    spreads,
    survivability,
  };
  const warnings = protocol === "beacon" ? beaconWarnings(network) : commonFate(name, upstreams.length, spreads);
  return { ...summary, warnings: [...warnings] };
}

function* commonFate(name: string, count: number, spreads: readonly Spread[]): Generator<string> {
  if (count === 1) {
    yield `${name} has a single upstream: when it fails, there is nowhere to go`;
    return;
  }
  for (const { dimension, shares, known } of spreads) {
    const [only, ...others] = shares;
    if (!only || others.length > 0 || known < 1) continue;
    if (dimension === "provider") yield `all upstreams of ${name} are with ${only.entity}: its outage is yours`;
    if (dimension === "region") yield `all upstreams of ${name} stand in ${only.entity}: its outage is yours`;
    if (dimension === "client") yield `all upstreams of ${name} run ${only.entity}: one bug stops them all`;
  }
}
