import type { Checkpoint } from "../core/duty.ts";
import type { Ancestry, BlockRef } from "./ancestry.ts";
import type { Voice } from "./fitness.ts";
import type { Instant } from "./slot-clock.ts";

/** Nodes that follow one chain. */
export interface Side {
  /** Pairs of clients. */
  readonly voters: readonly string[];
  readonly nodes: readonly string[];
  /** The newest block that one of them has. */
  readonly head: BlockRef;
  /** The newest checkpoint that one of them calls final. */
  readonly finalized: Checkpoint | undefined;
}

/**
 * Nodes are at odds. `head`: about the last blocks only, as happens when one comes late. `target`: so that their attesters
 * would sign different targets. `finality`: about what is final, which is a client's bug or an attack; it and `target` are
 * worth an alarm.
 */
export interface Disagreement {
  readonly kind: "head" | "target" | "finality";
  /** There is a majority all the same; else nothing is signed until they agree. */
  readonly decided: boolean;
  /** The side with most voters first. */
  readonly sides: readonly Side[];
  /** The last block that the first two sides have in common, where it is known. */
  readonly parted: BlockRef | undefined;
}

interface SideNode {
  readonly id: string;
  readonly voter: string;
  readonly voice: Voice;
  readonly finalized: readonly Checkpoint[];
}

/**
 * Do two nodes call conflicting blocks final? `a` and `b` are their last checkpoints by rising epoch. What cannot be told is
 * no conflict. Epoch 0 is none either: before anything is final some clients show a root of zeros and some genesis.
 */
export function finalityConflict(a: readonly Checkpoint[], b: readonly Checkpoint[], tree: Ancestry): boolean {
  const [last, other] = [a.at(-1), b.at(-1)];
  if (!last || !other) return false;
  if (last.epoch > other.epoch) return finalityConflict(b, a, tree);
  if (last.epoch === 0) return false;
  const same = b.find(({ epoch }) => epoch === last.epoch);
  if (same) return same.root !== last.root;
  return tree.precedes(last.root, other.root) === false;
}

const keys = new WeakMap<readonly Checkpoint[], string>();

/** The same for all who call the same blocks final, and another for all others. */
export function finalityKey(finalized: readonly Checkpoint[]): string {
  let key = keys.get(finalized);
  if (key === undefined) {
    key = finalized.map(({ epoch, root }) => `${epoch}:${root}`).join();
    keys.set(finalized, key);
  }
  return key;
}

/** Who is at odds with whom; `undefined` when nobody is. Nodes that are behind the point where sides part are on none. */
export function disagreementOf(
  nodes: readonly SideNode[],
  placed: ReadonlyMap<string, BlockRef>,
  tree: Ancestry,
  at: Instant,
): Omit<Disagreement, "decided"> | undefined {
  const sides = sidesOf(nodes, placed, tree);
  if (sides.length < 2) return undefined;
  const shown = sides.map(shownSide).sort((a, b) => b.voters.length - a.voters.length || b.head.slot - a.head.slot);
  return { kind: kindOf(sides, tree, at), sides: shown, parted: partedAt(shown, tree) };
}

/** What the alarm says. */
export function inWords({ kind, decided, sides, parted }: Disagreement): string {
  const told = sides.map(({ voters, nodes, head, finalized }) => {
    const final = finalized ? `, ${finalized.root.slice(0, 10)} of epoch ${finalized.epoch} final` : "";
    return `${voters.join(" and ")} (${nodes.join(", ")}) at ${head.root.slice(0, 10)} of slot ${head.slot}${final}`;
  });
  const about = { head: "the newest blocks", target: "the target to attest to", finality: "what is final" }[kind];
  const since = parted ? `, parted after slot ${parted.slot}` : "";
  const so = decided ? "" : "; there is no majority, so nothing is signed";
  return `nodes disagree about ${about}: ${told.join(" against ")}${since}${so}`;
}

type SideMember = SideNode & { readonly head: BlockRef };

/** Nodes at one block that call the same blocks final: what is true of one is of all. */
interface Alike {
  readonly head: BlockRef;
  readonly finalized: readonly Checkpoint[];
  readonly members: SideMember[];
}

interface Draft {
  readonly kinds: Alike[];
}

/** From the newest head down: each node joins the one side that it fits, or begins one when it fits none. */
function sidesOf(nodes: readonly SideNode[], placed: ReadonlyMap<string, BlockRef>, tree: Ancestry): readonly Draft[] {
  const alike = new Map<string, Alike>();
  for (const node of nodes) {
    const head = placed.get(node.id);
    if (!head || node.voice === "none") continue;
    const key = `${head.root} ${finalityKey(node.finalized)}`;
    const known = alike.get(key) ?? { head, finalized: node.finalized, members: [] };
    alike.set(key, known);
    known.members.push({ ...node, head });
  }
  const sides: Draft[] = [];
  for (const kind of [...alike.values()].sort((a, b) => b.head.slot - a.head.slot)) {
    const fitting = sides.filter(({ kinds }) => kinds.every((other) => !conflicts(kind, other, tree)));
    if (fitting.length === 0) sides.push({ kinds: [kind] });
    if (fitting.length === 1) fitting[0]?.kinds.push(kind);
  }
  return sides;
}

function conflicts(a: Alike, b: Alike, tree: Ancestry): boolean {
  return tree.aligned(a.head.root, b.head.root) === false || finalityConflict(a.finalized, b.finalized, tree);
}

function kindOf(sides: readonly Draft[], tree: Ancestry, { epoch, slotsPerEpoch }: Instant): Disagreement["kind"] {
  const pairs = sides.flatMap((one, index) => sides.slice(index + 1).map((other) => [one, other] as const));
  const final = pairs.some(([one, other]) =>
    one.kinds.some((a) => other.kinds.some((b) => finalityConflict(a.finalized, b.finalized, tree))),
  );
  if (final) return "finality";
  const target = ({ kinds }: Draft) => tree.at((kinds[0] as Alike).head.root, epoch * slotsPerEpoch);
  const apart = pairs.some(([one, other]) => {
    const [a, b] = [target(one), target(other)];
    return a !== undefined && b !== undefined && tree.aligned(a.root, b.root) === false;
  });
  return apart ? "target" : "head";
}

function shownSide({ kinds }: Draft): Side {
  const members = kinds.flatMap((kind) => kind.members);
  const [{ head }] = kinds as [Alike];
  const checkpoints = members.flatMap(({ finalized }) => finalized.slice(-1));
  return {
    voters: [...new Set(members.map(({ voter }) => voter))].sort(),
    nodes: members.map(({ id }) => id).sort(),
    head: { root: head.root, slot: head.slot },
    finalized: checkpoints.sort((a, b) => b.epoch - a.epoch)[0],
  };
}

function partedAt([one, other]: readonly Side[], tree: Ancestry): BlockRef | undefined {
  const block = one && other && tree.common(one.head.root, other.head.root);
  return block && { root: block.root, slot: block.slot };
}
