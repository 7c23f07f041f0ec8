import { askCymru } from "../concentration/hosting/cymru.ts";
import { openDatabase } from "../concentration/hosting/database.ts";
import { createHosting, type Hosting, type HostingParts } from "../concentration/hosting/hosting.ts";
import type { Spot } from "../concentration/hosting/light.ts";
import { createNames, type Names } from "../concentration/hosting/names.ts";
import type { Hosted } from "../concentration/hosting/observation.ts";
import { firstOf, knowingEdges } from "../concentration/hosting/place.ts";
import { prefixPlaces } from "../concentration/hosting/prefixes.ts";
import type { RegionParts } from "../concentration/hosting/regions.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { catalogue, edgeOfAsn, providerByKey } from "../fleet/providers/catalogue.ts";
import { locationOf, vaguenessKm } from "../fleet/providers/locations.ts";
import type { Clock } from "../lib/clock.ts";
import { createConnectTime } from "../transport/connect-time.ts";

const providerOfAsn = new Map(catalogue.flatMap(({ key, asns }) => asns.map((asn) => [asn, key] as const)));

/**
 * Puts together who looks where the upstreams of a configuration are hosted: by its database,
 * by Team Cymru where that is wanted, and by our own table; and, where it is known where this process stands, by how soon
 * connections are accepted.
 */
export function hostingOf(
  { hosting, networks, self }: Config,
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
    regions: regionParts(self.region, hosting.locations, world.clock),
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
    const known = firstOf(...[opened?.places, live?.places, table].filter((one) => one !== undefined));
    return knowingEdges(known, edgeOfAsn);
  };
}

/** What it takes to hold regions against the speed of light; nothing where nobody says where this process stands. */
function regionParts(
  home: string | undefined,
  locations: Config["hosting"]["locations"],
  clock: Clock,
): RegionParts | undefined {
  const spotOf = (region: string): Spot | undefined => {
    const [latitude, longitude] = locations[region] ?? [];
    return latitude === undefined || longitude === undefined ? locationOf(region) : { latitude, longitude };
  };
  const here = home === undefined ? undefined : spotOf(home);
  return here && { here, spotOf, vaguenessKm: 2 * vaguenessKm, connect: createConnectTime(clock) };
}

function hostedIn({ name, upstreams }: NetworkConfig): readonly Hosted[] {
  return upstreams.map((upstream) => {
    const { provider, edge, region } = resolveCoordinates(upstream, upstream.url).coordinates;
    return { network: name, upstream: upstream.id, provider, edge, region, ...whereIs(upstream.url) };
  });
}

/** The host of a URL, an IPv6 address without its brackets, and the port. */
function whereIs(url: string | undefined): Pick<Hosted, "host" | "port"> {
  if (url === undefined || !URL.canParse(url)) return { host: undefined };
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === "https:" ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? usual : Number(port) };
}
