import { join } from "node:path";
import type { Software } from "./install.ts";
import { type Program, startProgram } from "./processes.ts";

/** What all programs of one chain must be told alike. */
export interface ChainSettings {
  /** When slot 0 starts, in seconds. */
  readonly genesisTime: number;
  /** How many validators there are, of keys that everybody can derive. */
  readonly validators: number;
  readonly secondsPerSlot: number;
}

/** The minimal preset: https://github.com/ethereum/consensus-specs/blob/v1.3.0/presets/minimal/phase0.yaml */
export const slotsPerEpoch = 8;

/** What one beacon node is told. */
export interface NodeSettings {
  readonly restPort: number;
  readonly peerPort: number;
  /** The address of the node that it learns of the others from; the first node has nobody. */
  readonly bootnode?: string;
  readonly engineUrl: string;
  readonly jwtFile: string;
  /** Who gets the fees of a block for a validator that nobody has prepared the node for. */
  readonly feeRecipient: string;
}

/** What one validator client is told. */
export interface ClientSettings {
  readonly beaconUrl: string;
  /** The first and the last validator that it signs for. */
  readonly keys: readonly [first: number, last: number];
  readonly feeRecipient: string;
}

const environment = (software: Software) => ({
  LODESTAR_PRESET: "minimal",
  // Its library for peers' keys, bcrypto, has native parts that nobody compiled.
  NODE_BACKEND: "js",
  NODE_OPTIONS: `--require ${JSON.stringify(software.snappy)}`,
});

/** Every fork that Lodestar 1.5.1 knows, from the first slot on. */
const chainFlags = ({ secondsPerSlot }: ChainSettings) =>
  Object.entries({
    SECONDS_PER_SLOT: secondsPerSlot,
    ETH1_FOLLOW_DISTANCE: 1,
    TERMINAL_TOTAL_DIFFICULTY: 0,
    ALTAIR_FORK_EPOCH: 0,
    BELLATRIX_FORK_EPOCH: 0,
    CAPELLA_FORK_EPOCH: 0,
  }).flatMap(([name, value]) => [`--params.${name}`, `${value}`]);

/** Starts a beacon node, on the database that it left behind if it ran before. */
export function startNode(
  software: Software,
  folder: string,
  name: string,
  chain: ChainSettings,
  node: NodeSettings,
): Program {
  const { restPort, peerPort, bootnode, engineUrl, jwtFile, feeRecipient } = node;
  const flags = {
    network: "dev",
    dataDir: join(folder, name, "data"),
    genesisTime: chain.genesisTime,
    genesisValidators: chain.validators,
    eth1: false,
    "jwt-secret": jwtFile,
    "execution.urls": engineUrl,
    "rest.address": "127.0.0.1",
    "rest.port": restPort,
    "rest.namespace": "*",
    listenAddress: "127.0.0.1",
    port: peerPort,
    "enr.ip": "127.0.0.1",
    "enr.tcp": peerPort,
    "enr.udp": peerPort,
    logFile: "none",
    suggestedFeeRecipient: feeRecipient,
    ...(bootnode !== undefined && { bootnodes: bootnode, "network.connectToDiscv5Bootnodes": true }),
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, `${value}`]);
  const command = [software.node, software.lodestar, "dev", ...args, ...chainFlags(chain)];
  return startProgram(name, folder, command, environment(software));
}

/** Starts a validator client that knows one beacon URL. */
export function startClient(
  software: Software,
  folder: string,
  name: string,
  chain: ChainSettings,
  { beaconUrl, keys, feeRecipient }: ClientSettings,
): Program {
  const flags = {
    network: "dev",
    dataDir: join(folder, name, "data"),
    interopIndexes: `${keys[0]}..${keys[1]}`,
    beaconNodes: beaconUrl,
    suggestedFeeRecipient: feeRecipient,
    logFile: "none",
    force: true,
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, `${value}`]);
  const command = [software.node, software.lodestar, "validator", ...args, ...chainFlags(chain)];
  return startProgram(name, folder, command, environment(software));
}
