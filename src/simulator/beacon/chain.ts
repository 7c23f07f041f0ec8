import { hash } from "node:crypto";
import type { Checkpoint } from "../../core/duty.ts";

export interface BeaconChainOptions {
  readonly seed: number;
  /** Wall-clock milliseconds since 1970 of slot 0. */
  readonly genesisMs: number;
  readonly slotMs: number;
  readonly slotsPerEpoch: number;
  /** How many validators there are; their indices count from 0. */
  readonly validators: number;
}

/** A block as the simulated chain knows it. */
export interface SimulatedBlock {
  readonly slot: number;
  readonly root: string;
  readonly parent: string;
  readonly proposer: number;
  readonly feeRecipient: string;
  /** Wall-clock milliseconds at which it reached the network. */
  readonly at: number;
}

/** An attestation that reached the network. */
export interface SimulatedVote {
  readonly validator: number;
  readonly slot: number;
  readonly head: string;
  readonly source: Checkpoint;
  readonly target: Checkpoint;
  /** Wall-clock milliseconds. */
  readonly at: number;
}

/** A history of its own that some nodes follow from a slot on. */
export interface Branch {
  readonly name: string;
  readonly from: number;
}

/** The history that everybody follows who is right. */
export const main: Branch = { name: "main", from: 0 };

/** How long after the start of its slot a block of somebody else's reaches the network, in milliseconds. */
const othersMs = 300;
/** Who is paid by blocks of others. */
const others = `0x${"07".repeat(20)}`;
/** So many slots of what was published are kept: some hours of a test. */
const slotsKept = 4_096;

/**
 * A made-up beacon chain. Blocks follow from (seed, slot), one in each slot, but for the slots of the validators who
 * are played: theirs are there only when they were published. What the played validators send is kept, to be judged.
 */
export class BeaconChain {
  readonly options: BeaconChainOptions;
  readonly #seed: string;
  readonly #published = new Map<number, SimulatedBlock>();
  readonly votes: SimulatedVote[] = [];
  /** Published blocks that contradict an earlier one of their slot. */
  readonly conflicting: SimulatedBlock[] = [];
  readonly #listeners = new Set<() => void>();
  #played: ReadonlySet<number> = new Set();

  constructor(options: BeaconChainOptions) {
    this.options = options;
    this.#seed = `beacon/${options.seed}`;
  }

  /** From now on these validators propose only what is published for them. */
  play(validators: Iterable<number>): void {
    this.#played = new Set(validators);
  }

  slotAt(epochMs: number): number {
    return Math.floor((epochMs - this.options.genesisMs) / this.options.slotMs);
  }

  startOf(slot: number): number {
    return this.options.genesisMs + slot * this.options.slotMs;
  }

  epochOf(slot: number): number {
    return Math.floor(slot / this.options.slotsPerEpoch);
  }

  proposer(slot: number): number {
    return this.#draw("proposer", slot) % this.options.validators;
  }

