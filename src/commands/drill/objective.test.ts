import assert from "node:assert/strict";
import { test } from "node:test";
import { breach, milliseconds, percent } from "./objective.ts";
import type { Stretch } from "./stretch.ts";

const objective = { availability: 0.999, p99Ms: 100 };

/** So many calls, of which so many were not served and so many took more than 100 ms. */
function stretch(calls: number, unserved: number, slow = 0): Stretch {
  const durations = [calls - slow, slow, 0];
  return { network: "n", seconds: 1, calls, unserved, durations, boundsMs: [100, 200], answers: 0, memberAnswers: 0 };
}

const table: [name: string, stretch: Stretch, allowance: object, broken: RegExp | undefined][] = [
  ["as many as are allowed", stretch(1_000, 1, 10), {}, undefined],
  [
    "one more is not served",
    stretch(1_000, 2),
    {},
    /^n: 2 of 1000 calls were not served \(99\.8 % were; the objective is 99\.9 %\)$/,
  ],
  ["one more is slow", stretch(1_000, 0, 11), {}, /^n: 11 of 1000 calls took longer than 100 ms \(p99 109 ms\)$/],
  ["many calls are still to come", stretch(1_000, 10, 100), { expected: 10_000 }, undefined],
  ["even with all that are to come", stretch(1_000, 11), { expected: 10_000 }, /11 of 1000/],
  ["more came than expected", stretch(10_000, 10), { expected: 5_000 }, undefined],
  ["one of few", stretch(10, 1, 1), {}, /1 of 10 calls were not served/],
  ["one of few is forgiven", stretch(10, 1, 1), { forgiven: 1 }, undefined],
  ["two of few are not", stretch(10, 2), { forgiven: 1 }, /2 of 10/],
  ["no calls", stretch(0, 0), {}, undefined],
];

for (const [name, given, allowance, broken] of table) {
  test(`objective: ${name}: ${broken ? "broken" : "met"}`, () => {
    const found = breach(given, objective, allowance);
    if (broken) assert.match(found ?? "", broken);
    else assert.equal(found, undefined);
  });
}

test("objective: nothing short of all is shown as all", () => {
  assert.deepEqual([1, 0.999999, 0.999, 0.5, 0, undefined].map(percent), [
    "100 %",
    "99.999 %",
    "99.9 %",
    "50 %",
    "0 %",
    "none",
  ]);
  assert.deepEqual([4.25, 84.4, Number.POSITIVE_INFINITY, undefined].map(milliseconds), [
    "4.3 ms",
    "84 ms",
    "beyond what is measured",
    "unknown",
  ]);
});
