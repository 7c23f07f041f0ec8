import assert from "node:assert/strict";
import { test } from "node:test";
import { type Indices, indices } from "./indices.ts";

function measured(weights: readonly number[]): Indices {
  const found = indices(weights);
  assert.ok(found);
  return found;
}

function near(actual: number, expected: number, within: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, expected ${expected} ± ${within}`);
}

test("indices: six unequal shares give the worked example in every measure", () => {
  const found = measured([0.45, 0.2, 0.15, 0.1, 0.06, 0.04]);
  near(found.hhi, 2802, 0.05, "HHI");
  near(found.normalizedHhi, 0.1362, 5e-5, "normalized HHI");
  near(found.effective, 3.569, 5e-4, "effective number");
  near(found.entropyBits, 2.1548, 5e-5, "entropy");
  near(found.effectiveByEntropy, 4.453, 5e-4, "effective number by entropy");
  near(found.evenness, 2.1548 / Math.log2(6), 5e-5, "evenness");
  near(found.gini, 0.42, 1e-9, "Gini");
  near(found.top1, 0.45, 1e-9, "largest");
  near(found.top3, 0.8, 1e-9, "three largest");
  assert.deepEqual(found.nakamoto, { third: 1, half: 2, twoThirds: 3 });
});

const vectors: [name: string, weights: number[], hhi: number, third: number, half: number, twoThirds: number][] = [
  ["three equal: exactly a third does not halt, exactly two thirds decide", [1, 1, 1], 3333.3, 2, 2, 2],
  ["a hair over a third halts", [0.34, 0.33, 0.33], 3334, 1, 2, 2],
  ["four equal: exactly a half does not dominate", [0.25, 0.25, 0.25, 0.25], 2500, 2, 3, 3],
  ["one dominates", [0.9, 0.1], 8200, 1, 1, 1],
  ["alone", [7], 10_000, 1, 1, 1],
  ["weights that are not shares, in any order", [1, 18, 1], 8150, 1, 1, 1],
];

for (const [name, weights, hhi, third, half, twoThirds] of vectors) {
  test(`indices: ${name}`, () => {
    const found = measured(weights);
    near(found.hhi, hhi, 0.05, "HHI");
    assert.deepEqual(found.nakamoto, { third, half, twoThirds });
  });
}

test("indices: 0.9 and 0.1 count as 1.22 entities, 0.64 of the way to one", () => {
  const found = measured([0.9, 0.1]);
  near(found.normalizedHhi, 0.64, 1e-9, "normalized HHI");
  near(found.effective, 1.22, 5e-4, "effective number");
});

test("indices: equal shares are even whatever their number, and an entity alone is wholly concentrated", () => {
  for (const n of [2, 3, 7, 50]) {
    const found = measured(new Array<number>(n).fill(1 / n));
    near(found.normalizedHhi, 0, 1e-9, "normalized HHI");
    near(found.evenness, 1, 1e-9, "evenness");
    near(found.effective, n, 1e-9, "effective number");
    near(found.gini, 0, 1e-9, "Gini");
  }
  const alone = measured([3]);
  assert.deepEqual([alone.normalizedHhi, alone.evenness, alone.effective, alone.gini], [1, 0, 1, 0]);
});

test("indices: an entity that serves nothing still counts as one that could", () => {
  const found = measured([1, 1, 0, 0]);
  near(found.hhi, 5000, 1e-9, "HHI");
  near(found.normalizedHhi, 1 / 3, 1e-9, "normalized HHI");
  assert.equal(found.entities, 4);
});

test("indices: with nothing to share out there is nothing to say", () => {
  assert.equal(indices([]), undefined);
  assert.equal(indices([0, 0]), undefined);
});
