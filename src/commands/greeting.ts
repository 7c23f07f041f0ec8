import type { Network } from "../assemble.ts";
import { version } from "./help.ts";
import type { Serving } from "./serving.ts";

/** What `serve` says when it has begun: where it listens, and in simulated mode what there is to try. */
export function greeting({
  clients,
  operators,
  assembly,
  simulated,
}: Pick<Serving, "clients" | "operators" | "assembly" | "simulated">): string {
  const networks = [...assembly.networks.values()];
  const upstreams = networks.reduce((sum, network) => sum + network.upstreams.length, 0);
  const coordinates = networks.flatMap((network) => network.upstreams.map((upstream) => upstream.coordinates));
  const providers = new Set(coordinates.map(({ provider }) => provider)).size;
  const regions = new Set(coordinates.flatMap(({ region }) => region ?? [])).size;
  const beacons = networks.filter(isBeacon);
  const lines = [
    `Breakwater ${version()} serves ${list(networks.map(({ name }) => name))} from ${count(upstreams, "upstream")} on ${count(providers, "provider")} in ${count(regions, "region")}.`,
    "",
    `  clients    ${clients}`,
    ...beacons.slice(0, shownBeacons).map((network) => beaconLine(network, clients, network === assembly.beacon)),
    `  operators  ${operators}   (status page; /metrics /readyz /api/status${beacons.length > 0 ? " /api/validators" : ""})`,
    "",
  ];
  const plain = networks.some((network) => !isBeacon(network));
  const toTry = plain ? callsToTry(clients, operators) : dutiesToTry(clients, operators, beacons[0]);
  return [...lines, ...(simulated ? [simulatedLine, "", ...toTry] : [])].join("\n");
}

/** How many beacon networks are told of by themselves. */
const shownBeacons = 5;

function isBeacon({ config }: Network): boolean {
  return config.protocol === "beacon";
}

/** What a validator client is given as the address of its beacon node. */
function beaconLine({ name }: Network, clients: string, isDefault: boolean): string {
  const base = isDefault ? clients : `${clients}/${name}`;
  return `  validators ${base}   (the beacon node of ${name}: ${base}/eth/v1/...)`;
}

const simulatedLine = "All of these upstreams are simulated: no chain, no provider and no account is behind them. Try:";

function post(url: string, body: object): string {
  return `  curl -s ${url} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}

function callsToTry(clients: string, operators: string): string[] {
  const call = { jsonrpc: "2.0", id: 1, method: "eth_blockNumber" };
  const outage = { where: { provider: "aws", region: "aws/us-east-1" }, fault: "black_hole", for: "60s" };
  return [
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

function dutiesToTry(clients: string, operators: string, network: Network | undefined): string[] {
  const provider = network?.upstreams[0]?.coordinates.provider;
  const outage = { where: { provider }, fault: "black_hole", for: "60s" };
  return [
    "1. Ask the fleet how it stands as one beacon node, and follow its events:",
    `  curl -s ${clients}/eth/v1/node/syncing`,
    `  curl -sN '${clients}/eth/v1/events?topics=head'`,
    "",
    `2. Take ${provider} down for a minute; events and duties go on:`,
    post(`${operators}/api/simulator/faults`, outage),
    "",
    "3. See who is asked for which duty, and why not, or open the status page in a browser:",
    `  curl -s ${operators}/api/validators`,
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
