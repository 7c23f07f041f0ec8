import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkpoint } from "../core/duty.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { Ancestry, type BlockLink } from "./ancestry.ts";
import type { Instant } from "./slot-clock.ts";
import { type ViewNode, type Views, views } from "./views.ts";
import { inWords } from "./views-sides.ts";

/** An instant in a chain with 8 slots an epoch. */
function atSlot(slot: number, now = slot * 12_000): Instant {
  const pace = { slotMs: 12_000, slotsPerEpoch: 8 };
  return { now, wall: now, slot, epoch: Math.floor(slot / 8), newest: slot, calm: false, ...pace };
}

/** `b3<a1`: block b3 of slot 3 with parent a1; `b3`: the same without its header. */
function link(text: string): BlockLink {
  const [root = "", parent] = text.split("<");
  return { root, slot: Number(root.slice(1)), parent };
}

function tree(text: string): Ancestry {
  const ancestry = new Ancestry();
  for (const one of text.split(" ")) ancestry.add(link(one));
  return ancestry;
}

/** `lh:b3` or `lh:b3:4=x,5=y`: voter, head, what it called final. The names of nodes are n0, n1, ... */
function nodesOf(text: string, voice: Record<number, ViewNode["voice"]> = {}): ViewNode[] {
  return text.split(" ").map((one, index) => {
    const [voter = "", head = "", final = ""] = one.split(":");
    const finalized = final === "" ? [] : final.split(",").map(checkpoint);
    const known = head === "" || head === "-" ? undefined : { root: head, slot: Number(head.slice(1)) };
    return { id: `n${index}`, voter, voice: voice[index] ?? "full", head: known, finalized };
  });
}

function checkpoint(text: string): Checkpoint {
  const [epoch, root = ""] = text.split("=");
  return { epoch: Number(epoch), root };
}

/** Who is in the view, as `01.3` where node 2 is not; `none` where no view counts. */
function shown({ canonical, places }: Views): string {
  if (!canonical) return "none";
  return [...places.values()].map(({ member }, index) => (member ? `${index}` : ".")).join("");
}

const chain = "a1 a2<a1 a3<a2 a4<a3 a5<a4 a6<a5 a7<a6 a8<a7 a9<a8 a10<a9";
const fork = `${chain} b4<a3 b5<b4 b9<b5 b10<b9`;

test("views: whoever is on the majority's chain may say what to sign, and nobody when there is no majority", () => {
  const table: [string, tree: string, nodes: string, slot: number, who: string, kind?: string][] = [
    ["one node", chain, "lh:a5", 5, "0"],
    ["all at one head", chain, "lh:a5 py:a5 tk:a5", 5, "012"],
    ["one has the next block already", chain, "lh:a6 py:a5 tk:a5", 6, "012"],
    ["one has not got it yet", chain, "lh:a6 py:a6 tk:a5", 6, "012"],
    ["one of two is far behind", chain, "lh:a10 py:a2", 10, "01"],
    ["one of three on a fork", fork, "lh:a5 py:a5 tk:b5", 5, "01.", "head"],
    ["one of three on a deep fork", fork, "lh:a10 py:a10 tk:b10", 10, "01.", "target"],
    ["two, the last block only", fork, "lh:a5 py:b5", 5, "01", "head"],
    ["two, other targets", fork, "lh:a10 py:b10", 10, "none", "target"],
    ["two, parted at an epoch's first block", `${chain} b8<a7`, "lh:a8 py:b8", 8, "none", "target"],
    ["one of two has not the epoch's first block", chain, "lh:a8 py:a7", 8, "01"],
    ["a client's many nodes are one voice", fork, "lh:b10 lh:b10 lh:b10 py:a10", 10, "none", "target"],
    ["and lose against two others", fork, "lh:b10 lh:b10 lh:b10 py:a10 tk:a10", 10, "...34", "target"],
    ["in one client alone the number decides", fork, "lh:a10 lh:a10 lh:b10", 10, "01.", "target"],
    ["and may be even", fork, "lh:a10 lh:b10", 10, "none", "target"],
    ["a voter that is split counts on both sides", fork, "lh:a10 lh:b10 py:a10", 10, "0.2", "target"],
    ["three, all apart by a block or two", `${fork} c5<a4`, "lh:a5 py:b5 tk:c5", 5, "0.2", "head"],
    ["three blocks after one", `${fork} c5<a4 d5<a4`, "lh:a5 py:d5 tk:c5", 5, "012", "head"],
    ["three, all apart since long", `${chain} b4<a3 b10<b4 c4<a3 c10<c4`, "lh:a10 py:b10 tk:c10", 10, "none", "target"],
    ["two branches of the majority", `${fork} c10<a9`, "lh:a10 py:c10 tk:a9 nb:b10", 10, "012.", "target"],
    ["one that tells no head", chain, "lh:a5 py:- tk:a5", 5, "0.2"],
    ["nobody tells a head", chain, "lh:- py:-", 5, "none"],
  ];
  for (const [name, blocks, nodes, slot, who, kind] of table) {
    const result = views(undefined, nodesOf(nodes), tree(blocks), atSlot(slot));
    assert.equal(shown(result), who, name);
    assert.equal(result.disagreement?.kind, kind, name);
    assert.equal(result.disagreement?.decided, kind && who !== "none", name);
  }
});

