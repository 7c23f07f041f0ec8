import type { SimulationOptions } from "./fleet.ts";

/** A fleet of one upstream, without errors of its own: for tests. */
export const oneUpstream: SimulationOptions = {
  seed: 1,
  networks: [
    {
      name: "ethereum",
      chainId: 1337,
      blockTimeMs: 2_000,
      upstreams: [
        {
          id: "aws-1",
          network: "ethereum",
          coordinates: {
            provider: "aws",
            kind: "cloud",
            region: "aws/us-east-1",
            asn: undefined,
            jurisdiction: undefined,
            operator: undefined,
            client: "geth",
            edge: undefined,
          },
          behaviour: { medianMs: 20, p99Ms: 90, errorRate: 0, capacity: 500 },
        },
      ],
    },
  ],
};
