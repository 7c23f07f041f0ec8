import assert from "node:assert/strict";
import { test } from "node:test";
import {
  auditRate,
  caughtWithin,
  type Finding,
  faded,
  joined,
  learned,
  pooled,
  trafficShare,
  trustOf,
  unknown,
} from "./trust.ts";

const day = 86_400_000;

function after(finding: Finding, times: number, from = unknown) {
  let posterior = from;
  for (let count = 0; count < times; count++) posterior = learned(posterior, finding, 0);
  return posterior;
}

test("trust: is the lower quantile of what right and wrong answers leave open", () => {
  // With nothing wrong the distribution is Beta(n + 1, 1), whose quantile is 0.05^(1 / (n + 1)).
  for (const n of [0, 1, 28, 298, 2_995, 100_000]) {
    const expected = 0.05 ** (1 / (n + 1));
    assert.ok(Math.abs(trustOf({ good: n, bad: 0, at: 0 }) - expected) < 1e-9, `${n}`);
  }
  // Beta(2, 2) has the distribution function 3x^2 - 2x^3; Beta(1, b) has 1 - (1 - x)^b.
  const even = trustOf({ good: 1, bad: 1, at: 0 });
  assert.ok(Math.abs(3 * even ** 2 - 2 * even ** 3 - 0.05) < 1e-9);
  assert.ok(Math.abs(trustOf({ good: 0, bad: 9, at: 0 }) - (1 - 0.95 ** 0.1)) < 1e-9);
});

test("trust: is earned slowly and lost at once", () => {
  assert.ok(trustOf(unknown) < 0.06, "nobody is trusted unknown");
  assert.ok(trustOf(after("agreed", 28)) >= 0.9);
  assert.ok(trustOf(after("agreed", 298)) >= 0.99);
  const veteran = after("agreed", 3_000);
  assert.ok(trustOf(veteran) >= 0.999);
  assert.ok(trustOf(learned(veteran, "proved", 0)) < 0.87, "one proven lie");
  assert.ok(trustOf(learned(veteran, "outvoted", 0)) < 0.994);
  for (const finding of ["undecided", "unanswered"] as const) {
    assert.equal(trustOf(learned(veteran, finding, 0)), trustOf(veteran), "being slow or pruned is no lie");
  }
});

test("trust: half of what is known is forgotten in a week", () => {
  const known = after("agreed", 100, unknown);
  assert.equal(faded(known, 7 * day).good, 50);
  assert.equal(faded(known, 14 * day).good, 25);
  assert.equal(learned(known, "agreed", 7 * day).good, 51);
  assert.deepEqual(pooled([known, { good: 4, bad: 2, at: 7 * day }], 7 * day), { good: 54, bad: 2, at: 7 * day });
});

test("trust: what two instances know is joined to the more of each side, and hearing it twice changes nothing", () => {
  const one = { good: 100, bad: 0, at: 0 };
  const other = { good: 4, bad: 500, at: 7 * day };
  const both = { good: 50, bad: 500, at: 7 * day };
  assert.deepEqual(joined(one, other), both);
  assert.deepEqual(joined(other, one), both);
  assert.deepEqual(joined(both, one), both);
  assert.deepEqual(joined(both, both), both);
});

test("trust: who is new is audited often, who is trusted seldom, who was disputed ten times as often", () => {
  const rates = { newcomer: 0.05, trusted: 0.005 };
  assert.equal(auditRate(0.5, rates, false, false), 0.05);
  assert.equal(auditRate(0.99, rates, false, false), 0.005);
  assert.equal(auditRate(0.5, rates, true, false), 0.5);
  assert.equal(auditRate(0.99, rates, true, false), 0.05);
  assert.equal(auditRate(0.5, { ...rates, newcomer: 0.3 }, true, false), 1);
  assert.equal(auditRate(0.999, rates, false, true), 1, "after a quarantine");
});

test("trust: only what was held against an upstream takes traffic from it", () => {
  assert.equal(trafficShare(unknown), 1);
  assert.equal(trafficShare(after("agreed", 5)), 1);
  assert.equal(trafficShare(after("unstable", 1, after("agreed", 5))), 0.05);
  assert.equal(trafficShare(after("unstable", 1, after("agreed", 200))), 0.25);
  assert.equal(trafficShare(after("unstable", 1, after("agreed", 3_000))), 1);
  assert.equal(trafficShare(after("proved", 1, after("agreed", 3_000))), 0.05);
});

test("trust: a liar in a hundredth of its answers is caught within some 6000 calls", () => {
  assert.ok(caughtWithin(6_000, 0.01, 0.05) > 0.95);
  assert.ok(caughtWithin(5_900, 0.01, 0.05) < 0.95);
  assert.ok(Math.abs(caughtWithin(60_000, 0.01, 0.005) - 0.95) < 0.001);
});
