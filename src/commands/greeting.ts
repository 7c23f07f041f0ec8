import { version } from "./help.ts";
import type { Serving } from "./serving.ts";

/** What `serve` says when it has begun: where it listens, and in simulated mode what there is to try. */
export function greeting(serving: Serving): string {
  const { clients, operators, assembly, simulated } = serving;
  const networks = [...assembly.networks.values()];
  const upstreams = networks.reduce((sum, network) => sum + network.upstreams.length, 0);
  const coordinates = networks.flatMap((network) => network.upstreams.map((upstream) => upstream.coordinates));
  const providers = new Set(coordinates.map(({ provider }) => provider)).size;
  const regions = new Set(coordinates.flatMap(({ region }) => region ?? [])).size;
  const lines = [
    `Breakwater ${version()} serves ${list(networks.map(({ name }) => name))} from ${count(upstreams, "upstream")} on ${count(providers, "provider")} in ${count(regions, "region")}.`,
    "",
    `  clients    ${clients}`,
    `  operators  ${operators}   (status page; /metrics /readyz /api/status)`,
    "",
  ];
  return [...lines, ...(simulated ? toTry(clients, operators) : [])].join("\n");
}

function toTry(clients: string, operators: string): string[] {
  const post = (url: string, body: object) =>
    `  curl -s ${url} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
  const call = { jsonrpc: "2.0", id: 1, method: "eth_blockNumber" };
  const outage = { where: { provider: "aws", region: "aws/us-east-1" }, fault: "black_hole", for: "60s" };
  return [
    "All of these upstreams are simulated: no chain, no provider and no account is behind them. Try:",
    "",
    "1. Ask for the head, and see in the headers who answered:",
    `${post(clients, call)} -i`,
    "",
    "2. Take AWS us-east-1 down for a minute; calls go on being answered:",
    post(`${operators}/api/simulator/faults`, outage),
    "",
    "3. See where the traffic went, or open the status page in a browser:",
    `  curl -s ${operators}/api/status`,
    "",
    "",
  ];
}

function list(words: readonly string[]): string {
  const shown = words.slice(0, 5).join(", ");
  return words.length <= 5 ? shown : `${shown} and ${words.length - 5} more`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
