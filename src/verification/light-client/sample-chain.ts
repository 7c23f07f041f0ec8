import { hash } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { consensusTypes, presetFreeTypes } from "../../lib/consensus-types.ts";
import type { Random } from "../../lib/random.ts";
import type { Header } from "../evm/header.ts";
import { bytesOf, type Chain, forkAt, hexOf, periodAt } from "./chain.ts";
import { committeeRoot } from "./merkle.ts";
import { signingRoot } from "./reading.ts";

/** For tests: a beacon chain of the minimal preset, with real signatures of committees that are drawn from a seed. */

const { G1, fields } = bls12_381;
const bls = bls12_381.longSignatures;

// The library has one preset per process; other tests want this one, and nothing here depends on it.
consensusTypes("mainnet");

/** As nodes tell them: Deneb from the start, Electra from epoch 16 on, which is where the third period begins. */
export const sampleSpec = {
  PRESET_BASE: "minimal",
  SECONDS_PER_SLOT: "12",
  DEPOSIT_CHAIN_ID: "7",
  ALTAIR_FORK_EPOCH: "0",
  ALTAIR_FORK_VERSION: "0x01000001",
  BELLATRIX_FORK_EPOCH: "0",
  BELLATRIX_FORK_VERSION: "0x02000001",
  CAPELLA_FORK_EPOCH: "0",
  CAPELLA_FORK_VERSION: "0x03000001",
  DENEB_FORK_EPOCH: "0",
  DENEB_FORK_VERSION: "0x04000001",
  ELECTRA_FORK_EPOCH: "16",
  ELECTRA_FORK_VERSION: "0x05000001",
  FULU_FORK_EPOCH: "18446744073709551615",
  FULU_FORK_VERSION: "0x06000001",
};

export const sampleGenesis = {
  genesisTime: 1_699_990_000,
  genesisValidatorsRoot: `0x${"5a".repeat(32)}`,
  genesisForkVersion: "0x00000001",
};

interface Members {
  readonly secret: bigint;
  readonly secrets: readonly bigint[];
  readonly json: { readonly pubkeys: readonly string[]; readonly aggregate_pubkey: string };
  readonly root: Uint8Array;
}

type Tree = ReadonlyMap<number, Uint8Array>;

export interface UpdateWish {
  /** The slot of the block that is signed. */
  readonly attested: number;
  /** The slot of the signature; the next one when absent. */
  readonly signed?: number;
  /** Members that do not sign. */
  readonly absent?: readonly number[];
  /** Shows who signs in the next period. */
  readonly next?: boolean;
}

export class SampleChain {
  readonly #chain: Chain;
  readonly #random: Random;
  readonly #execution: (slot: number) => Header;
  readonly #committees = new Map<number, Members>();
  readonly #blocks = new Map<number, { readonly json: unknown; readonly root: Uint8Array; readonly state: Tree }>();

  /** `execution` gives the execution block of a slot, whose number is that of the slot. */
  constructor(chain: Chain, random: Random, execution: (slot: number) => Header = sampleHeader) {
    this.#chain = chain;
    this.#random = random;
    this.#execution = execution;
  }

  /** The slot that is final in a slot: the start of the epoch before the last. */
  finalIn(slot: number): number {
    return Math.max(0, (Math.floor(slot / 8) - 2) * 8);
  }

