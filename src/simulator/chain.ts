import { hash } from "node:crypto";
import { transactionHashOf } from "../protocols/evm/transaction-hash.ts";

/** The wall-clock time of block 0: 2020-09-13 12:26:40 UTC. A constant, so that two processes see the same chain. */
export const genesisEpoch = 1_600_000_000_000;

/** How far `safe` and `finalized` trail the head, in blocks: what anvil does, and one and two epochs of 32 slots. */
export const safeDepth = 32;
export const finalizedDepth = 64;

/** keccak256 of `Transfer(address,address,uint256)`, the event of every token (ERC-20). */
const transferTopic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

/** How many transactions that clients sent a chain remembers. */
const sentLimit = 10_000;

/** How many times that a chain stood still are kept apart; earlier ones count as if they had been before block 0. */
const pauseLimit = 100;

/** How many blocks' transactions are kept once they were made up: clients ask for the same few again and again. */
const madeLimit = 256;

export interface ChainOptions {
  readonly seed: number;
  readonly chainId: number;
  readonly blockTimeMs: number;
}

/** A time in which no block was made, in wall-clock milliseconds since 1970, and the newest block then. */
interface Pause {
  readonly block: number;
  readonly from: number;
  to: number;
}

/** A place in the chain. */
export interface Position {
  readonly block: number;
  readonly index: number;
}

/** One transaction; amounts in wei. */
export interface Transaction extends Position {
  readonly hash: string;
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly nonce: number;
}

/** One event, as `eth_getLogs` shows it. */
export interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly transaction: Transaction;
}

/**
 * A made-up EVM chain in which everything is a function of (seed, place), so that the same question gets the same answer
 * from every upstream and nothing is stored. Hashes carry their block number in their last bytes and so can be looked up.
 * What is kept is what clients sent, which is in the block after the head at that time, and when the chain stood still.
 */
export class Chain {
  readonly chainId: number;
  readonly blockTimeMs: number;
  readonly #seed: string;
  readonly #pauses: Pause[] = [];
  #paused = 0;
  readonly #sentAt = new Map<string, number>();
  readonly #sentIn = new Map<number, string[]>();
  readonly #made = new Map<number, readonly Transaction[]>();

  constructor(options: ChainOptions) {
    this.chainId = options.chainId;
    this.blockTimeMs = options.blockTimeMs;
    this.#seed = `${options.seed}/${options.chainId}`;
  }