test("views: nodes that one does not own break ties, and decide nothing alone", () => {
  const table: [string, nodes: string, voice: Record<number, ViewNode["voice"]>, who: string][] = [
    ["one breaks a tie", "lh:a10 py:b10 rp:a10", { 2: "tie_break" }, "0.2"],
    [
      "three cannot outvote one's own",
      "lh:a10 r1:b10 r2:b10 r3:b10",
      { 1: "tie_break", 2: "tie_break", 3: "tie_break" },
      "0...",
    ],
    [
      "nor with a newer block",
      "lh:a9 r1:b10 r2:b10 r3:b10",
      { 1: "tie_break", 2: "tie_break", 3: "tie_break" },
      "0...",
    ],
    ["alone they decide nothing", "r1:a10 r2:a10", { 0: "tie_break", 1: "tie_break" }, "none"],
    ["one without a voice is placed all the same", "lh:a10 py:b10 tk:a9", { 1: "none" }, "0.2"],
    ["and one without a voice on the other side changes nothing", "lh:a10 py:b10", { 1: "none" }, "0."],
  ];
  for (const [name, nodes, voice, who] of table) {
    assert.equal(shown(views(undefined, nodesOf(nodes, voice), tree(fork), atSlot(10))), who, name);
  }
});

test("views: an alarm names the clients, their heads, what they call final, and where they parted", () => {
  const { disagreement } = views(
    undefined,
    nodesOf("lh+geth:a10:1=x py+neth:b10:1=x tk+besu:b10"),
    tree(fork),
    atSlot(10),
  );
  assert.ok(disagreement);
  assert.equal(disagreement.parted?.root, "a3");
  assert.deepEqual(disagreement.sides[0]?.voters, ["py+neth", "tk+besu"]);
  assert.equal(
    inWords(disagreement),
    "nodes disagree about the target to attest to: py+neth and tk+besu (n1, n2) at b10 of slot 10, x of epoch 1 final " +
      "against lh+geth (n0) at a10 of slot 10, x of epoch 1 final, parted after slot 3",
  );
  const behind = views(undefined, nodesOf("lh+geth:a10 py+neth:b10 tk+besu:a3"), tree(fork), atSlot(10)).disagreement;
  assert.deepEqual(
    behind?.sides.map(({ nodes }) => nodes),
    [["n0"], ["n1"]],
    "who is behind both is on neither side",
  );
  const two = views(undefined, nodesOf("lh+geth:a10 py+neth:b10"), tree(fork), atSlot(10));
  assert.match(two.places.get("n0")?.because ?? "", /there is no majority, so nothing is signed$/);
});

