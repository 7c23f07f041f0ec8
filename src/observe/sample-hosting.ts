import type { Observation } from "../concentration/hosting/observation.ts";

/** For tests: an upstream that is not where it is said to be, and one beneath whose label the same host is. */
export const sampleHosting: readonly Observation[] = [
  sample("a1", "aws", "mismatch"),
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
    edges: [],
    countries: ["de"],
    addresses: ["95.216.1.1"],
  };
}
