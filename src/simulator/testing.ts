import type { WireRequest } from "../core/call.ts";
import type { Fault } from "../core/outcome.ts";
import type { WireResponse } from "../core/transport.ts";
import type { SimulationOptions } from "./fleet.ts";

/** A fleet of one upstream, without errors of its own. */
export const oneUpstream: SimulationOptions = {
  seed: 1,
  networks: [
    {
      name: "ethereum",
      protocol: "evm",
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

/** What one asks of an upstream with a fault, and what comes of it, whatever carries it: see {@link told}. */
export const faultTable: readonly (readonly [fault: string, told: string])[] = [
  ["refuse", "unreachable"],
  ["black_hole", "silence"],
  ["reset", "interrupted"],
  ["errors", "500 not a result"],
  ["rate_limited", "429 not a result"],
  ["html_200", "200 not a result"],
  ["empty_200", "200 not a result"],
  ["truncated", "200 not a result"],
  ["reset_midbody", "interrupted"],
  ["stall_midbody", "silence"],
];

/** A result, in a word or two. `undefined` and what was called off after waiting are silence. */
export function told(result: WireResponse | Fault | undefined): string {
  if (!result) return "silence";
  if (!result.ok) return result.kind === "cancelled" ? "silence" : result.kind;
  return `${result.status} ${resultOf(result) === undefined ? "not a result" : "result"}`;
}

/** The `result` in a response; `undefined` when there is none. */
export function resultOf({ body }: WireResponse): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString()).result;
  } catch {
    return undefined;
  }
}

/** A call as it goes to an upstream. */
export function requestFor(method: string, params: readonly unknown[]): WireRequest {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  return { method: "POST", path: "", headers: { "content-type": "application/json" }, body };
}
