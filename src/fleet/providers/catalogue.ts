import { bareMetal, local } from "./bare-metal.ts";
import { clouds } from "./clouds.ts";
import { decentralized } from "./decentralized.ts";
import type { Provider } from "./provider.ts";
import { rpcServices } from "./rpc-services.ts";

/** All providers that are known. An operator may name others; nothing but convenience depends on being listed. */
export const catalogue: readonly Provider[] = [...clouds, ...bareMetal, ...decentralized, ...rpcServices, ...local];

const byKey = new Map(catalogue.map((provider) => [provider.key, provider]));
const byHost = new Map(catalogue.flatMap((provider) => provider.hosts.map((host) => [host, provider] as const)));

/**
 * CDNs by the ends of the host names that they serve. Behind them the origin cannot be seen: the edge is known and the
 * provider is not.
 */
const edges = new Map([
  ["cloudfront.net", "cloudfront"],
  ["azurefd.net", "azure_front_door"],
  ["workers.dev", "cloudflare"],
  ["pages.dev", "cloudflare"],
  ["fastly.net", "fastly"],
  ["akamaized.net", "akamai"],
  ["edgekey.net", "akamai"],
]);

/** Autonomous systems that announce fronts of a CDN and no machines of others. Source: ipverse as-metadata, names and numbers. */
const edgeAsns = new Map([
  [13335, "cloudflare"],
  [54113, "fastly"],
]);

/** The CDN whose autonomous system it is. */
export function edgeOfAsn(asn: number): string | undefined {
  return edgeAsns.get(asn);
}

/** The provider of a key such as `aws`. */
export function providerByKey(key: string): Provider | undefined {
  return byKey.get(key);
}

/** Who serves a host name (lower case): the provider with the longest matching end. */
export function providerOf(hostname: string): Provider | undefined {
  return bySuffix(byHost, hostname);
}

/** The CDN that a host name (lower case) belongs to. */
export function edgeOf(hostname: string): string | undefined {
  return bySuffix(edges, hostname);
}

/** The region that a host name of the provider tells: `aws/us-east-1` of `x.us-east-1.elb.amazonaws.com`. */
export function regionOf(provider: Provider, hostname: string): string | undefined {
  const labels = new Set(hostname.split("."));
  return provider.regions.find((region) => labels.has(region.slice(provider.key.length + 1)));
}

function bySuffix<T>(table: ReadonlyMap<string, T>, hostname: string): T | undefined {
  for (let suffix = hostname; suffix !== ""; suffix = suffix.slice(suffix.indexOf(".") + 1)) {
    const found = table.get(suffix);
    if (found !== undefined) return found;
    if (!suffix.includes(".")) return undefined;
  }
  return undefined;
}
