import { publishedOf } from "../concentration/peers/published.ts";
import type { NetworkView } from "../core/protocol.ts";
import type { Runtime } from "./runtime.ts";

/** The largest entities of a dimension are named, the rest is what is missing to 1. */
const mostNamed = 12;

/**
 * The network as one's own nodes see it, for `GET /api/status`, beside what was published of its chain; `null` while none
 * of them told of peers.
 */
export function peersStatus(
  { peers }: Pick<Runtime, "peers">,
  { network, chain }: Pick<NetworkView, "network" | "chain">,
) {
  const seen = (peers?.() ?? []).find((one) => one.network === network);
  if (!seen) return null;
  return {
    nodes: seen.nodes,
    peers: seen.peers,
    groups: seen.groups.map(({ dimension, known, shares, indices }) => ({
      dimension,
      known,
      shares: shares.slice(0, mostNamed),
      indices: indices ?? null,
    })),
    published: publishedOf(chain),
  };
}
