import type { Checkpoint } from "../core/duty.ts";
import type { Ancestry, BlockRef } from "./ancestry.ts";
import type { ViewPlace } from "./fitness.ts";
import type { Instant } from "./slot-clock.ts";
import { type Anchors, missingOf, type PlacedNode, place } from "./views-place.ts";
import { type Disagreement, disagreementOf, finalityConflict, finalityKey, inWords } from "./views-sides.ts";
import { plus, tallyOf, Votes, type Weight } from "./views-votes.ts";

/** A node as far as it matters which chain it is on. */
export interface ViewNode extends PlacedNode {
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
  readonly anchors: Anchors;
  /** Nodes that were at odds with the majority about what is final, and the last epoch in which they were. */
  readonly barred: ReadonlyMap<string, number>;
}

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
  const { agreed } = tally;
  const split = agreed !== undefined && targetsPart(agreed, counted, placed, tree, at);
  const canonical = agreed && !split ? { agreed, head: tally.newest(agreed, before?.canonical?.head) } : undefined;
  // A split that outlasts what the tree remembers is one still.
  const still = !canonical && before?.disagreement?.decided === false ? before.disagreement : undefined;
  const disagreement = disagreementOf(nodes, placed, tree, at) ?? still;
  const told = disagreement && { ...disagreement, decided: canonical !== undefined };
  const places = new Map(
    nodes.map((node) => [node.id, placeOf(node, placed.get(node.id), canonical, barred, told, tree)] as const),
  );
  return { canonical, places, disagreement: told, missing: missingOf(nodes, tree), anchors, barred };
}

/** Nodes that call the same blocks final. */
interface Finality {
  readonly finalized: readonly Checkpoint[];
  readonly nodes: ViewNode[];
  votes: Weight;
  /** Has any of them a voice? */
  heard: boolean;
}

/** Who is at odds with the majority about what is final, now or until less than a whole epoch ago. */
function barredOf(
  before: Views | undefined,
  nodes: readonly ViewNode[],
  votes: Votes,
  tree: Ancestry,
  { epoch }: Instant,
): ReadonlyMap<string, number> {
  // Nearly all say the same, and it matters only what they say.
  const said = new Map<string, Finality>();
  for (const node of nodes) {
    const key = finalityKey(node.finalized);
    const known = said.get(key) ?? { finalized: node.finalized, nodes: [], votes: none, heard: false };
    said.set(key, known);
    known.nodes.push(node);
    known.votes = plus(known.votes, votes.of(node.id));
    known.heard ||= node.voice !== "none";
  }
  const barred = new Map<string, number>();
  for (const own of said.values()) {
    let support: Weight = none;
    let conflict = false;
    for (const other of said.values()) {
      if (other.heard && finalityConflict(own.finalized, other.finalized, tree)) conflict = true;
      else support = plus(support, other.votes);
    }
    const out = conflict && !votes.wins(support);
    for (const { id } of own.nodes) {
      const seen = before?.barred.get(id);
      if (out) barred.set(id, epoch);
      else if (seen !== undefined && epoch <= seen + 1) barred.set(id, seen);
    }
  }
  return barred;
}

const none: Weight = { full: 0, all: 0 };

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
  if (!head) return { ...out("its head is not known"), unknown: true };
  const aligned = block && tree.aligned(block.root, canonical.agreed.root);
  if (aligned === undefined) {
    return { ...out(`it is not known which chain its head ${shortRoot(head)} is on`), unknown: true };
  }
  if (aligned) return { member: true, decided: true, because: "" };
  return out(`it is on a fork: its head ${shortRoot(head)} is not on the chain of ${shortRoot(canonical.agreed)}`);
}

/** A block as people see it: the start of its root, and its slot. */
function shortRoot({ root, slot }: BlockRef): string {
  return `${root.slice(0, 10)} of slot ${slot}`;
}
