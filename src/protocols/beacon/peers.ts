import { isIP } from "node:net";
import type { Peer, PeersQuestion } from "../../core/protocol.ts";
import { asObject, objectOf } from "./bodies.ts";
import { ownCall } from "./endpoints-call.ts";

/** Larger lists are not read: a peer with its record takes some 500 bytes. */
const mostBytes = 4_194_304;

/**
 * A beacon node tells its peers to whoever may ask it. Those that it is connected to count: some nodes list all that they
 * ever heard of, whatever the query says.
 * Source: beacon-APIs, `/eth/v1/node/peers`; addresses are multiaddrs (`/ip4/192.0.2.1/tcp/9000/p2p/16Uiu2...`).
 */
export const beaconPeers: PeersQuestion = {
  call: ownCall("node_peers", "/eth/v1/node/peers?state=connected"),
  read({ failed, payload }, most) {
    const list = failed ? undefined : objectOf(payload, mostBytes)["data"];
    return Array.isArray(list) ? list.flatMap((entry) => peerOf(asObject(entry)) ?? []).slice(0, most) : undefined;
  },
  remedy: "have it serve /eth/v1/node/peers, or take `peers: true` away",
};

function peerOf(entry: Readonly<Record<string, unknown>>): Peer | undefined {
  const { peer_id: id, last_seen_p2p_address: seen, state } = entry;
  if (state !== undefined && state !== "connected") return undefined;
  const address = addressIn(shortText(seen));
  if (address === undefined) return undefined;
  const named = shortText(id);
  return { id: named === "" ? undefined : named, address };
}

/** The address that a multiaddr begins with; none where it begins with a name, or is that of a relay. */
function addressIn(multiaddr: string): string | undefined {
  const [, protocol, host = ""] = /^\/(ip4|ip6)\/([^/]+)\//.exec(`${multiaddr}/`) ?? [];
  if (multiaddr.includes("/p2p-circuit")) return undefined;
  return protocol !== undefined && isIP(host) === (protocol === "ip4" ? 4 : 6) ? host : undefined;
}

/** No multiaddr or id is longer, but those of a liar. */
const longest = 512;

function shortText(value: unknown): string {
  return typeof value === "string" && value.length <= longest ? value : "";
}
