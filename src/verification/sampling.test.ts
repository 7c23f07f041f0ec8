import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { nextGap } from "./sampling.ts";

test("sampling: as many calls are looked at as the rate says, at times that nobody can foresee", () => {
  const random = seededRandom(7);
  for (const rate of [0.5, 0.05, 0.005]) {
    const gaps = Array.from({ length: 20_000 }, () => nextGap(rate, random));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    assert.ok(Math.abs(mean * rate - 1) < 0.03, `${rate}: every ${mean}`);
    assert.ok(Math.min(...gaps) === 1 && new Set(gaps).size > 3);
  }
  assert.equal(nextGap(1, random), 1);
  assert.equal(nextGap(0, random), Number.POSITIVE_INFINITY);
});