  /** The slot of an epoch in which a validator attests. */
  dutySlot(epoch: number, validator: number): number {
    return epoch * this.options.slotsPerEpoch + (this.#draw("duty", epoch, validator) % this.options.slotsPerEpoch);
  }

  /** The newest block that the network has at a time. */
  head(epochMs: number, branch: Branch = main): SimulatedBlock {
    for (let slot = Math.max(0, this.slotAt(epochMs)); slot > 0; slot--) {
      const block = this.blockAt(slot, branch);
      if (block && block.at <= epochMs) return block;
    }
    return this.#genesis();
  }

  /** The block of a slot, whenever it came; `undefined` when nobody proposed. */
  blockAt(slot: number, branch: Branch = main): SimulatedBlock | undefined {
    if (slot <= 0) return slot === 0 ? this.#genesis() : undefined;
    if (branch.name !== main.name && slot >= branch.from) return this.#made(slot, branch);
    return this.#played.has(this.proposer(slot)) ? this.#published.get(slot) : this.#made(slot, main);
  }

  /** The block of that root, among those of the last slots of a branch. */
  byRoot(root: string, branch: Branch = main): SimulatedBlock | undefined {
    const slot = Number.parseInt(root.slice(50), 16);
    const block = Number.isSafeInteger(slot) ? this.blockAt(slot, branch) : undefined;
    return block?.root === root ? block : undefined;
  }

  /** The last block before a slot. */
  parentOf(slot: number, branch: Branch = main): SimulatedBlock {
    for (let before = slot - 1; before > 0; before--) {
      const block = this.blockAt(before, branch);
      if (block) return block;
    }
    return this.#genesis();
  }

  /** The block that an epoch begins with, or the last before it. */
  checkpoint(epoch: number, branch: Branch = main): Checkpoint {
    if (epoch <= 0) return { epoch: 0, root: this.#genesis().root };
    const slot = epoch * this.options.slotsPerEpoch;
    return { epoch, root: (this.blockAt(slot, branch) ?? this.parentOf(slot, branch)).root };
  }

  /** The root on which the duties of an epoch depend: the last block two epochs before it ends. */
  dependentRoot(epoch: number, branch: Branch = main): string {
    const slot = Math.max(0, (epoch - 1) * this.options.slotsPerEpoch);
    return slot === 0 ? this.#genesis().root : this.parentOf(slot, branch).root;
  }

  /** The root of the state after a block: what a block that is handed out to be signed is known by. */
  stateRoot(slot: number, parent: string, feeRecipient: string, producer: string): string {
    return `0x${this.#digest("state", slot, parent, feeRecipient, producer)}`;
  }

  /** Hears of each block that is published. */
  onPublished(hear: () => void): () => void {
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }

  /** Takes in a signed block of a played validator. */
  publish(
    block: Pick<SimulatedBlock, "slot" | "parent" | "proposer" | "feeRecipient"> & { readonly state: string },
    at: number,
  ): void {
    const { state, ...rest } = block;
    const root = `0x${this.#digest("own", state).slice(0, 48)}${hex(block.slot)}`;
    const known = this.#published.get(block.slot);
    const published = { ...rest, root, at };
    if (known && known.root !== root) this.conflicting.push(published);
    if (known) return;
    this.#published.set(block.slot, published);
    for (const hear of this.#listeners) hear();
    for (const slot of this.#published.keys()) {
      if (slot >= block.slot - slotsKept) break;
      this.#published.delete(slot);
    }
  }

  /** Takes in an attestation of a played validator; the same one from several nodes counts once. */
  vote(vote: SimulatedVote): void {
    const same = this.votes.findLast(
      (one) =>
        one.validator === vote.validator &&
        one.slot === vote.slot &&
        one.head === vote.head &&
        one.target.root === vote.target.root &&
        one.source.root === vote.source.root,
    );
    if (!same) this.votes.push(vote);
  }

  digest(...what: readonly (string | number)[]): string {
    return this.#digest(...what);
  }

  #made(slot: number, { name, from }: Branch): SimulatedBlock {
    const branch = slot >= from ? name : main.name;
    const at = this.startOf(slot) + othersMs;
    return {
      slot,
      root: this.#nameOf(slot, branch),
      parent: this.#rootBefore(slot, { name, from }),
      proposer: this.proposer(slot),
      feeRecipient: others,
      at,
    };
  }

  /** The root of the last block before a slot, without making up those before it. */
  #rootBefore(slot: number, { name, from }: Branch): string {
    for (let before = slot - 1; before > 0; before--) {
      if (name !== main.name && before >= from) return this.#nameOf(before, name);
      if (!this.#played.has(this.proposer(before))) return this.#nameOf(before, main.name);
      const own = this.#published.get(before);
      if (own) return own.root;
    }
    return this.#genesis().root;
  }

  #nameOf(slot: number, branch: string): string {
    return `0x${this.#digest("block", branch, slot).slice(0, 48)}${hex(slot)}`;
  }

  #genesis(): SimulatedBlock {
    const zero = `0x${"0".repeat(64)}`;
    return {
      slot: 0,
      root: this.#nameOf(0, main.name),
      parent: zero,
      proposer: 0,
      feeRecipient: others,
      at: this.options.genesisMs,
    };
  }

  #draw(...what: readonly (string | number)[]): number {
    return Number.parseInt(this.#digest(...what).slice(0, 8), 16);
  }

  #digest(...what: readonly (string | number)[]): string {
    return hash("sha256", `${this.#seed}/${what.join("/")}`);
  }
}

function hex(slot: number): string {
  return slot.toString(16).padStart(16, "0");
}
