import type { BeaconApi } from "./beacon-api.ts";
import type { Program } from "./processes.ts";

/** A beacon node and a validator client, as installed. */
export interface Software {
  /** Its name and version. */
  readonly name: string;
  /** Makes in a bed's folder what all nodes need before the first one starts. */
  prepare(folder: string, chain: ChainSettings): Promise<void>;
  /** Starts a beacon node, on the database that it left behind if it ran before. */
  startNode(folder: string, name: string, chain: ChainSettings, node: NodeSettings): Program;
  /** What other nodes must be told to find a node; undefined while it does not answer. */
  addressOf(api: BeaconApi, program: Program): Promise<string | undefined>;
  /** Starts a validator client that knows one beacon URL. */
  startClient(folder: string, name: string, chain: ChainSettings, client: ClientSettings): Program;
}

/** Software, or a sentence that says why it cannot be had. */
export type Installed = Software | { readonly missing: string };

/** As in the minimal preset: https://github.com/ethereum/consensus-specs/blob/v1.3.0/presets/minimal/phase0.yaml */
export const slotsPerEpoch = 8;

/** What all programs of one chain must be told alike. */
export interface ChainSettings {
  /** When slot 0 starts, in seconds. */
  readonly genesisTime: number;
  /** How many validators there are, of keys that everybody can derive. */
  readonly validators: number;
  readonly secondsPerSlot: number;
}

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

/** A command line's flags, in the form `--name value`. */
export function flagsOf(flags: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}
