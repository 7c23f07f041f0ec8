import { openDatabase } from "../concentration/hosting/database.ts";
import { createHosting, type Hosting, type HostingParts } from "../concentration/hosting/hosting.ts";
import { createNames } from "../concentration/hosting/names.ts";
import type { Hosted } from "../concentration/hosting/observation.ts";
import { firstOf } from "../concentration/hosting/place.ts";
import { prefixPlaces } from "../concentration/hosting/prefixes.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { catalogue, providerByKey } from "../fleet/providers/catalogue.ts";

const providerOfAsn = new Map(catalogue.flatMap(({ key, asns }) => asns.map((asn) => [asn, key] as const)));

/** Puts together who looks where the upstreams of a configuration are hosted: by its database, and by our own table. */
export function hostingOf(
  { hosting: { database, refresh }, networks }: Config,
  world: Pick<HostingParts, "clock" | "told" | "troubled" | "crashed"> & Partial<Pick<HostingParts, "names">>,
): Hosting {
  const table = prefixPlaces();
  return createHosting({
    names: createNames(),
    ...world,
    async places() {
      if (database === undefined) return table;
      const opened = await openDatabase(database, (asn) => providerOfAsn.get(asn));
      return "problem" in opened ? opened : firstOf(opened.places, table);
    },
    ownsMachines: (provider) => (providerByKey(provider)?.asns.length ?? 0) > 0,
    upstreams: networks.flatMap(hostedIn),
    refreshMs: refresh,
  });
}

function hostedIn({ name, upstreams }: NetworkConfig): readonly Hosted[] {
  return upstreams.map((upstream) => {
    const { provider, edge } = resolveCoordinates(upstream, upstream.url).coordinates;
    return { network: name, upstream: upstream.id, provider, edge, host: hostOf(upstream.url) };
  });
}

/** The host of a URL, an IPv6 address without its brackets. */
function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}
