import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Move, RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";

const silence = fault("timeout", "");

/** Upstreams of three providers. */
const [aws, ovh, home] = ["aws", "ovh", "home"].map(
  (provider) => ({ id: provider, coordinates: { provider } }) as Upstream,
);
const onward = { from: undefined, to: undefined };

/** How many retries are allowed in a row after what `from` did, each going to `to`. */
function takes(budget: RetryBudget, move: Move = onward): number {
  let count = 0;
  for (; count < 10_000 && budget.allowsRetry(silence, move.from); count++) budget.retried(silence, move);
  return count;
}

function hedges(budget: RetryBudget, move: Move = onward): number {
  let count = 0;
  for (; count < 10_000 && budget.allowsHedge(move.from); count++) budget.hedged(move);
  return count;
}

function busy(options: Partial<RetryBudgetOptions> = {}, clock = new ManualClock()): RetryBudget {
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 0, ...options }, clock);
  for (let call = 0; call < 500; call++) budget.called();
  return budget;
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
  assert.deepEqual([hedges(budget), budget.allowsRetry(silence, undefined)], [0, true]);
  strained = false;
  assert.equal(hedges(budget), 1);
});

test("retry budget: one provider's failure leaves a quarter to what fails elsewhere", async () => {
  const clock = new ManualClock();
  const budget = busy({}, clock);
  assert.equal(takes(budget, { from: aws, to: ovh }), 75);
  assert.equal(takes(budget, { from: ovh, to: home }), 25);
  assert.equal(takes(budget, { from: home, to: ovh }), 0, "all of it together is no more than before");
  const slow = busy();
  assert.equal(hedges(slow, { from: aws, to: ovh }), 37);
  assert.equal(takes(slow, { from: aws, to: ovh }), 38);
  assert.equal(hedges(slow, { from: ovh, to: home }), 13);
  await clock.advance(10_000);
  for (let call = 0; call < 100; call++) budget.called();
  assert.equal(
    takes(budget, { from: aws, to: ovh }),
    15,
    "after ten seconds nothing of it is held against the provider",
  );
});

test("retry budget: where all upstreams are with one provider it may have all of it", () => {
  assert.equal(takes(busy(), { from: aws, to: aws }), 100);
});

test("retry budget: what was not delivered costs a provider as little as it costs all", () => {
  const budget = busy();
  const refused = fault("unreachable", "");
  let count = 0;
  for (; count < 10_000 && budget.allowsRetry(refused, aws); count++) budget.retried(refused, { from: aws, to: ovh });
  assert.ok(Math.abs(count - 750) <= 1, `${count}`);
});

test("retry budget: in its first seconds the fixed rate is no supply for ten of them, as far as hedges go", async () => {
  const clock = new ManualClock();
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 10 }, clock);
  assert.equal(hedges(budget), 10);
  await clock.advance(1_000);
  assert.equal(hedges(budget), 10);
  assert.equal(takes(budget), 80, "retries have it all at once");
  await clock.advance(60_000);
  assert.equal(hedges(budget), 100);
});
