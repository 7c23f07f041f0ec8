import { type Indices, indices } from "../concentration/indices.ts";
import { type Share, sharesOf } from "../concentration/shares.ts";
import type { NetworkConfig } from "../config/schema.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";

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
  /** What would take the whole network down at once, in sentences. */
  readonly warnings: readonly string[];
}

/** How the upstreams of a network are spread over the world, and what they all have in common. */
export function summarize(network: NetworkConfig): NetworkSummary {
  const { name, protocol, chain, upstreams } = network;
  const members = upstreams.map((upstream) => resolveCoordinates(upstream, upstream.url));
  const spreads = dimensions.map((dimension): Spread => {
    const { shares, known } = sharesOf(members, dimension, () => 1);
    return { dimension, shares, known, indices: indices(shares.map(({ weight }) => weight)) };
  });
  const summary = { name, protocol, chain, default: network.default, upstreams: upstreams.length, spreads };
  return { ...summary, warnings: [...commonFate(name, upstreams.length, spreads)] };
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