  /** The newest block at a wall-clock time (milliseconds since 1970). */
  headAt(epoch: number): number {
    let still = this.#paused;
    for (const { from, to } of this.#pauses) if (epoch > from) still += Math.min(epoch, to) - from;
    return Math.max(0, Math.floor((epoch - genesisEpoch - still) / this.blockTimeMs));
  }

  /** Stops making blocks at a wall-clock time, or goes on: the next block comes as much later as it stood still. */
  stand(still: boolean, epoch: number): void {
    const last = this.#pauses.at(-1);
    const standing = last?.to === Number.POSITIVE_INFINITY;
    if (still === standing) return;
    if (last && standing) {
      last.to = epoch;
      return;
    }
    this.#pauses.push({ block: this.headAt(epoch), from: epoch, to: Number.POSITIVE_INFINITY });
    const oldest = this.#pauses.length > pauseLimit ? this.#pauses.shift() : undefined;
    if (oldest) this.#paused += oldest.to - oldest.from;
  }

  /** The second in which a block was made, since 1970. */
  timestamp(block: number): number {
    let still = this.#paused;
    for (const pause of this.#pauses) if (pause.block < block) still += pause.to - pause.from;
    return Math.floor((genesisEpoch + block * this.blockTimeMs + still) / 1_000);
  }

  /** 64 hex digits that follow from the seed and what they are for. */
  digest(...what: readonly (string | number)[]): string {
    return hash("sha256", `${this.#seed}/${what.join("/")}`);
  }

  blockHash(block: number): string {
    if (block < 0) return `0x${"0".repeat(64)}`;
    return `0x${this.digest("block", block).slice(0, 48)}${hex(block, 16)}`;
  }

  /** The block of that hash, or `undefined` when the chain has none. */
  blockOf(blockHash: string): number | undefined {
    const block = Number.parseInt(blockHash.slice(50), 16);
    return this.blockHash(block) === blockHash ? block : undefined;
  }

  /** The transactions of a block in order: one to four of its own, then those that clients sent. */
  transactions(block: number): readonly Transaction[] {
    if (block <= 0) return [];
    let transactions = this.#made.get(block);
    if (!transactions) {
      transactions = this.#makeUp(block);
      if (this.#made.size >= madeLimit) this.#made.clear();
      this.#made.set(block, transactions);
    }
    return transactions;
  }

  /** Where a transaction is; `undefined` when the chain does not know it. It may be in a block that is yet to come. */
  find(transactionHash: string): Transaction | undefined {
    const sentTo = this.#sentAt.get(transactionHash);
    const block = sentTo ?? Number.parseInt(transactionHash.slice(50, 62), 16);
    if (sentTo === undefined && this.#nameOf({ block, index: lastIndex(transactionHash) }) !== transactionHash) return;
    return this.transactions(block).find((one) => one.hash === transactionHash);
  }

  /** Accepts a raw transaction when `head` is the newest block, and says its hash. The oldest are forgotten. */
  send(raw: string, head: number): string {
    const name = transactionHashOf(raw);
    if (this.#sentAt.has(name)) return name;
    this.#sentAt.set(name, head + 1);
    this.#made.delete(head + 1);
    const together = this.#sentIn.get(head + 1);
    if (together) together.push(name);
    else this.#sentIn.set(head + 1, [name]);
    if (this.#sentAt.size > sentLimit) this.#forgetOldest();
    return name;
  }

  /** The events of a block: one transfer for each transaction. */
  logs(block: number): readonly Log[] {
    return this.transactions(block).map((transaction) => ({
      address: token(transaction.index),
      topics: [transferTopic, asTopic(transaction.from), asTopic(transaction.to)],
      data: `0x${transaction.value.toString(16).padStart(64, "0")}`,
      transaction,
    }));
  }

  #makeUp(block: number): readonly Transaction[] {
    const made = 1 + (Number.parseInt(this.digest("count", block).slice(0, 2), 16) % 4);
    const sent = this.#sentIn.get(block) ?? [];
    return Array.from({ length: made + sent.length }, (_, index) =>
      this.#transaction({ block, index }, sent[index - made] ?? this.#nameOf({ block, index })),
    );
  }

  #nameOf({ block, index }: Position): string {
    return `0x${this.digest("transaction", block, index).slice(0, 48)}${hex(block, 12)}${hex(index, 4)}`;
  }

  #transaction(at: Position, name: string): Transaction {
    const digest = this.digest("content", name);
    return {
      ...at,
      hash: name,
      from: `0x${digest.slice(0, 40)}`,
      to: token(at.index),
      value: BigInt(`0x${digest.slice(40, 54)}`),
      nonce: Number.parseInt(digest.slice(54, 58), 16),
    };
  }

  #forgetOldest(): void {
    const [first] = this.#sentAt;
    if (!first) return;
    const [name, block] = first;
    this.#sentAt.delete(name);
    this.#made.delete(block);
    const left = this.#sentIn.get(block)?.filter((one) => one !== name) ?? [];
    if (left.length > 0) this.#sentIn.set(block, left);
    else this.#sentIn.delete(block);
  }
}

/** The address of one of eight contracts that the chain has. */
export function token(index: number): string {
  return `0x70ce00000000000000000000000000000000000${index % 8}`;
}

function asTopic(address: string): string {
  return `0x${address.slice(2).padStart(64, "0")}`;
}

function lastIndex(transactionHash: string): number {
  return Number.parseInt(transactionHash.slice(62), 16);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
