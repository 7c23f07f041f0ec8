import type { Ancestry, BlockLink, BlockRef } from "./ancestry.ts";
import type { Voice } from "./fitness.ts";
import { isHalf, isMajority, weightsOf } from "./voters.ts";

/** Who votes. */
export interface ViewVoter {
  readonly id: string;
  readonly voter: string;
  readonly voice: Voice;
}

/** The votes that there are: of those with a full voice, and of all with any. */
export class Votes {
  readonly #full: ReadonlyMap<string, number>;
  readonly #all: ReadonlyMap<string, number>;
  readonly #ofFull: number;
  readonly #ofAll: number;

  constructor(nodes: readonly ViewVoter[]) {
    const full = nodes.filter(({ voice }) => voice === "full");
    const all = nodes.filter(({ voice }) => voice !== "none");
    this.#full = weightsOf(full);
    this.#all = weightsOf(all);
    this.#ofFull = new Set(full.map(({ voter }) => voter)).size;
    this.#ofAll = new Set(all.map(({ voter }) => voter)).size;
  }

  of(id: string): Weight {
    return { full: this.#full.get(id) ?? 0, all: this.#all.get(id) ?? 0 };
  }

  /** Is it more than half? Those who only break ties decide nothing alone. */
  wins({ full, all }: Weight): boolean {
    if (isMajority(full, this.#ofFull)) return true;
    return this.#ofFull > 0 && isHalf(full, this.#ofFull) && isMajority(all, this.#ofAll);
  }
}

/** Votes of those with a full voice, and of all with any. */
export interface Weight {
  readonly full: number;
  readonly all: number;
}

/** The sum of two weights; of nothing and one, the one. */
export function plus(a: Weight | undefined, b: Weight): Weight {
  return a ? { full: a.full + b.full, all: a.all + b.all } : b;
}

/** The votes of each block, and the blocks after it that have any. */
export class Tally {
  readonly #weights = new Map<string, Weight>();
  readonly #blocks = new Map<string, BlockLink>();
  readonly #after = new Map<string, Set<string>>();

  add(block: BlockLink, weight: Weight): void {
    this.#weights.set(block.root, plus(this.#weights.get(block.root), weight));
    this.#blocks.set(block.root, block);
    if (block.parent === undefined) return;
    const after = this.#after.get(block.parent) ?? new Set();
    this.#after.set(block.parent, after.add(block.root));
  }

  /** The newest block that wins. Two that win have a voter in common, so all that do are on one line. */
  agreed(votes: Votes): BlockRef | undefined {
    let newest: BlockLink | undefined;
    for (const [root, block] of this.#blocks) {
      const wins = (newest === undefined || block.slot > newest.slot) && votes.wins(this.#weights.get(root) as Weight);
      if (wins) newest = block;
    }
    return newest && { root: newest.root, slot: newest.slot };
  }

  /** From a block on, wherever most are; of as many where it was before, else to the newer block. */
  newest(from: BlockRef, incumbent: BlockRef | undefined, tree: Ancestry): BlockRef {
    let block = from;
    for (;;) {
      const next = [...(this.#after.get(block.root) ?? [])].map((root) => this.#blocks.get(root) as BlockLink);
      const kept = ({ root }: BlockLink) =>
        Number(incumbent !== undefined && tree.precedes(root, incumbent.root) === true);
      const weight = ({ root }: BlockLink) => this.#weights.get(root) as Weight;
      const [best] = next.sort(
        (a, b) =>
          weight(b).full - weight(a).full ||
          weight(b).all - weight(a).all ||
          kept(b) - kept(a) ||
          b.slot - a.slot ||
          (a.root < b.root ? -1 : 1),
      );
      if (!best) return block;
      block = { root: best.root, slot: best.slot };
    }
  }
}

/** Counts the votes of nodes for the blocks that they are at. */
export function tallyOf(
  nodes: readonly ViewVoter[],
  placed: ReadonlyMap<string, BlockRef>,
  votes: Votes,
  tree: Ancestry,
): Tally {
  const tally = new Tally();
  for (const { id, voice } of nodes) {
    const head = placed.get(id);
    if (!head || voice === "none") continue;
    for (const block of tree.line(head.root)) tally.add(block, votes.of(id));
  }
  return tally;
}
