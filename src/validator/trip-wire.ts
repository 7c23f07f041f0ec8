import type { Signed } from "../core/duty.ts";
import { asFields, pairsIn } from "./records.ts";
import { isVote, VoteTable } from "./trip-wire-votes.ts";

/** What is remembered, as plain data. */
export interface TripWireMemory {
  /** The last votes of each validator: rows of the table in base64. */
  readonly votes: string;
  /** Key and content of blocks, and of what is signed otherwise. */
  readonly blocks: readonly (readonly [key: string, content: string])[];
  readonly others: readonly (readonly [key: string, content: string])[];
}

/**
 * Sees every signed message on its way out, and stops the second of two that contradict each other, be it that two clients
 * have the same keys. The same message again passes. It knows only what passed here, so it is a last resort and no slashing
 * protection; instances that do not share it see less.
 *
 * Bounded: the last four votes of each of 100,000 validators (79 bytes each), the last 4,096 blocks, and 16,384 messages of
 * other kinds.
 */
export interface TripWire {
  /**
   * Why a message must not go out; `undefined` when it may, and is remembered then. Votes for a target after `epoch`, the
   * present one, are not looked at: nodes refuse them, and they must not be held against votes that are due.
   */
  check(message: Signed, epoch?: number): string | undefined;
  /** Was this very message here before? */
  knows(message: Signed): boolean;
  /** Every node refused it, so nobody has seen it: a forged message must not stand in the way of the real one. */
  forget(message: Signed): void;
  /** How many messages were not remembered, as there were too many validators. */
  readonly overlooked: number;
  /** How many validators have votes here, and the memory of these in bytes. */
  readonly validators: number;
  readonly bytes: number;
  /** How many parts it is kept in; together they are all. */
  readonly parts: number;
  /** The parts that have changed since this was asked last; the first one always. */
  changedParts(): readonly number[];
  /** One part, which is small enough to be made in one go; or all. */
  export(part?: number): TripWireMemory;
  /** Takes in what was exported, beside what was seen since. What makes no sense is left out. */
  import(memory: unknown): void;
  clear(): void;
}

const mostBlocks = 4_096;
const mostOthers = 16_384;

export function createTripWire(mostValidators = 100_000): TripWire {
  return new Wire(mostValidators);
}

class Wire implements TripWire {
  overlooked = 0;
  readonly #most: number;
  #votes: VoteTable;
  readonly #blocks = new Map<string, string>();
  readonly #others = new Map<string, string>();

  constructor(mostValidators: number) {
    this.#most = mostValidators;
    this.#votes = new VoteTable(mostValidators);
  }

  get validators(): number {
    return this.#votes.size;
  }

  get bytes(): number {
    return this.#votes.bytes;
  }

  check(message: Signed, epoch = Number.POSITIVE_INFINITY): string | undefined {
    if (message.target !== undefined && message.target > epoch + 1) return undefined;
    if (message.kind === "attestation" && isVote(message)) {
      const conflict = this.#votes.conflict(message);
      if (conflict === undefined && !this.#votes.add(message)) this.overlooked++;
      return conflict;
    }
    const { known, most } = this.#shelf(message);
    const before = known.get(message.key);
    if (before !== undefined) return before === message.content ? undefined : contradiction(message);
    remember(known, most, message.key, message.content);
    return undefined;
  }

  knows(message: Signed): boolean {
    if (message.kind === "attestation" && isVote(message)) return this.#votes.has(message);
    return this.#shelf(message).known.get(message.key) === message.content;
  }

  forget(message: Signed): void {
    if (message.kind === "attestation" && isVote(message)) {
      this.#votes.remove(message);
      return;
    }
    const { known } = this.#shelf(message);
    if (known.get(message.key) === message.content) known.delete(message.key);
  }

  get parts(): number {
    return Math.max(1, this.#votes.parts);
  }

  changedParts(): readonly number[] {
    return [...new Set([0, ...this.#votes.changedParts()])];
  }

  export(part?: number): TripWireMemory {
    const bytes = this.#votes.export(part);
    const votes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
    // What is not votes is little, and all in the first part.
    return part === undefined || part === 0
      ? { votes, blocks: [...this.#blocks], others: [...this.#others] }
      : { votes, blocks: [], others: [] };
  }

  import(memory: unknown): void {
    const { votes, blocks, others } = asFields(memory);
    if (typeof votes === "string") this.#votes.import(Buffer.from(votes, "base64"));
    for (const [key, content] of pairsIn(blocks)) {
      if (!this.#blocks.has(key)) remember(this.#blocks, mostBlocks, key, content);
    }
    for (const [key, content] of pairsIn(others)) {
      if (!this.#others.has(key)) remember(this.#others, mostOthers, key, content);
    }
  }

  clear(): void {
    this.#votes = new VoteTable(this.#most);
    this.#blocks.clear();
    this.#others.clear();
  }

  #shelf({ kind }: Signed): { readonly known: Map<string, string>; readonly most: number } {
    return kind === "block" ? { known: this.#blocks, most: mostBlocks } : { known: this.#others, most: mostOthers };
  }
}

function remember(known: Map<string, string>, most: number, key: string, content: string): void {
  known.set(key, content);
  if (known.size <= most) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}

/** Keys are the protocol's own: a kind, and who signed for when. */
function contradiction({ kind, key }: Signed): string {
  const what = { attestation: "vote", block: "block", sync_message: "sync committee message" }[kind];
  return `another ${what} than this was sent for ${key.slice(key.indexOf(":") + 1)}`;
}