  root(slot: number): string {
    return hexOf(this.#block(slot).root);
  }

  /** The `data` of a bootstrap. */
  bootstrap(slot: number): Record<string, unknown> {
    const { json, state } = this.#block(slot);
    return {
      header: json,
      current_sync_committee: this.#committee(periodAt(this.#chain, slot)).json,
      current_sync_committee_branch: branchIn(state, this.#isElectra(slot) ? 86 : 54),
    };
  }

  /** The `data` of an update, or of a finality update. */
  update({ attested, signed = attested + 1, absent = [], next = false }: UpdateWish): Record<string, unknown> {
    const { json, root, state } = this.#block(attested);
    const electra = this.#isElectra(attested);
    const members = this.#committee(periodAt(this.#chain, signed));
    const { version } = forkAt(this.#chain, signed - 1);
    const message = signingRoot({ root } as Parameters<typeof signingRoot>[0], version, this.#chain);
    const secret = absent.reduce((sum, one) => fields.Fr.sub(sum, members.secrets[one] as bigint), members.secret);
    const bits = Buffer.alloc(4, 0xff);
    for (const one of absent) bits[one >> 3] = (bits[one >> 3] as number) & ~(1 << (one & 7));
    const suite = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    return {
      attested_header: json,
      finalized_header: this.#block(this.finalIn(attested)).json,
      finality_branch: branchIn(state, electra ? 169 : 105),
      ...(next && {
        next_sync_committee: this.#committee(periodAt(this.#chain, attested) + 1).json,
        next_sync_committee_branch: branchIn(state, electra ? 87 : 55),
      }),
      sync_aggregate: {
        sync_committee_bits: hexOf(bits),
        sync_committee_signature: hexOf(bls.sign(bls.hash(message, suite), fields.Fr.toBytes(secret)).toBytes()),
      },
      signature_slot: `${signed}`,
    };
  }

  #isElectra(slot: number): boolean {
    return forkAt(this.#chain, slot).name === "electra";
  }

  #block(slot: number) {
    const known = this.#blocks.get(slot);
    if (known) return known;
    const types = presetFreeTypes(this.#chain.preset);
    const header = this.#execution(slot);
    const execution = {
      ...(types["deneb"]?.["ExecutionPayloadHeader"]?.toJson(emptyPayload) as Record<string, unknown>),
      block_number: `${header.number}`,
      timestamp: `${header.timestamp}`,
      block_hash: header.hash,
      parent_hash: header.parentHash,
      state_root: header.stateRoot,
      receipts_root: header.receiptsRoot,
    };
    const payload = types["deneb"]?.["ExecutionPayloadHeader"];
    const body: Tree = new Map([[25, payload?.hashTreeRoot(payload.fromJson(execution)) as Uint8Array]]);
    const period = periodAt(this.#chain, slot);
    const final = this.finalIn(slot);
    const places = this.#isElectra(slot) ? [169, 86, 87] : [105, 54, 55];
    const state: Tree = new Map([
      [places[0] as number, slot === 0 || final === 0 ? zero : this.#block(final).root],
      [places[1] as number, this.#committee(period).root],
      [places[2] as number, this.#committee(period + 1).root],
    ]);
    const beacon = {
      slot: `${slot}`,
      proposer_index: "3",
      parent_root: hexOf(zero),
      state_root: hexOf(nodeOf(state, 1)),
      body_root: hexOf(nodeOf(body, 1)),
    };
    const type = types["phase0"]?.["BeaconBlockHeader"];
    const root = type?.hashTreeRoot(type.fromJson(beacon)) as Uint8Array;
    const block = { json: { beacon, execution, execution_branch: branchIn(body, 25) }, root, state };
    this.#blocks.set(slot, block);
    return block;
  }

  /** Eight validators that are each drawn four times, as few validators may be. */
  #committee(period: number): Members {
    const known = this.#committees.get(period);
    if (known) return known;
    const eight = Array.from({ length: 8 }, () => BigInt(1 + Math.floor(this.#random() * 2 ** 48)));
    const secrets = Array.from({ length: 32 }, (_, place) => eight[place % 8] as bigint);
    const secret = secrets.reduce((sum, one) => fields.Fr.add(sum, one), 0n);
    const keyOf = (one: bigint) => G1.Point.BASE.multiply(one).toBytes();
    const eightKeys = eight.map(keyOf);
    const keys = secrets.map((_, place) => eightKeys[place % 8] as Uint8Array);
    const members = {
      secret,
      secrets,
      json: { pubkeys: keys.map(hexOf), aggregate_pubkey: hexOf(keyOf(secret)) },
      root: committeeRoot(keys, keyOf(secret)),
    };
    this.#committees.set(period, members);
    return members;
  }
}

/** An execution block that is a function of its height. */
function sampleHeader(number: number): Header {
  const digest = (text: string) => `0x${hash("sha256", text)}`;
  return {
    number,
    hash: digest(`block ${number}`),
    parentHash: digest(`block ${number - 1}`),
    timestamp: sampleGenesis.genesisTime + 12 * number,
    stateRoot: digest(`state ${number}`),
    receiptsRoot: digest(`receipts ${number}`),
  };
}

const zero = new Uint8Array(32);
const emptyPayload = {
  ...{ parentHash: zero, feeRecipient: new Uint8Array(20), stateRoot: zero, receiptsRoot: zero },
  ...{ logsBloom: new Uint8Array(256), prevRandao: zero, blockNumber: 0, gasLimit: 0, gasUsed: 0, timestamp: 0 },
  ...{ extraData: new Uint8Array(0), baseFeePerGas: 0n, blockHash: zero, transactionsRoot: zero },
  ...{ withdrawalsRoot: zero, blobGasUsed: 0n, excessBlobGas: 0n },
};

/** A node of a tree that has nothing but the given ones, by generalized index. */
function nodeOf(tree: Tree, index: number): Uint8Array {
  const given = tree.get(index);
  if (given) return given;
  if (index >= 128) return zero;
  return hash("sha256", Buffer.concat([nodeOf(tree, 2 * index), nodeOf(tree, 2 * index + 1)]), "buffer");
}

function branchIn(tree: Tree, index: number): string[] {
  const branch: string[] = [];
  for (let at = index; at > 1; at = at >> 1) branch.push(hexOf(nodeOf(tree, at ^ 1)));
  return branch;
}

/** The same bytes with one other bit, as hex. */
export function flipped(hex: string): string {
  const bytes = Buffer.from(bytesOf(hex));
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  return hexOf(bytes);
}
