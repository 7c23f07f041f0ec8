import { BlockList, isIP } from "node:net";
import { type Coordinates, dimensions } from "../core/upstream.ts";
import { nearest } from "../lib/nearest.ts";
import { redactUrl } from "../lib/redact.ts";
import { edgeOf, providerByKey, providerOf, regionOf } from "./providers/catalogue.ts";
import type { Provider } from "./providers/provider.ts";

/** What an operator said of where an upstream stands; the id names the unknown provider of one that has no URL. */
export type DeclaredCoordinates = {
  readonly [Key in Exclude<keyof Coordinates, "sources">]?: Coordinates[Key] | undefined;
} & { readonly id?: string | undefined };

/** Where an upstream stands, as far as it can be told, and what could not be told. */
export interface ResolvedCoordinates {
  readonly coordinates: Coordinates;
  /** Those of provider, kind, region, asn and jurisdiction that nobody said and nothing tells: for the log. */
  readonly unknown: readonly string[];
  /** Remarks for the operator, as sentences: guesses that were made, names that look mistyped. */
  readonly notes: readonly string[];
}

/**
 * Works out where an upstream stands from what the operator said, the host name in its URL and the catalogue of
 * providers; what was said wins. A provider that cannot be told is `unknown:HOST`, a failure domain of its own: nothing
 * unknown is ever taken to stand, or fall, with anything else. What the host name and the catalogue tell by themselves
 * counts as observed, whether it was said too or not. Pure; never throws.
 */
export function resolveCoordinates(declared: DeclaredCoordinates, url: string | undefined): ResolvedCoordinates {
  const host = hostOf(url);
  const notes: string[] = [];
  const place = placeOf(declared, host, notes);
  const coordinates: Coordinates = { ...place, sources: host === undefined ? {} : sourcesOf(place, host) };
  if (coordinates.region !== undefined) notes.push(...doubtsAbout(coordinates.region));
  return { coordinates, unknown: unknownOf(coordinates), notes };
}

function placeOf(declared: DeclaredCoordinates, host: string | undefined, notes: string[]): Coordinates {
  const region = declared.region?.toLowerCase();
  const key = declared.provider?.toLowerCase() ?? inferProvider(host, region, declared.id, notes);
  const provider = providerByKey(key);
  return {
    provider: key,
    kind: declared.kind ?? provider?.kind ?? "unknown",
    region: qualified(key, region) ?? (provider && host ? regionOf(provider, host) : undefined),
    asn: declared.asn ?? (provider?.asns.length === 1 ? provider.asns[0] : undefined),
    jurisdiction: declared.jurisdiction?.toLowerCase() ?? provider?.jurisdiction,
    operator: declared.operator,
    client: declared.client?.toLowerCase(),
    edge: declared.edge ?? (host ? edgeOf(host) : undefined) ?? provider?.edge,
  };
}

/** The coordinates that would be the same if nothing had been declared. */
function sourcesOf(place: Coordinates, host: string): NonNullable<Coordinates["sources"]> {
  const shown = placeOf({}, host, []);
  const observed = dimensions.filter((one) => place[one] !== undefined && place[one] === shown[one]);
  return Object.fromEntries(observed.map((dimension) => [dimension, "observed"]));
}

/** The provider by the host name, else by the region's first part, else the host itself. */
function inferProvider(
  host: string | undefined,
  region: string | undefined,
  id: string | undefined,
  notes: string[],
): string {
  const found = host === undefined ? undefined : providerOf(host);
  if (found) return found.key;
  const prefix = region?.includes("/") ? region.split("/", 1)[0] : undefined;
  if (prefix !== undefined && providerByKey(prefix)) return prefix;
  if (host === undefined) return `unknown:${id ?? "nameless"}`;
  if (!isLocal(host)) return `unknown:${redactUrl(`//${host}`).slice(2)}`;
  notes.push(`${host} is taken to stand with Breakwater itself; say its provider if it does not`);
  return "local";
}

function qualified(provider: string, region: string | undefined): string | undefined {
  if (region === undefined || region.includes("/")) return region;
  return `${provider}/${region}`;
}

/** Is the region one of a provider whose regions are known, and none of them? */
function doubtsAbout(region: string): readonly string[] {
  const provider: Provider | undefined = providerByKey(region.split("/", 1)[0] ?? "");
  if (!provider || provider.regions.length === 0 || provider.regions.includes(region)) return [];
  const near = nearest(region, provider.regions);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return [`${region} is no region of ${provider.name} that the catalogue knows${hint}`];
}

function unknownOf({ provider, kind, region, asn, jurisdiction }: Coordinates): readonly string[] {
  const unknown: string[] = [];
  if (provider.startsWith("unknown:")) unknown.push("provider");
  if (kind === "unknown") unknown.push("kind");
  if (region === undefined) unknown.push("region");
  if (asn === undefined) unknown.push("asn");
  if (jurisdiction === undefined) unknown.push("jurisdiction");
  return unknown;
}

/** The host name of a URL in lower case, an IPv6 address without its brackets. */
function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const host = new URL(url).hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  return host === "" ? undefined : host;
}

/** Loopback, link-local and private addresses: RFC 1122, 1918, 3927, 4193, 4291, 6598. */
const privateAddresses = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const) {
  privateAddresses.addSubnet(network, prefix);
}
privateAddresses.addAddress("::1", "ipv6");
privateAddresses.addSubnet("fc00::", 7, "ipv6");
privateAddresses.addSubnet("fe80::", 10, "ipv6");

/** Names that only a private network resolves: RFC 6761, 6762, 8375, ICANN's `internal`, and names without a dot. */
const privateName = /^[^.]+$|\.(localhost|local|lan|internal|home\.arpa)$/;

function isLocal(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? privateName.test(host) : privateAddresses.check(host, version === 4 ? "ipv4" : "ipv6");
}