test("views: a new head whose header has not come parts nobody, though all but one have it", () => {
  const ancestry = tree("a1 a2<a1 a3<a2");
  const first = views(undefined, nodesOf("lh:a3 py:a3 tk:a3"), ancestry, atSlot(3));
  assert.equal(shown(first), "012");
  ancestry.add(link("a4"));
  for (const nodes of ["lh:a4 py:a3 tk:a3", "lh:a4 py:a4 tk:a3", "lh:a4 py:a4 tk:a4"]) {
    const next = views(first, nodesOf(nodes), ancestry, atSlot(4));
    assert.equal(shown(next), "012", nodes);
    assert.deepEqual(next.missing, nodes.includes("a3") ? ["a4"] : [], nodes);
    assert.equal(next.disagreement, undefined);
  }
  // The header says that it is a fork.
  const apart = views(first, nodesOf("lh:a4 py:a3 tk:a3"), ancestry, atSlot(4));
  ancestry.add(link("a4<a2"));
  assert.equal(shown(views(apart, nodesOf("lh:a4 py:a3 tk:a3"), ancestry, atSlot(4))), ".12");
});

test("views: a node whose chain cannot be followed is given two slots, then it is out, and stops nobody", () => {
  const ancestry = tree("a1 a2<a1 a3<a2 x9");
  let last = views(undefined, nodesOf("lh:a3 py:a3 tk:a3"), ancestry, atSlot(3));
  for (const [slot, who] of [
    [4, "012"],
    [5, "012"],
    [6, "01."],
    [7, "01."],
  ] as const) {
    last = views(last, nodesOf("lh:a3 py:a3 tk:x9"), ancestry, atSlot(slot));
    assert.equal(shown(last), who, `slot ${slot}`);
  }
  assert.match(last.places.get("n2")?.because ?? "", /^it is not known which chain its head x9 of slot 9 is on$/);
  assert.equal(last.places.get("n2")?.unknown, true);
});

test("views: at the start headers are asked for until the chains meet, and then no more", () => {
  const known = ["a9<a8", "a8<a7", "a7<a6", "a6<a5", "a5<a4", "b8<b7", "b7<a6"].map(link);
  const ancestry = tree("a9 b8 a5");
  const nodes = nodesOf("lh:a9 py:b8 tk:a5");
  const asked: string[] = [];
  let last: Views | undefined;
  for (let round = 0; round < 20; round++) {
    last = views(last, nodes, ancestry, atSlot(5));
    if (last.missing.length === 0) break;
    asked.push(...last.missing);
    for (const root of last.missing) {
      const found = known.find((one) => one.root === root);
      if (found) ancestry.add(found);
    }
  }
  assert.ok(last && last.missing.length === 0);
  assert.equal(last.canonical?.agreed.root, "a6");
  assert.deepEqual([...new Set(asked)].sort(), ["a6", "a7", "a8", "a9", "b7", "b8"]);
});

test("views: who calls another block final than most is out at once, and for a whole epoch after", () => {
  const ancestry = tree(chain);
  const at = (epoch: number) => atSlot(epoch * 8 + 2);
  const well = nodesOf("lh:a10:1=x py:a10:1=x tk:a10:1=x");
  const ill = nodesOf("lh:a10:1=x py:a10:1=x tk:a10:1=y");
  let last = views(undefined, well, ancestry, at(2));
  assert.equal(shown(last), "012");
  last = views(last, ill, ancestry, at(3));
  assert.equal(shown(last), "01.");
  assert.equal(last.disagreement?.kind, "finality");
  assert.match(last.places.get("n2")?.because ?? "", /called another block final/);
  for (const [epoch, who] of [
    [3, "01."],
    [4, "01."],
    [5, "012"],
  ] as const) {
    last = views(last, well, ancestry, at(epoch));
    assert.equal(shown(last), who, `epoch ${epoch}`);
  }
});

test("views: of two who call different blocks final none is asked, nor the one that is left when the other dies", () => {
  const ancestry = tree(chain);
  const at = (epoch: number) => atSlot(epoch * 8 + 2);
  let last = views(undefined, nodesOf("lh:a10:1=x py:a10:1=y"), ancestry, at(2));
  assert.equal(shown(last), "none");
  assert.equal(last.disagreement?.decided, false);
  const alone = nodesOf("lh:a10:1=x py:a10:1=y", { 1: "none" });
  for (const [epoch, who] of [
    [2, "none"],
    [3, "none"],
    [4, "0."],
  ] as const) {
    last = views(last, alone, ancestry, at(epoch));
    assert.equal(shown(last), who, `epoch ${epoch}`);
  }
});

