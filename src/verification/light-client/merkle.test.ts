import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { consensusTypes } from "../../lib/consensus-types.ts";
import { hexOf } from "./chain.ts";
import { committeeRoot, isBranch } from "./merkle.ts";

const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill);
const pair = (left: Uint8Array, right: Uint8Array) => hash("sha256", Buffer.concat([left, right]), "buffer");

test("branch: a leaf is in the tree with its siblings, at its place, and nowhere else", () => {
  const [leaf, sibling, uncle] = [bytes(1), bytes(2), bytes(3)];
  const root = pair(uncle, pair(leaf, sibling));
  const branch = [sibling, uncle];
  assert.ok(isBranch(leaf, branch, 6, root));
  for (const index of [4, 5, 7, 12, 3]) assert.ok(!isBranch(leaf, branch, index, root), `${index}`);
  assert.ok(!isBranch(sibling, branch, 6, root));
  assert.ok(!isBranch(leaf, [uncle, sibling], 6, root));
  assert.ok(!isBranch(leaf, [sibling], 6, root));
  assert.ok(!isBranch(leaf, [], 6, root));
});

test("branch: zeros before it, as after a fork that made the tree deeper, are left out, and nothing else is", () => {
  const [leaf, sibling, uncle] = [bytes(1), bytes(2), bytes(3)];
  const root = pair(uncle, pair(leaf, sibling));
  assert.ok(isBranch(leaf, [bytes(0), sibling, uncle], 6, root));
  assert.ok(!isBranch(leaf, [bytes(9), sibling, uncle], 6, root));
  assert.ok(!isBranch(leaf, [sibling, uncle, bytes(0)], 6, root));
});

test("committee: its root is that of the library's container", () => {
  const type = consensusTypes("mainnet")?.["altair"]?.["SyncCommittee"];
  const keys = Array.from({ length: 512 }, (_, index) => bytes(index & 255, 48));
  const sum = bytes(200, 48);
  const expected = type?.hashTreeRoot({ pubkeys: keys, aggregatePubkey: sum }) as Uint8Array;
  assert.equal(hexOf(committeeRoot(keys, sum)), hexOf(expected));
});
