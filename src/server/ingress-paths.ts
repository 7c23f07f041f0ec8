import type { Inbound, Reply } from "../core/protocol.ts";
import type { Cancellation } from "../lib/cancellation.ts";

/** One network as the ingress sees it: bytes in, a reply out. */
export interface Served {
  /** Its protocol has paths of its own, which follow the network's name. */
  readonly paths?: boolean;
  handle(inbound: Inbound, cancellation: Cancellation): Promise<Reply>;
}

/** Where networks are found. */
export interface Directory {
  /** The network of a path's first segment; of `/` when undefined. */
  readonly network: (name: string | undefined) => Served | undefined;
  /** The network that `/eth/v1/...` goes to where that of `/` has no paths. */
  readonly beacon?: (() => Served | undefined) | undefined;
}

/** Who gets a request, and the path that it is told. */
export interface Destination {
  readonly network: Served;
  readonly path: string;
}

/** What validator clients append to the URL that they are given. A network may itself be called `eth`. */
const beaconPath = /^\/eth\/v\d/;

/**
 * Finds who a request is for by its URL, whose query is kept byte for byte. `/eth/v1/...` is for the beacon network, so
 * that a validator client needs no more than an address; `/NAME/...` for the network of that name, which is not told its
 * name; anything else for the network of `/`, where that has paths. A network without paths is called at its name alone.
 */
export function destinationOf(url: string, { network, beacon }: Directory): Destination | undefined {
  const query = url.indexOf("?");
  const end = query < 0 ? url.length : query;
  const first = network(undefined);
  if (beaconPath.test(url)) {
    const asked = first?.paths ? first : beacon?.();
    if (asked) return { network: asked, path: url };
  }
  const slash = url.indexOf("/", 1);
  const nameEnd = slash < 0 || slash > end ? end : slash;
  const named = nameEnd > 1 ? network(url.slice(1, nameEnd)) : undefined;
  if (named?.paths) {
    const rest = url.slice(nameEnd);
    return { network: named, path: rest.startsWith("/") ? rest : `/${rest}` };
  }
  if (named) return end - nameEnd <= 1 ? { network: named, path: url } : undefined;
  return first && (first.paths || end <= 1) ? { network: first, path: url } : undefined;
}
