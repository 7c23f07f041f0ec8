import { isPublic } from "./addresses.ts";
import type { LightBound } from "./light.ts";
import type { Place, Places } from "./place.ts";

/** An upstream with what is declared of its hosting. */
export interface Hosted {
  readonly network: string;
  readonly upstream: string;
  /** A key of the provider catalogue, or the operator's own word. */
  readonly provider: string;
  /** The CDN in front of it, where one is known by its name. */
  readonly edge?: string | undefined;
  /** `aws/us-east-1`; absent where nobody says. */
  readonly region?: string | undefined;
  /** The host of its URL, a name or an address; absent when it is simulated. Never shown: it may hold a key. */
  readonly host: string | undefined;
  /** The port of its URL. */
  readonly port?: number | undefined;
}

/**
 * What is made of where an upstream was seen:
 * `agreed`      all that is known of its addresses is the declared host
 * `mismatch`    an address is somebody else's than the declared host's
 * `beneath`     what is declared says nothing of machines (a decentralised network, an RPC service, an own word): the host
 *               beneath it is
 * `edge`        only fronts of CDNs were seen, behind which anybody may stand
 * `unknown`     nobody is known to own its addresses
 * `unobservable` simulated, or at addresses that nobody outside has
 * `unresolved`  its name has no addresses yet
 */
export type Finding = "agreed" | "mismatch" | "beneath" | "edge" | "unknown" | "unobservable" | "unresolved";

/** Who was seen to host an upstream. */
export interface Seen {
  /** A key of the provider catalogue, or `as64500` for an autonomous system of nobody in it. */
  readonly entity: string;
  readonly asn: number | undefined;
  readonly organisation: string | undefined;
  /** How many of its addresses. */
  readonly addresses: number;
}

/** An upstream's declared host beside the observed one. */
export interface Observation {
  readonly network: string;
  readonly upstream: string;
  readonly claimed: string;
  readonly finding: Finding;
  /** Largest first. */
  readonly hosts: readonly Seen[];
  /** Autonomous systems that announce addresses of it. */
  readonly asns: readonly number[];
  /** CDNs whose fronts its addresses are. */
  readonly edges: readonly string[];
  /** Countries in which its addresses are said to be used. */
  readonly countries: readonly string[];
  readonly addresses: readonly string[];
  /** What the times of connections say of the declared region; absent where they were not measured. */
  readonly light?: LightBound | undefined;
}

/** Is an upstream provably not where it is declared to be? */
export function isElsewhere({ finding, light }: Pick<Observation, "finding" | "light">): boolean {
  return finding === "mismatch" || light?.reach === "refuted";
}

/** Does a declared provider own machines, so that its autonomous systems are known? */
export type OwnsMachines = (provider: string) => boolean;

/** Holds what is declared of an upstream against who owns its addresses; `undefined` addresses were never found out. Pure. */
export function observationOf(
  declared: Hosted,
  addresses: readonly string[] | undefined,
  places: Places,
  ownsMachines: OwnsMachines,
): Observation {
  const { network, upstream, provider } = declared;
  const seen = (addresses ?? []).filter(isPublic);
  const found = seen.flatMap((address) => places(address) ?? []);
  const hosts = hostsOf(found);
  const edges = distinct([...found.map(({ edge }) => edge), seen.length > 0 ? declared.edge : undefined]);
  return {
    network,
    upstream,
    claimed: provider,
    finding: findingOf(declared, addresses, seen.length > 0, hosts, edges, ownsMachines),
    // Behind a CDN that is known by its name the addresses are the CDN's, whoever announces them.
    hosts: declared.edge === undefined ? hosts : [],
    asns: [...new Set(found.flatMap(({ asn }) => asn ?? []))].sort((a, b) => a - b),
    edges,
    countries: distinct(found.map(({ country }) => country)),
    addresses: seen,
  };
}

function findingOf(
  { provider, edge, host }: Hosted,
  addresses: readonly string[] | undefined,
  anyPublic: boolean,
  hosts: readonly Seen[],
  edges: readonly string[],
  ownsMachines: OwnsMachines,
): Finding {
  if (host === undefined) return "unobservable";
  if (addresses === undefined) return "unresolved";
  if (!anyPublic) return "unobservable";
  if (edge !== undefined || (hosts.length === 0 && edges.length > 0)) return "edge";
  if (hosts.length === 0) return "unknown";
  if (hosts.every(({ entity }) => entity === provider)) return "agreed";
  return ownsMachines(provider) ? "mismatch" : "beneath";
}

function hostsOf(places: readonly Place[]): readonly Seen[] {
  const hosts = new Map<string, Seen>();
  for (const { edge, provider, asn, organisation } of places) {
    const entity = provider ?? (asn === undefined ? undefined : `as${asn}`);
    if (edge !== undefined || entity === undefined) continue;
    const known = hosts.get(entity);
    hosts.set(entity, { asn, organisation, ...known, entity, addresses: (known?.addresses ?? 0) + 1 });
  }
  return [...hosts.values()].sort((a, b) => b.addresses - a.addresses || (a.entity < b.entity ? -1 : 1));
}

function distinct(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}
