import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, seededRandom } from "../lib/random.ts";
import { Ancestry, type BlockLink } from "./ancestry.ts";

/** `b3<a1`: block b3 of slot 3 with parent a1; `b3`: the same without its header. */
function tree(text: string): Ancestry {
  const ancestry = new Ancestry();
  for (const one of text.split(" ")) ancestry.add(link(one));
  return ancestry;
}

function link(text: string): BlockLink {
  const [root = "", parent] = text.split("<");
  return { root, slot: Number(root.slice(1)), parent };
}

test("ancestry: which head is behind another, which is on a fork, and what to ask when it cannot be told", () => {
  const fork = "a1 a2<a1 a3<a2 b3<a2 b5<b3";
  const table: [string, tree: string, a: string, b: string, aligned: boolean | undefined][] = [
    ["the same", fork, "a3", "a3", true],
    ["one behind", fork, "a2", "b5", true],
    ["siblings", fork, "a3", "b3", false],
    ["cousins", fork, "a3", "b5", false],
    ["the header has not come", "a1 a2<a1 b3", "a2", "b3", undefined],
    ["only the parent is named", "a1 a2<a1 b3<a2", "a2", "b3", true],
    ["named, though never told itself", "b3<a2", "a2", "b3", true],
    ["a gap", "a1 b5<b4", "a1", "b5", undefined],
    ["a gap below both", "a4<a3 b5<b4", "a4", "b5", undefined],
    ["a gap below the older slot", "a4<a3 b5<b2", "a4", "b5", undefined],
    ["passed by", "a4<a3 b5<b2 b2<b1", "a4", "b5", false],
    ["one slot, two blocks", "a4<a3 b4<b3", "a4", "b4", false],
    ["nothing is known", "a1", "x1", "y1", undefined],
  ];
  for (const [name, text, a, b, aligned] of table) {
    assert.equal(tree(text).aligned(a, b), aligned, name);
    assert.equal(tree(text).aligned(b, a), aligned, `${name}, turned round`);
  }
  const missing: [string, root: string, asks: string][] = [
    ["a1", "x9", "x9"],
    ["a1 b3", "b3", "b3"],
    ["a1 b5<b4", "b5", "b4"],
    ["a1 b5<b4 b4<b3", "b5", "b3"],
  ];
  for (const [text, root, asks] of missing) assert.equal(tree(text).missing(root), asks, text);
});

test("ancestry: the block that two chains parted at, and the one that a target is", () => {
  const ancestry = tree("a1 a2<a1 a3<a2 b3<a2 b5<b3 c9");
  assert.equal(ancestry.common("a3", "b5")?.root, "a2");
  assert.equal(ancestry.common("b3", "b5")?.root, "b3");
  assert.equal(ancestry.common("a3", "c9"), undefined);
  const table: [root: string, slot: number, at: string | undefined][] = [
    ["b5", 9, "b5"],
    ["b5", 4, "b3"],
    ["b5", 2, "a2"],
    ["b5", 0, undefined],
    ["x7", 5, undefined],
  ];
  for (const [root, slot, at] of table) assert.equal(ancestry.at(root, slot)?.root, at, `${root} at ${slot}`);
});

test("ancestry: a header that comes late is taken in, and one that contradicts what is known is not", () => {
  const ancestry = tree("a1 a2<a1 b3");
  assert.equal(ancestry.base("b3")?.root, "b3");
  ancestry.add(link("b3<a2"));
  assert.equal(ancestry.base("b3")?.root, "a1");
  ancestry.add(link("b3<a1"));
  assert.equal(ancestry.get("b3")?.parent, "a2");
  ancestry.add(link("c4<c4"));
  ancestry.add(link("d4<e9"));
  ancestry.add(link("e9<d4"));
  assert.equal(ancestry.precedes("c4", "c4"), true);
  assert.equal([...ancestry.line("e9")].length, 2, "a loop is no line");
  assert.equal(ancestry.aligned("a2", "d4"), undefined);
});

/** A random tree in which parents are older; each block but the first has one. */
function grow(random: Random, size: number): BlockLink[] {
  const blocks: BlockLink[] = [{ root: "r0", slot: 0, parent: undefined }];
  for (let count = 1; count < size; count++) {
    const parent = blocks[Math.floor(blocks.length * random() ** 0.3)] as BlockLink;
    blocks.push({ root: `r${count}`, slot: parent.slot + 1 + Math.floor(random() * 3), parent: parent.root });
  }
  return blocks;
}

test("ancestry: in whatever order headers come, no answer is wrong, and once all came each is given", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed);
    const blocks = grow(random, 40);
    const byRoot = new Map(blocks.map((block) => [block.root, block]));
    const line = (root: string) => {
      const roots: string[] = [];
      for (let at = byRoot.get(root); at; at = byRoot.get(at.parent ?? "")) roots.push(at.root);
      return roots;
    };
    const ancestry = new Ancestry();
    const order = blocks.map((block) => [random(), block] as const).sort(([a], [b]) => a - b);
    order.forEach(([, block], count) => {
      ancestry.add(random() < 0.5 ? { ...block, parent: undefined } : block);
      if (count === order.length - 1) for (const one of blocks) ancestry.add(one);
      for (const { root } of blocks) {
        assert.equal(
          ancestry.base(root)?.root,
          [...ancestry.line(root)].at(-1)?.root,
          `seed ${seed}: the base of ${root}`,
        );
      }
      for (let round = 0; round < 30; round++) {
        const [a, b] = [blocks[Math.floor(random() * 40)], blocks[Math.floor(random() * 40)]] as [BlockLink, BlockLink];
        const truth = line(a.root).includes(b.root) || line(b.root).includes(a.root);
        const told = ancestry.aligned(a.root, b.root);
        assert.ok(
          told === truth || (told === undefined && count < order.length - 1),
          `seed ${seed}: ${a.root} ${b.root}`,
        );
      }
    });
    for (const { root } of blocks)
      assert.deepEqual(
        [...ancestry.line(root)].map((one) => one.root),
        line(root),
      );
  }
});

test("ancestry: it stays small under any chain and any flood of forks, and keeps the newest", () => {
  const ancestry = new Ancestry();
  for (let slot = 1; slot <= 2_000; slot++) ancestry.add({ root: `c${slot}`, slot, parent: `c${slot - 1}` });
  assert.equal(ancestry.size, 512);
  for (let fork = 0; fork < 5_000; fork++) ancestry.add({ root: `f${fork}`, slot: 2_000, parent: "c1999" });
  assert.ok(ancestry.size <= 512);
  assert.equal(ancestry.precedes("c1600", "c2000"), true);
  assert.equal(ancestry.get("c1"), undefined);
});

test("ancestry: a block that comes after many that were made up for its slot has a place, and keeps it as a head", () => {
  const ancestry = new Ancestry();
  const flood = (from: number) => {
    for (let fork = from; fork < from + 40; fork++) ancestry.add({ root: `f${fork}`, slot: 9, parent: undefined });
  };
  ancestry.add({ root: "c8", slot: 8, parent: "c7" });
  flood(0);
  ancestry.hold(["c9", "f39"]);
  ancestry.add({ root: "c9", slot: 9, parent: "c8" });
  flood(40);
  assert.equal(ancestry.precedes("c8", "c9"), true);
  // The next block is the head now, and what it follows stays.
  ancestry.add({ root: "c10", slot: 10, parent: "c9" });
  ancestry.hold(["c10"]);
  flood(80);
  assert.equal(ancestry.precedes("c8", "c10"), true);
  assert.ok(ancestry.size <= 18);
});
