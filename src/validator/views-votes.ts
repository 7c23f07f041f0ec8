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

/** The blocks that have votes, from the newest down to the one that wins. */
export interface Tally {
  /** The newest block that wins. Two that win have a voter in common, so all that do are on one line. */
  readonly agreed: BlockRef | undefined;
  /** From there on, wherever most are; of as many where it was before, else to the newer block. */
  newest(from: BlockRef, incumbent: BlockRef | undefined): BlockRef;
}

interface Counted {
  readonly block: BlockLink;
  readonly weight: Weight;
}

/**
 * Counts the votes of nodes for the blocks that they are at, and for those before. The newest block that is not counted yet
 * goes next: then all after it are, and it takes its votes to its parent.
 */
export function tallyOf(
  nodes: readonly ViewVoter[],
  placed: ReadonlyMap<string, BlockRef>,
  votes: Votes,
  tree: Ancestry,
): Tally {
  const open = new Map<string, Counted>();
  const give = (block: BlockLink | undefined, weight: Weight) => {
    if (block) open.set(block.root, { block, weight: plus(open.get(block.root)?.weight, weight) });
  };
  for (const { id, voice } of nodes) {
    const head = voice === "none" ? undefined : placed.get(id);
    if (head) give(tree.get(head.root), votes.of(id));
  }
  const after = new Map<string, Counted[]>();
  for (let next = newestOf(open); next; next = newestOf(open)) {
    const { block, weight } = next;
    open.delete(block.root);
    if (votes.wins(weight)) return { agreed: refOf(block), newest: (from, was) => follow(from, was, after, tree) };
    const parent = tree.parent(block);
    if (!parent) continue;
    give(parent, weight);
    after.set(parent.root, [...(after.get(parent.root) ?? []), next]);
  }
  return { agreed: undefined, newest: (from) => from };
}

function newestOf(open: ReadonlyMap<string, Counted>): Counted | undefined {
  let newest: Counted | undefined;
  for (const one of open.values()) if (!newest || one.block.slot > newest.block.slot) newest = one;
  return newest;
}

function follow(
  from: BlockRef,
  incumbent: BlockRef | undefined,
  after: ReadonlyMap<string, readonly Counted[]>,
  tree: Ancestry,
): BlockRef {
  const kept = ({ block }: Counted) =>
    Number(incumbent !== undefined && tree.precedes(block.root, incumbent.root) === true);
  let at = from;
  for (;;) {
    const [best] = [...(after.get(at.root) ?? [])].sort(
      (a, b) =>
        b.weight.full - a.weight.full ||
        b.weight.all - a.weight.all ||
        kept(b) - kept(a) ||
        b.block.slot - a.block.slot ||
        (a.block.root < b.block.root ? -1 : 1),
    );
    if (!best) return at;
    at = refOf(best.block);
  }
}

function refOf({ root, slot }: BlockLink): BlockRef {
  return { root, slot };
}
