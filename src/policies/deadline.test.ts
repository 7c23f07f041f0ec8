import assert from "node:assert/strict";
import { test } from "node:test";
import { deadline } from "./deadline.ts";
import { answering, failing, Rehearsal, sampleAnswer } from "./rehearsal.ts";

test("deadline: a call that takes too long is answered with a fault on time and called off", async () => {
  const stage = new Rehearsal([answering("late", 20_000)]);
  const call = stage.run(deadline(stage.clock));
  await stage.clock.advance(20_000);
  assert.equal(call.endedAt, 10_000);
  assert.ok(call.outcome?.ok === false);
  assert.equal(call.outcome.kind, "deadline");
  assert.match(call.outcome.detail, /1 attempts; still waiting for u1/);
  const [attempt] = call.context.attempts;
  assert.ok(attempt?.outcome?.ok === false);
  assert.equal(attempt.outcome.kind, "cancelled");
});

test("deadline: a call that ends in time passes unchanged, and no timer stays behind", async () => {
  for (const cue of [answering("1", 50), failing("timeout", 50)]) {
    const stage = new Rehearsal([cue]);
    const call = stage.run(deadline(stage.clock));
    await stage.clock.advance(50);
    assert.equal(call.outcome, cue.outcome);
    assert.equal(stage.clock.nextAt(), undefined);
    assert.equal(call.context.cancellation.cancelled, false);
  }
});

test("deadline: nobody is asked when the time is already over", async () => {
  const stage = new Rehearsal([answering()]);
  const call = stage.run(deadline(stage.clock), undefined, stage.context(0));
  await stage.clock.advance(0);
  assert.ok(call.outcome?.ok === false);
  assert.equal(stage.seen.length, 0);
});

test("deadline: a stream that arrives after the deadline is closed", async () => {
  const stage = new Rehearsal([answering()]);
  let closed = 0;
  const rest = { read() {}, resume() {}, cancel: () => void closed++ };
  const answer = { ...sampleAnswer("["), rest };
  // Deaf to cancellation, as a transport is that already has its answer.
  const deaf = () =>
    new Promise<typeof answer>((resolve) => {
      stage.clock.schedule(10_001, () => resolve(answer));
    });
  await Promise.all([deadline(stage.clock)(deaf)({} as never, stage.context()), stage.clock.advance(10_001)]);
  assert.equal(closed, 1);
});