test("views: what is a conflict about finality, and what is a node that lags behind", () => {
  const ancestry = tree(fork);
  const table: [string, one: string, other: string, conflict: boolean][] = [
    ["the same", "1=a3", "1=a3", false],
    ["another block", "1=a3", "1=b5", true],
    ["an epoch behind, on the same line", "1=a3", "1=a3,2=a8", false],
    ["an epoch behind, and said otherwise then", "1=b5", "1=a3,2=a8", true],
    ["on the same line, as the tree says", "1=a3", "2=b9", false],
    ["on another line, as the tree says", "1=a5", "2=b9", true],
    ["unknown to the tree", "1=x1", "9=y9", false],
    ["nothing is final yet", "0=0x0", "0=genesis", false],
    ["nothing is final yet at one", "0=0x0", "1=a3", false],
  ];
  for (const [name, one, other, conflict] of table) {
    for (const [a, b] of [
      [one, other],
      [other, one],
    ]) {
      const result = views(undefined, nodesOf(`lh:a3:${a} py:a3:${b}`), ancestry, atSlot(3));
      assert.equal(result.disagreement?.kind === "finality", conflict, name);
      assert.equal(shown(result) === "none", conflict, name);
    }
  }
});

test("views: heads that are even stay where they were, whoever tells first", () => {
  const ancestry = tree(fork);
  const only = views(undefined, nodesOf("lh:a5 py:a5"), ancestry, atSlot(5));
  const even = views(only, nodesOf("lh:a5 py:b5"), ancestry, atSlot(5));
  assert.equal(even.canonical?.agreed.root, "a3");
  assert.equal(even.canonical?.head.root, "a5");
  const other = views(undefined, nodesOf("lh:b5 py:b5"), ancestry, atSlot(5));
  assert.equal(views(other, nodesOf("lh:a5 py:b5"), ancestry, atSlot(5)).canonical?.head.root, "b5");
});

test("views: a split that outlasts the memory of blocks is still told, and still stops what would be signed", () => {
  const ancestry = tree("a1");
  let last: Views | undefined;
  for (let slot = 2; slot < 700; slot++) {
    for (const side of ["a", "b"]) {
      ancestry.add({ root: `${side}${slot}`, slot, parent: slot === 2 ? "a1" : `${side}${slot - 1}` });
    }
    last = views(last, nodesOf(`lh:a${slot} py:b${slot}`), ancestry, atSlot(slot));
    if (slot >= 8) assert.equal(shown(last), "none", `slot ${slot}`);
  }
  assert.equal(last?.disagreement?.kind, "target");
  assert.deepEqual(last?.missing, []);
});

test("views: when nobody can tell any more, an old fork that was decided is not blamed for it", () => {
  const ancestry = tree(fork);
  const apart = views(undefined, nodesOf("lh:a5 py:a5 tk:b5"), ancestry, atSlot(5));
  assert.equal(apart.disagreement?.decided, true);
  const mute = views(apart, nodesOf("lh:a5 py:a5 tk:b5", { 0: "none", 1: "none", 2: "none" }), ancestry, atSlot(6));
  assert.equal(mute.disagreement, undefined);
  assert.match(mute.places.get("n0")?.because ?? "", /not known yet which chain most nodes are on/);
});

interface World {
  readonly blocks: readonly BlockLink[];
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly ancestry: Ancestry;
}

function world(random: Random, size: number): World {
  const blocks: BlockLink[] = [{ root: "r0", slot: 0, parent: undefined }];
  const lines = new Map<string, readonly string[]>([["r0", ["r0"]]]);
  for (let count = 1; count < size; count++) {
    const parent = blocks[Math.floor(blocks.length * random() ** 0.2)] as BlockLink;
    const root = `r${count}`;
    blocks.push({ root, slot: parent.slot + 1 + Math.floor(random() * 2), parent: parent.root });
    lines.set(root, [root, ...(lines.get(parent.root) ?? [])]);
  }
  const ancestry = new Ancestry();
  for (const block of blocks) ancestry.add(block);
  return { blocks, lines, ancestry };
}

