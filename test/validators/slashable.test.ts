import assert from "node:assert/strict";
import { test } from "node:test";
import type { Vote } from "./chain.ts";
import { slashablePairs } from "./slashable.ts";

const vote = (source: number, target: number, head = "0xa"): Vote => ({
  slot: target * 8,
  head,
  source: { epoch: source, root: "0xs" },
  target: { epoch: target, root: "0xt" },
});

const table: [what: string, a: Vote, b: Vote, kind: string | undefined][] = [
  ["the same vote, seen twice", vote(1, 2), vote(1, 2), undefined],
  ["votes of epochs that follow each other", vote(1, 2), vote(2, 3), undefined],
  ["two heads for one target epoch", vote(1, 2, "0xa"), vote(1, 2, "0xb"), "double vote"],
  ["two sources for one target epoch", vote(0, 2), vote(1, 2), "double vote"],
  ["a vote around another", vote(0, 4), vote(1, 3), "surround vote"],
  ["a vote inside another", vote(1, 3), vote(0, 4), "surround vote"],
  ["the same source, a later target", vote(1, 2), vote(1, 3), undefined],
];

for (const [what, a, b, kind] of table) {
  test(`slashable votes: ${what} ${kind === undefined ? "is fine" : `is a ${kind}`}`, () => {
    const pairs = slashablePairs(
      [a, b].map((vote) => ({ validator: 3, vote })),
      [],
    );
    assert.deepEqual(
      pairs.map((pair) => pair.kind),
      kind === undefined ? [] : [kind],
    );
    const others = slashablePairs(
      [a, b].map((vote, validator) => ({ validator, vote })),
      [],
    );
    assert.deepEqual(others, [], "two validators may vote as they like");
  });
}

test("slashable blocks: two of one validator in one slot are found once, however often they were seen", () => {
  const block = (slot: number, stateRoot: string, validator = 5) => ({ validator, slot, stateRoot });
  const seen = [block(9, "0xa"), block(9, "0xb"), block(9, "0xa"), block(10, "0xc"), block(10, "0xd", 6)];
  assert.deepEqual(slashablePairs([], seen), [{ validator: 5, kind: "double proposal", at: [9] }]);
});
