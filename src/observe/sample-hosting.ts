import { lightBound } from "../concentration/hosting/light.ts";
import type { Observation } from "../concentration/hosting/observation.ts";

const frankfurt = { latitude: 50.1, longitude: 8.7 };
const virginia = { latitude: 39, longitude: -77.5 };

/** For tests: an upstream that is neither with whom nor where it is said to be, and one beneath whose label the same host is. */
export const sampleHosting: readonly Observation[] = [
  { ...sample("a1", "aws", "mismatch"), light: lightBound("aws/us-east-1", frankfurt, virginia, 1.5, 600) },
  sample("k1", "akash", "beneath"),
];

function sample(upstream: string, claimed: string, finding: Observation["finding"]): Observation {
  const hetzner = { entity: "hetzner", asn: 24940, organisation: undefined, addresses: 1 };
  return {
    network: "ethereum",
    upstream,
    claimed,
    finding,
    hosts: [hetzner],
    asns: [24940],
    edges: [],
    countries: ["de"],
    addresses: ["95.216.1.1"],
  };
}
