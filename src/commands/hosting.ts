import { askCymru } from "../concentration/hosting/cymru.ts";
import { openDatabase } from "../concentration/hosting/database.ts";
import { createHosting, type Hosting, type HostingParts } from "../concentration/hosting/hosting.ts";
import { createNames, type Names } from "../concentration/hosting/names.ts";
import type { Hosted } from "../concentration/hosting/observation.ts";
import { firstOf } from "../concentration/hosting/place.ts";
import { prefixPlaces } from "../concentration/hosting/prefixes.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { catalogue, providerByKey } from "../fleet/providers/catalogue.ts";

const providerOfAsn = new Map(catalogue.flatMap(({ key, asns }) => asns.map((asn) => [asn, key] as const)));

/**
 * Puts together who looks where the upstreams of a configuration are hosted: by its database,
 * by Team Cymru where that is wanted, and by our own table.
 */
export function hostingOf(
  { hosting, networks }: Config,
  world: Pick<HostingParts, "clock" | "told" | "troubled" | "crashed"> & { readonly names?: Names },
): Hosting {
  const names = world.names ?? createNames();
  return createHosting({
    ...world,
    names,
    places: placesBy(hosting, names, world.troubled),
    fallback: prefixPlaces(),
    ownsMachines: (provider) => (providerByKey(provider)?.asns.length ?? 0) > 0,
    upstreams: networks.flatMap(hostedIn),
    refreshMs: hosting.refresh,
  });
}

/** Finds out who owns addresses in the ways that a configuration says; `troubled` hears what could not be asked. */
export function placesBy(
  { database, cymru }: Config["hosting"],
  names: Pick<Names, "texts">,
  troubled: (problem: string) => void,
): HostingParts["places"] {
  const table = prefixPlaces();
  const providerBy = (asn: number) => providerOfAsn.get(asn);
  return async (addresses) => {
    const opened = database === undefined ? undefined : await openDatabase(database, providerBy);
    if (opened && "problem" in opened) return opened;
    const live = cymru ? await askCymru(addresses, names, providerBy) : undefined;
    if (live?.problem !== undefined) troubled(`Team Cymru's DNS zone did not answer all (${live.problem})`);
    return firstOf(...[opened?.places, live?.places, table].filter((one) => one !== undefined));
  };
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
