import { isIP } from "node:net";
import type { Peer, PeersQuestion } from "../../core/protocol.ts";
import { parseJson } from "../../lib/json-text.ts";
import { textOf } from "../../lib/latin1.ts";
import { ownCall } from "./probe.ts";

/** Larger lists are not read: geth tells some 700 bytes of a peer. */
const mostBytes = 4_194_304;

/**
 * An execution node tells its peers to whom it opens its admin methods. A peer's id is the public key in its enode, which
 * all clients write the same: what they call `id` is that key with some, and its hash with others.
 * Sources: geth 1.16.7 (`p2p.PeerInfo`, asked), Nethermind `Admin/PeerInfo.cs` and `NetworkInfoBuilder.cs`, alloy-rpc-types-admin (reth).
 */
export const evmPeers: PeersQuestion = {
  call: ownCall("admin_peers", "[]"),
  read({ failed, payload }, most) {
    const list = failed || payload.length > mostBytes ? undefined : parseJson(textOf(payload));
    return Array.isArray(list) ? list.flatMap((entry: unknown) => peerOf(entry) ?? []).slice(0, most) : undefined;
  },
  remedy:
    "open its admin methods to Breakwater alone (geth: --http.api eth,net,web3,admin on a loopback or private listener), or take `peers: true` away",
};

function peerOf(entry: unknown): Peer | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { id, enode, network } = entry as { id?: unknown; enode?: unknown; network?: unknown };
  const { remoteAddress } = (typeof network === "object" && network !== null ? network : {}) as {
    remoteAddress?: unknown;
  };
  const [, key, host] = /^enode:\/\/([0-9a-f]{128})@([^?]+)/i.exec(shortText(enode)) ?? [];
  const address = addressIn(shortText(remoteAddress)) ?? addressIn(host ?? "");
  if (address === undefined) return undefined;
  const named = key ?? shortText(id).replace(/^0x/, "");
  return { id: named === "" ? undefined : named.toLowerCase(), address };
}

/** Of `192.0.2.1:30303`, `[2001:db8::1]:30303`, Nethermind's `2001:db8::1:30303` or an address alone the address. */
function addressIn(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? "";
  return [bracketed, text.replace(/:\d+$/, ""), text].find((one) => isIP(one) > 0);
}

/** The longest enode of a node that is none of a liar's: the key, an IPv6 address and two ports. */
const longest = 256;

function shortText(value: unknown): string {
  return typeof value === "string" && value.length <= longest ? value : "";
}
