import { type ConsensusTypes, presetFreeTypes } from "../../lib/consensus-types.ts";
import type { Header } from "../evm/header.ts";
import { bytesOf, type Chain, forkAt, hexOf } from "./chain.ts";
import { Committee } from "./committee.ts";
import { isBranch, isZero } from "./merkle.ts";

/** A beacon block, as far as a light client must know it; roots of 32 bytes. */
export interface BeaconBlock {
  readonly slot: number;
  readonly root: Uint8Array;
  readonly stateRoot: Uint8Array;
  /** The header of its execution block, which its root proves. */
  readonly execution: Header;
}

/** A trusted block's sync committee. */
export interface Bootstrap {
  readonly block: BeaconBlock;
  readonly committee: Committee;
  readonly branch: readonly Uint8Array[];
}

/** What a sync committee signed: a block, whose state says which block is final, and who signs in the next period. */
export interface Update {
  readonly attested: BeaconBlock;
  readonly finalized: BeaconBlock;
  readonly finalityBranch: readonly Uint8Array[];
  readonly next: { readonly committee: Committee; readonly branch: readonly Uint8Array[] } | undefined;
  readonly bits: Uint8Array;
  readonly signature: Uint8Array;
  readonly signatureSlot: number;
}

/** A sentence in place of what could not be read. */
export type Read<Value extends object> = Value | string;

/** Reads the `data` of `/eth/v1/beacon/light_client/bootstrap/{block_root}`. */
export function readBootstrap(data: unknown, chain: Chain): Read<Bootstrap> {
  const { header, current_sync_committee, current_sync_committee_branch } = fieldsOf(data);
  const block = readBlock(header, chain);
  if (typeof block === "string") return block;
  const committee = readCommittee(current_sync_committee, chain);
  const branch = readBranch(current_sync_committee_branch);
  return committee && branch ? { block, committee, branch } : "its sync committee cannot be read";
}

/**
 * Reads the `data` of `/eth/v1/beacon/light_client/updates` (one of them) or `.../finality_update`; `undefined` where
 * there is none, or nothing is final yet.
 */
export function readUpdate(data: object | undefined, chain: Chain): Read<Update> | undefined {
  if (data === undefined) return undefined;
  const fields = fieldsOf(data);
  if (fieldsOf(fieldsOf(fields["finalized_header"])["beacon"])["slot"] === "0") return undefined;
  const attested = readBlock(fields["attested_header"], chain);
  if (typeof attested === "string") return attested;
  const finalized = readBlock(fields["finalized_header"], chain);
  if (typeof finalized === "string") return finalized;
  const finalityBranch = readBranch(fields["finality_branch"]);
  const aggregate = fieldsOf(fields["sync_aggregate"]);
  const bits = readBytes(aggregate["sync_committee_bits"], chain.members / 8);
  const signature = readBytes(aggregate["sync_committee_signature"], 96);
  const signatureSlot = readSlot(fields["signature_slot"]);
  if (!finalityBranch || !bits || !signature || signatureSlot === undefined) return "its signature cannot be read";
  const nextBranch = readBranch(fields["next_sync_committee_branch"]);
  const update = { attested, finalized, finalityBranch, bits, signature, signatureSlot };
  if (!nextBranch || nextBranch.every(isZero)) return { ...update, next: undefined };
  const committee = readCommittee(fields["next_sync_committee"], chain);
  if (!committee) return "its next sync committee cannot be read";
  return { ...update, next: { committee, branch: nextBranch } };
}

/**
 * The containers by fork that a block's light client header has, as far as they differ: before Capella it does not show
 * the execution block. Source: consensus-specs a08d8a6, light-client/sync-protocol.md of capella, deneb, electra.
 */
const shapes: Readonly<Record<string, "capella" | "deneb">> = {
  capella: "capella",
  deneb: "deneb",
  electra: "deneb",
  fulu: "deneb",
};

/** Where the execution payload is in a block's body. Source: capella/light-client, `EXECUTION_PAYLOAD_GINDEX`. */
const payloadIndex = 25;