test("views: on any tree, with any voters, the view is what its definition says", () => {
  let decided = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed);
    const { blocks, lines, ancestry } = world(random, 20);
    const heads = Array.from({ length: 3 }, () => blocks[Math.floor(blocks.length * random() ** 0.3)] as BlockLink);
    const nodes: ViewNode[] = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, index) => ({
      id: `n${index}`,
      voter: `v${Math.floor(random() * 4)}`,
      voice: "full",
      head: heads[Math.floor(random() * heads.length)],
      finalized: [],
    }));
    const at = atSlot(Math.max(...nodes.map(({ head }) => head?.slot ?? 0)));
    const result = views(undefined, nodes, ancestry, at);

    const has = (node: ViewNode, root: string) => (lines.get(node.head?.root ?? "") ?? []).includes(root);
    const voters = [...new Set(nodes.map(({ voter }) => voter))];
    const votes = (root: string) =>
      voters.reduce((sum, voter) => {
        const own = nodes.filter((node) => node.voter === voter);
        return sum + own.filter((node) => has(node, root)).length / own.length;
      }, 0);
    const winning = blocks.filter(({ root }) => votes(root) > voters.length / 2 + 1e-9);
    const agreed = winning.reduce((best, one) => (one.slot > best.slot ? one : best));
    const target = (node: ViewNode) =>
      (lines.get(node.head?.root ?? "") ?? []).find(
        (root) => (blocks.find((one) => one.root === root)?.slot ?? 0) <= at.epoch * 8,
      ) as string;
    const related = (a: string, b: string) => (lines.get(a) ?? []).includes(b) || (lines.get(b) ?? []).includes(a);
    const beyond = nodes.filter((node) => has(node, agreed.root));
    const split = agreed.slot < at.epoch * 8 && beyond.some((a) => beyond.some((b) => !related(target(a), target(b))));
    assert.equal(result.canonical?.agreed.root, split ? undefined : agreed.root, `seed ${seed}`);
    if (!result.canonical) continue;
    decided++;
    for (const node of nodes) {
      assert.equal(
        result.places.get(node.id)?.member,
        related(node.head?.root ?? "", agreed.root),
        `seed ${seed} ${node.id}`,
      );
    }
    assert.ok((lines.get(result.canonical.head.root) ?? []).includes(agreed.root), `seed ${seed}: the head is on it`);
  }
  assert.ok(decided > 200, `${decided} were decided`);
});

test("views: in whatever order nodes get new blocks and headers come, no node of one chain is ever out", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const ancestry = new Ancestry();
    ancestry.add({ root: "c0", slot: 0, parent: undefined });
    const count = 2 + Math.floor(random() * 4);
    const heads = Array.from({ length: count }, () => 0);
    const headers = new Set<number>();
    const start = heads.map((_, index) => `v${index}:c0`).join(" ");
    let last = views(undefined, nodesOf(start), ancestry, atSlot(0));
    for (let step = 0; step < 200; step++) {
      const slot = 1 + Math.floor(step / 10);
      const node = Math.floor(random() * count);
      if (random() < 0.6) {
        heads[node] = slot;
        ancestry.add({ root: `c${slot}`, slot, parent: undefined });
      }
      if (random() < 0.5) for (const one of heads) if (one > 0) headers.add(one);
      for (const one of headers)
        for (let s = one; s > 0; s--) ancestry.add({ root: `c${s}`, slot: s, parent: `c${s - 1}` });
      const nodes = heads.map((head, index) => ({
        id: `n${index}`,
        voter: `v${index}`,
        voice: "full" as const,
        head: { root: `c${head}`, slot: head },
        finalized: [],
      }));
      last = views(last, nodes, ancestry, atSlot(slot, slot * 12_000 + (step % 10) * 1_000));
      assert.equal(shown(last), heads.map((_, index) => `${index}`).join(""), `seed ${seed} step ${step}`);
    }
  }
});
