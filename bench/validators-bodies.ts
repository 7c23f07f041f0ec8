import { createHash, randomBytes } from "node:crypto";
import { ssz } from "@lodestar/types";

/**
 * Bodies of the beacon API as large as real ones: a block of mainnet has some hundred kilobytes of transactions and
 * attestations, and each blob 128 KiB. Contents are random, as compressing them is no part of what is measured.
 */

export const fork = "electra";
export const feeRecipient = `0x${"fe".repeat(20)}`;
export const proposer = 77;

/** Bytes of a block without its blobs, and of one of its transactions. */
const blockBytes = 150_000;
const transactionBytes = 400;
const attestationsInBlock = 8;

type Contents = ReturnType<typeof ssz.electra.BlockContents.defaultValue>;

function contents(blobs: number): Contents {
  const made = ssz.electra.BlockContents.defaultValue();
  const { block } = made;
  block.proposerIndex = proposer;
  block.body.executionPayload.feeRecipient = Buffer.from(feeRecipient.slice(2), "hex");
  for (let index = 0; index < attestationsInBlock; index++) {
    block.body.attestations.push({
      ...ssz.electra.Attestation.defaultValue(),
      signature: randomBytes(96),
    });
  }
  const count = Math.floor(blockBytes / (transactionBytes + 4));
  block.body.executionPayload.transactions = Array.from({ length: count }, () => randomBytes(transactionBytes));
  made.blobs = Array.from({ length: blobs }, () => randomBytes(131_072));
  made.kzgProofs = made.blobs.map(() => randomBytes(48));
  return made;
}

/** An answer that is a block to sign, in one encoding, whose slot and parent are set slot by slot. */
export interface BlockAnswer {
  readonly ssz: boolean;
  readonly headers: Readonly<Record<string, string>>;
  at(slot: number, parent: string): Uint8Array;
}

const blockHeaders = {
  "eth-consensus-version": fork,
  "eth-execution-payload-blinded": "false",
  "eth-execution-payload-value": "12345678901234567",
  "eth-consensus-block-value": "23456789012345678",
};

/** Where a block begins in the contents: after three offsets. Before its parent: slot and proposer. */
const blockAt = 12;
const parentAt = blockAt + 16;

/** A block with so many blobs as SSZ. */
export function blockAsSsz(blobs: number): BlockAnswer {
  const bytes = Buffer.from(ssz.electra.BlockContents.serialize(contents(blobs)));
  return {
    ssz: true,
    headers: { ...blockHeaders, "content-type": "application/octet-stream" },
    at(slot, parent) {
      bytes.writeBigUInt64LE(BigInt(slot), blockAt);
      bytes.write(parent.slice(2), parentAt, "hex");
      return bytes;
    },
  };
}

/** The same as JSON: twice the size, as all is hex. */
export function blockAsJson(blobs: number): BlockAnswer {
  const json = ssz.electra.BlockContents.toJson(contents(blobs)) as { block: Record<string, unknown> };
  const marks = { slot: "SLOTSLOT", parent_root: root("the place of the parent") };
  const data = { ...json, block: { ...json.block, ...marks } };
  const about = { version: fork, execution_payload_blinded: false, execution_payload_value: "12345678901234567" };
  const [before = "", after = ""] = JSON.stringify({ ...about, consensus_block_value: "2", data }).split(marks.slot);
  return {
    ssz: false,
    headers: { ...blockHeaders, "content-type": "application/json" },
    at: (slot, parent) => Buffer.from(`${before}${slot}${after.replace(marks.parent_root, parent)}`),
  };
}

/** A signed block with so many blobs, as SSZ. */
export function signedBlock(blobs: number, slot: number, parent: string): Uint8Array {
  const { block, kzgProofs, blobs: all } = contents(blobs);
  block.slot = slot;
  block.parentRoot = Buffer.from(parent.slice(2), "hex");
  const signed = { signedBlock: { message: block, signature: randomBytes(96) }, kzgProofs, blobs: all };
  return ssz.electra.SignedBlockContents.serialize(signed);
}

export interface Vote {
  readonly slot: number;
  readonly head: string;
  readonly source: { readonly epoch: number; readonly root: string };
  readonly target: { readonly epoch: number; readonly root: string };
}

/** Attestation data as the API writes it. */
export function voteAsJson({ slot, head, source, target }: Vote) {
  const shown = ({ epoch, root }: Vote["source"]) => ({ epoch: `${epoch}`, root });
  return { slot: `${slot}`, index: "0", beacon_block_root: head, source: shown(source), target: shown(target) };
}

export function voteAsSsz(vote: Vote): Uint8Array {
  return ssz.phase0.AttestationData.serialize(ssz.phase0.AttestationData.fromJson(voteAsJson(vote)));
}

/** The votes of so many validators, each with a signature, as they are published. */
export function publishedVotes(vote: Vote, count: number): Uint8Array {
  const data = voteAsJson(vote);
  const all = Array.from({ length: count }, (_, index) => ({
    committee_index: `${index % 64}`,
    attester_index: `${100_000 + index}`,
    data,
    signature: `0x${randomBytes(96).toString("hex")}`,
  }));
  return Buffer.from(JSON.stringify(all));
}

/** The duties of so many validators in an epoch. */
export function duties(count: number, firstSlot: number, dependentRoot: string): Uint8Array {
  const data = Array.from({ length: count }, (_, index) => ({
    pubkey: `0x${randomBytes(48).toString("hex")}`,
    validator_index: `${100_000 + index}`,
    committee_index: `${index % 64}`,
    committee_length: "512",
    committees_at_slot: "64",
    validator_committee_index: `${index % 512}`,
    slot: `${firstSlot + (index % 32)}`,
  }));
  return Buffer.from(JSON.stringify({ dependent_root: dependentRoot, execution_optimistic: false, data }));
}

/** A root that nobody else has. */
export function root(of: string): string {
  return `0x${createHash("sha256").update(of).digest("hex")}`;
}
