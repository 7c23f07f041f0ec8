import type { Checkpoint } from "../core/duty.ts";
import type { Ancestry, BlockLink, BlockRef } from "./ancestry.ts";
import type { ViewPlace, Voice } from "./fitness.ts";
import type { Instant } from "./slot-clock.ts";
import { type Disagreement, disagreementOf, finalityConflict, inWords } from "./views-sides.ts";
import { isHalf, isMajority, weightsOf } from "./voters.ts";

/** A node as far as it matters which chain it is on. */
export interface ViewNode {
  readonly id: string;
  readonly voter: string;
  readonly voice: Voice;
  readonly head: BlockRef | undefined;
  /** The last checkpoints that it called final, by rising epoch. */
  readonly finalized: readonly Checkpoint[];
}

/** The chain that counts. */
export interface Canonical {
  /** The newest block that a majority has. */
  readonly agreed: BlockRef;
  /** The newest block on it that anybody has; of forks that are not decided, the one that most have. */
  readonly head: BlockRef;
}

/** Which chain each node is on, and which counts. Handed in again the next time, as it remembers what must be. */
export interface Views {
  readonly canonical: Canonical | undefined;
  readonly places: ReadonlyMap<string, ViewPlace>;
  readonly disagreement: Disagreement | undefined;
  /** Roots whose headers must be asked for (of any node that has them) to tell more. */
  readonly missing: readonly string[];
  /** The last head of each node that was known to be on the chain, and when that was so. */
  readonly anchors: ReadonlyMap<string, BlockRef & { readonly at: number }>;
  /** Nodes that were at odds with the majority about what is final, and the last epoch in which they were. */
  readonly barred: ReadonlyMap<string, number>;
}

/** So many slots a node's new head is taken to follow its last one, until its header comes. */
const patienceSlots = 2;
/** Headers are not asked for further back than this. */
const mostAsked = 128;

/**
 * Judges which chain counts. Each voter (a pair of clients) has one vote, in equal parts its nodes'. A block has the votes of
 * all whose head it is, or is before; what counts is the line of the newest block with more than half of all votes. Whoever
 * is on that line is in the view, behind or ahead: a block that not all have yet parts nobody. Votes that only break ties
 * count where the others give a block exactly half.
 *
 * Heads beyond that block may part. If they still have the same target (the last block before the epoch's first slot, or of
 * it), attesters sign the same source and target, and the view holds. If not, no view counts until they are one.
 *
 * Nodes that call conflicting checkpoints final: those not compatible with more than half of the votes are out at once, and
 * until a whole epoch has passed without the conflict, so that nobody is alone right because the other one crashed. Votes
 * of those who are out still count as votes for something else.
 *
 * Source of one vote for a pair of clients: field knowledge, as a client's bug is shared by all of its nodes; Vouch and
 * Vero count nodes.
 */
export function views(before: Views | undefined, nodes: readonly ViewNode[], tree: Ancestry, at: Instant): Views {
  const electorate = new Votes(nodes);
  const { placed, anchors } = place(before, nodes, electorate, tree, at);
  const barred = barredOf(before, nodes, electorate, tree, at);
  const counted = nodes.filter(({ id }) => !barred.has(id));
  const tally = tallyOf(counted, placed, electorate, tree);
  const agreed = tally.agreed(electorate);
  const split = agreed !== undefined && targetsPart(agreed, counted, placed, tree, at);
  const canonical =
    agreed && !split ? { agreed, head: tally.newest(agreed, before?.canonical?.head, tree) } : undefined;
  // A split that outlasts what the tree remembers is one still.
  const disagreement = disagreementOf(nodes, placed, tree, at) ?? (canonical ? undefined : before?.disagreement);
  const told = disagreement && { ...disagreement, decided: canonical !== undefined };
  const places = new Map(
    nodes.map((node) => [node.id, placeOf(node, placed.get(node.id), canonical, barred, told, tree)] as const),
  );
  return { canonical, places, disagreement: told, missing: missingOf(nodes, tree), anchors, barred };
}

/** The votes that there are: of those with a full voice, and of all with any. */
class Votes {
  readonly #full: ReadonlyMap<string, number>;
  readonly #all: ReadonlyMap<string, number>;
  readonly #ofFull: number;
  readonly #ofAll: number;

