import assert from "node:assert/strict";
import { test } from "node:test";
import type { UpstreamStatus } from "../core/upstream.ts";
import { answering, Rehearsal, sampleAnswer } from "./rehearsal.ts";
import { rescue } from "./rescue.ts";
import { RetryBudget } from "./retry-budget.ts";

/** A call that its first upstream would answer after 9 s; 1 s after it was sent something becomes known of that one. */
async function rehearse(known: Partial<UpstreamStatus>, minPerSecond = 10) {
  const stage = new Rehearsal([answering("late", 9_000), answering("saved", 20)]);
  const budget = new RetryBudget({ share: 0, hedgeShare: 0, minPerSecond }, stage.clock);
  const call = stage.run(rescue(stage.clock, budget));
  await stage.clock.advance(1_100);
  const [first] = call.context.attempts;
  Object.assign(first?.upstream.status ?? assert.fail(), known);
  await stage.clock.advance(20_000);
  return { call, stage };
}

test("rescue: a call whose upstream is taken out of service is sent to another, within the budget", async () => {
  for (const known of [{ verdict: "ejected" }, { verdict: "quarantined" }, { breaker: "open" }] as const) {
    const { call, stage } = await rehearse(known);
    assert.deepEqual(call.outcome, sampleAnswer("saved"));
    assert.equal(call.endedAt, 1_270);
    assert.deepEqual(
      call.context.attempts.map(({ reason }) => reason),
      ["primary", "retry"],
    );
    assert.equal(stage.clock.nextAt(), undefined);
  }
  assert.equal((await rehearse({ verdict: "ejected" }, 0)).call.endedAt, 9_000);
});

test("rescue: a call that only takes long is left alone", async () => {
  for (const known of [{}, { verdict: "suspect" }, { breaker: "half_open" }] as const) {
    const { call } = await rehearse(known);
    assert.deepEqual(call.outcome, sampleAnswer("late"));
    assert.equal(call.context.attempts.length, 1);
  }
});

test("rescue: each saved call is booked", async () => {
  const stage = new Rehearsal([answering("late", 9_000)]);
  const budget = new RetryBudget({ share: 0, hedgeShare: 0, minPerSecond: 0.3 }, stage.clock);
  const calls = [1, 2, 3, 4, 5].map(() => stage.run(rescue(stage.clock, budget)));
  for (const { context } of calls) {
    const [first] = context.attempts;
    if (first) first.upstream.status.verdict = "ejected";
  }
  await stage.clock.advance(5_000);
  assert.equal(stage.seen.length, 5 + 3);
});
