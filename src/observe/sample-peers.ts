import { type NetworkSeen, peerGroups } from "../concentration/peers/seen.ts";

const aws = { provider: "aws", asn: 16509 };
const hetzner = { provider: "hetzner", asn: 24940, country: "de" };

/** For tests: what two nodes saw of a network, half of it at one provider, and of a quarter nobody knows where it is. */
export const samplePeers: readonly NetworkSeen[] = [
  { network: "ethereum", nodes: 2, peers: 4, groups: peerGroups([aws, aws, hetzner, undefined]) },
];
