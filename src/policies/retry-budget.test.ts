import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../core/outcome.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { RetryBudget } from "./retry-budget.ts";

const silence = fault("timeout", "");

function takes(budget: RetryBudget): number {
  let count = 0;
  for (; count < 10_000 && budget.allowsRetry(silence); count++) budget.retried(silence);
  return count;
}

function hedges(budget: RetryBudget): number {
  let count = 0;
  for (; count < 10_000 && budget.allowsHedge(); count++) budget.hedged();
  return count;
}

test("retry budget: a share of the calls of the last 10 s and a fixed rate on top", async () => {
  const clock = new ManualClock();
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 1 }, clock);
  for (let call = 0; call < 500; call++) budget.called();
  assert.equal(takes(budget), 100 + 10);
  await clock.advance(9_999);
  assert.equal(takes(budget), 0);
  await clock.advance(1);
  assert.equal(takes(budget), 10);
});

test("retry budget: hedges have their own smaller share within the whole", () => {
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 0 }, new ManualClock());
  for (let call = 0; call < 500; call++) budget.called();
  assert.equal(hedges(budget), 50);
  assert.equal(takes(budget), 50);
  const spent = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 0 }, new ManualClock());
  for (let call = 0; call < 500; call++) spent.called();
  assert.equal(takes(spent), 100);
  assert.equal(hedges(spent), 0);
});

test("retry budget: a quiet time longer than the window leaves nothing behind", async () => {
  const clock = new ManualClock();
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 0 }, clock);
  for (let second = 0; second < 25; second++) {
    for (let call = 0; call < 10; call++) budget.called();
    await clock.advance(1_000);
  }
  // Of the window, one second has just begun: 9 full ones are left.
  assert.equal(takes(budget), 18);
  await clock.advance(60_500);
  assert.equal(takes(budget), 0);
  budget.called();
  for (let call = 0; call < 4; call++) budget.called();
  assert.equal(takes(budget), 1);
});

test("retry budget: while we are cut off ourselves nothing is sent again, and all is as before after that", () => {
  let impaired = true;
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 1 }, new ManualClock(), {
    strained: () => false,
    impaired: () => impaired,
  });
  assert.deepEqual([hedges(budget), takes(budget)], [0, 0]);
  impaired = false;
  assert.equal(takes(budget), 10);
});

test("retry budget: while upstreams have too many calls there are no hedges, but retries", () => {
  let strained = true;
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 1 }, new ManualClock(), {
    strained: () => strained,
    impaired: () => false,
  });
  assert.deepEqual([hedges(budget), budget.allowsRetry(silence)], [0, true]);
  strained = false;
  assert.equal(hedges(budget), 10);
});