/** What is used of the library's value of a `LightClientHeader`. */
interface HeaderValue {
  readonly beacon: { readonly slot: number; readonly stateRoot: Uint8Array; readonly bodyRoot: Uint8Array };
  readonly execution: {
    readonly blockNumber: number;
    readonly timestamp: number;
    readonly blockHash: Uint8Array;
    readonly parentHash: Uint8Array;
    readonly stateRoot: Uint8Array;
    readonly receiptsRoot: Uint8Array;
  };
  readonly executionBranch: readonly Uint8Array[];
}

function readBlock(json: unknown, chain: Chain): Read<BeaconBlock> {
  const slot = readSlot(fieldsOf(fieldsOf(json)["beacon"])["slot"]);
  if (slot === undefined) return "a header cannot be read";
  const { name } = forkAt(chain, slot);
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (!shape) return `headers of the fork ${name} are not known here`;
  const types = presetFreeTypes(chain.preset);
  const value = headerValue(types, shape, json);
  if (!value) return "a header cannot be read";
  const { beacon, execution, executionBranch } = value;
  const payloadRoot = typeOf(types, shape, "ExecutionPayloadHeader").hashTreeRoot(execution);
  if (!isBranch(payloadRoot, executionBranch, payloadIndex, beacon.bodyRoot)) {
    return "an execution block is not the one of its beacon block";
  }
  return {
    slot,
    root: typeOf(types, "phase0", "BeaconBlockHeader").hashTreeRoot(beacon),
    stateRoot: beacon.stateRoot,
    execution: {
      number: execution.blockNumber,
      hash: hexOf(execution.blockHash),
      parentHash: hexOf(execution.parentHash),
      timestamp: execution.timestamp,
      stateRoot: hexOf(execution.stateRoot),
      receiptsRoot: hexOf(execution.receiptsRoot),
    },
  };
}

function headerValue(types: ConsensusTypes, fork: string, json: unknown): HeaderValue | undefined {
  try {
    return typeOf(types, fork, "LightClientHeader").fromJson(json) as HeaderValue;
  } catch {
    // The library throws at what is not of its form.
    return undefined;
  }
}

/** What the committee signs for a block: its root, in the domain of sync committees of a fork. Source: phase0, altair. */
export function signingRoot(block: BeaconBlock, version: Uint8Array, chain: Chain): Uint8Array {
  const types = presetFreeTypes(chain.preset);
  const { genesisValidatorsRoot } = chain;
  const fork = typeOf(types, "phase0", "ForkData").hashTreeRoot({ currentVersion: version, genesisValidatorsRoot });
  const domain = Buffer.concat([domainSyncCommittee, fork.subarray(0, 28)]);
  return typeOf(types, "phase0", "SigningData").hashTreeRoot({ objectRoot: block.root, domain });
}

/** Source: consensus-specs, altair, `DOMAIN_SYNC_COMMITTEE`. */
const domainSyncCommittee = Uint8Array.of(7, 0, 0, 0);

function typeOf(types: ConsensusTypes, fork: string, name: string) {
  const type = types[fork]?.[name];
  if (!type) throw new Error(`the library has no ${name} of ${fork}`);
  return type;
}

function readCommittee(json: unknown, { members }: Chain): Committee | undefined {
  const { pubkeys, aggregate_pubkey } = fieldsOf(json);
  if (!Array.isArray(pubkeys) || pubkeys.length !== members) return undefined;
  const keys = pubkeys.map((key) => readBytes(key, 48));
  const sum = readBytes(aggregate_pubkey, 48);
  return sum && keys.every((key) => key !== undefined) ? new Committee(keys, sum) : undefined;
}

/** No branch is longer: the state's tree has some dozens of leaves. */
const longestBranch = 16;

function readBranch(json: unknown): readonly Uint8Array[] | undefined {
  if (!Array.isArray(json) || json.length > longestBranch) return undefined;
  const nodes = json.map((node) => readBytes(node, 32));
  return nodes.every((node) => node !== undefined) ? nodes : undefined;
}

function readBytes(json: unknown, length: number): Uint8Array | undefined {
  const fits = typeof json === "string" && json.length === 2 + 2 * length && /^0x[0-9a-f]+$/i.test(json);
  return fits ? bytesOf(json) : undefined;
}

function readSlot(json: unknown): number | undefined {
  return typeof json === "string" && /^\d{1,15}$/.test(json) ? Number(json) : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