  constructor(nodes: readonly ViewNode[]) {
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

interface Weight {
  readonly full: number;
  readonly all: number;
}

function plus(a: Weight | undefined, b: Weight): Weight {
  return a ? { full: a.full + b.full, all: a.all + b.all } : b;
}

/**
 * Puts each node at a block of one tree. A head whose header has not come stands alone; until then, for a while, the node is
 * taken to be where it last was. Where trees are several, it is the one in which most votes are, and of as many the one
 * that counted before.
 */
function place(
  before: Views | undefined,
  nodes: readonly ViewNode[],
  votes: Votes,
  tree: Ancestry,
  at: Instant,
): { readonly placed: ReadonlyMap<string, BlockRef>; readonly anchors: Views["anchors"] } {
  const baseOf = (root: string | undefined) => (root === undefined ? undefined : tree.base(root)?.root);
  const incumbent = baseOf(before?.canonical?.agreed.root);
  const freshAnchor = (id: string) => {
    const anchor = before?.anchors.get(id);
    return anchor && at.now - anchor.at <= patienceSlots * at.slotMs ? anchor : undefined;
  };
  const weights = new Map<string, Weight>();
  for (const { id, head } of nodes) {
    const own = baseOf(head?.root);
    const anchored = incumbent !== undefined && own !== incumbent && baseOf(freshAnchor(id)?.root) === incumbent;
    const base = anchored ? incumbent : own;
    if (base !== undefined) weights.set(base, plus(weights.get(base), votes.of(id)));
  }
  const [reference] = [...weights].sort(
    ([a, m], [b, n]) => n.full - m.full || n.all - m.all || Number(b === incumbent) - Number(a === incumbent),
  );
  const placed = new Map<string, BlockRef>();
  const anchors = new Map<string, BlockRef & { readonly at: number }>();
  for (const { id, head } of nodes) {
    const anchor = before?.anchors.get(id);
    if (head && reference && baseOf(head.root) === reference[0]) {
      placed.set(id, head);
      anchors.set(id, { root: head.root, slot: head.slot, at: at.now });
      continue;
    }
    const fresh = freshAnchor(id);
    if (fresh && head && reference && baseOf(fresh.root) === reference[0]) placed.set(id, fresh);
    if (anchor) anchors.set(id, anchor);
  }
  return { placed, anchors };
}

/** Who is at odds with the majority about what is final, now or until less than a whole epoch ago. */
function barredOf(
  before: Views | undefined,
  nodes: readonly ViewNode[],
  votes: Votes,
  tree: Ancestry,
  { epoch }: Instant,
): ReadonlyMap<string, number> {
  const barred = new Map<string, number>();
  for (const node of nodes) {
    let support: Weight = { full: 0, all: 0 };
    let conflict = false;
    for (const other of nodes) {
      if (other.voice !== "none" && finalityConflict(node.finalized, other.finalized, tree)) conflict = true;
      else support = plus(support, votes.of(other.id));
    }
    const seen = before?.barred.get(node.id);
    if (conflict && !votes.wins(support)) barred.set(node.id, epoch);
    else if (seen !== undefined && epoch <= seen + 1) barred.set(node.id, seen);
  }
  return barred;
}

/** The votes of each block, and the blocks after it that have any. */
class Tally {
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

function tallyOf(
  nodes: readonly ViewNode[],
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

/** Would those beyond the agreed block sign different targets now? */
function targetsPart(
  agreed: BlockRef,
  nodes: readonly ViewNode[],
  placed: ReadonlyMap<string, BlockRef>,
  tree: Ancestry,
  { epoch, slotsPerEpoch }: Instant,
): boolean {
  const first = epoch * slotsPerEpoch;
  if (agreed.slot >= first) return false;
  const targets = new Set<string>();
  for (const { id, voice } of nodes) {
    const head = placed.get(id);
    if (voice === "none" || !head || tree.precedes(agreed.root, head.root) !== true) continue;
    const target = tree.at(head.root, first);
    if (target) targets.add(target.root);
  }
  const all = [...targets];
  return all.some((a, index) => all.slice(index + 1).some((b) => tree.aligned(a, b) === false));
}

function placeOf(
  { id, head }: ViewNode,
  block: BlockRef | undefined,
  canonical: Canonical | undefined,
  barred: Views["barred"],
  disagreement: Disagreement | undefined,
  tree: Ancestry,
): ViewPlace {
  if (!canonical) {
    const because = disagreement ? inWords(disagreement) : "it is not known yet which chain most nodes are on";
    return { member: false, decided: false, because };
  }
  const out = (because: string): ViewPlace => ({ member: false, decided: true, because });
  if (barred.has(id)) return out("it called another block final than most did, now or less than an epoch ago");
  if (!head) return out("its head is not known");
  const aligned = block && tree.aligned(block.root, canonical.agreed.root);
  if (aligned === undefined) return out(`it is not known which chain its head ${shortRoot(head)} is on`);
  if (aligned) return { member: true, decided: true, because: "" };
  return out(`it is on a fork: its head ${shortRoot(head)} is not on the chain of ${shortRoot(canonical.agreed)}`);
}

/** What to ask for to see whether lines that are known meet: what is before the oldest block of all but the longest. */
function missingOf(nodes: readonly ViewNode[], tree: Ancestry): readonly string[] {
  const ends = new Map<string, BlockRef>();
  let top = -1;
  for (const { head, voice } of nodes) {
    if (!head || voice === "none") continue;
    top = Math.max(top, head.slot);
    const base = tree.base(head.root) ?? head;
    ends.set(base.root, base);
  }
  if (ends.size < 2) return [];
  const lowest = Math.min(...[...ends.values()].map(({ slot }) => slot));
  const lows = [...ends.values()].filter(({ slot }) => slot === lowest);
  const asked = [...ends.values()].filter((end) => lows.length > 1 || end.slot !== lowest);
  return asked.filter(({ slot }) => top - slot <= mostAsked).map(({ root }) => tree.missing(root));
}

/** A block as people see it: the start of its root, and its slot. */
export function shortRoot({ root, slot }: BlockRef): string {
  return `${root.slice(0, 10)} of slot ${slot}`;
}
