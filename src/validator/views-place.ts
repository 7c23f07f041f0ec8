import type { Ancestry, BlockRef } from "./ancestry.ts";
import type { Instant } from "./slot-clock.ts";
import { plus, type ViewVoter, type Votes, type Weight } from "./views-votes.ts";

/** So many slots a node's new head is taken to follow its last one, until its header comes. */
const patienceSlots = 2;
/** Headers are not asked for further back than this. */
const mostAsked = 128;

/** A node, and the head that it tells. */
export interface PlacedNode extends ViewVoter {
  readonly head: BlockRef | undefined;
}

/** The last head of each node that was known to be on the tree, and when that was so. */
export type Anchors = ReadonlyMap<string, BlockRef & { readonly at: number }>;

/**
 * Puts each node at a block of one tree. A head whose header has not come stands alone; until then, for a while, the node is
 * taken to be where it last was. Where trees are several, it is the one in which most votes are, and of as many the one
 * that counted before.
 */
export function place(
  before: { readonly anchors: Anchors; readonly canonical: { readonly agreed: BlockRef } | undefined } | undefined,
  nodes: readonly PlacedNode[],
  votes: Votes,
  tree: Ancestry,
  at: Instant,
): { readonly placed: ReadonlyMap<string, BlockRef>; readonly anchors: Anchors } {
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

/** What to ask for to see whether lines that are known meet: what is before the oldest block of all but the longest. */
export function missingOf(nodes: readonly PlacedNode[], tree: Ancestry): readonly string[] {
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
