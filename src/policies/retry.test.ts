import assert from "node:assert/strict";
import { test } from "node:test";
import type { MethodTraits } from "../core/call.ts";
import { type FaultKind, fault } from "../core/outcome.ts";
import { answering, type Cue, failing, Rehearsal, sampleCall } from "./rehearsal.ts";
import { retry } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";

const nobody: Cue = { nobody: true, outcome: fault("no_upstream", "all tried") };

/** Plays the cues under a retry of three attempts, for 10 s of virtual time; the middle of each random pause. */
async function rehearse(cues: readonly Cue[], traits: Partial<MethodTraits> = {}, ms = 10_000) {
  const stage = new Rehearsal(cues);
  const budget = new RetryBudget({ share: 0.2, hedgeShare: 0.1, minPerSecond: 10 }, stage.clock);
  const policy = retry({ attempts: 3 }, { clock: stage.clock, random: () => 0.5 }, budget);
  const call = stage.run(policy, sampleCall(traits), stage.context(ms));
  await stage.clock.advance(ms);
  const { outcome, context } = call;
  assert.ok(outcome);
  return { stage, call, context, asked: context.attempts.length, end: outcome.ok ? "answer" : outcome.kind };
}

test("retry: what follows a fault depends on its kind and on what the method bears", async () => {
  const always = { repeat: "always" } as const;
  const undelivered = { repeat: "undelivered" } as const;
  const table: [Partial<MethodTraits>, FaultKind[], number, string][] = [
    [always, ["timeout"], 2, "answer"],
    [always, ["server_error", "malformed"], 3, "answer"],
    [always, ["timeout", "timeout", "timeout"], 3, "timeout"],
    [always, ["already_used"], 1, "already_used"],
    [always, ["cancelled"], 1, "cancelled"],
    [always, ["doubtful_request"], 2, "answer"],
    [always, ["doubtful_request", "doubtful_request"], 2, "doubtful_request"],
    [always, ["timeout", "doubtful_request", "node_timeout"], 3, "node_timeout"],
    [always, ["missing_data", "missing_data", "missing_data"], 4, "answer"],
    [always, ["missing_data", "missing_data", "missing_data", "missing_data"], 4, "missing_data"],
    [always, ["rate_limited", "busy", "unreachable", "unreachable", "unreachable", "unreachable"], 7, "answer"],
    [always, Array<FaultKind>(8).fill("unreachable"), 8, "unreachable"],
    [undelivered, ["unreachable"], 2, "answer"],
    [undelivered, ["interrupted"], 1, "interrupted"],
    [undelivered, ["unreachable", "timeout"], 2, "timeout"],
    [always, ["timeout", "unsupported", "missing_data", "timeout", "timeout"], 5, "timeout"],
  ];
  for (const [traits, kinds, attempts, end] of table) {
    const result = await rehearse([...kinds.map((kind) => failing(kind)), answering()], traits);
    assert.deepEqual([result.asked, result.end], [attempts, end], `${traits.repeat} ${kinds.join()}`);
  }
});

test("retry: another upstream is asked at once, as a retry", async () => {
  const { stage, context } = await rehearse([failing("timeout", 30), answering("1", 5)]);
  assert.deepEqual(stage.times, [0, 30]);
  assert.deepEqual(
    context.attempts.map(({ reason }) => reason),
    ["primary", "retry"],
  );
});

test("retry: when all were tried, a transient fault is followed by a growing pause and a new round", async () => {
  const { stage, context, end } = await rehearse([
    failing("unreachable"),
    nobody,
    failing("unreachable"),
    nobody,
    answering(),
  ]);
  assert.equal(end, "answer");
  // The middle of 25..100 ms, then of 25..200 ms.
  assert.deepEqual(stage.times, [0, 0, 62.5, 62.5, 175]);
  assert.equal(context.round, 2);
});

test("retry: a fault that will not pass is not waited for", async () => {
  const { stage, end } = await rehearse([failing("unsupported"), nobody, answering()]);
  assert.equal(end, "unsupported");
  assert.deepEqual(stage.times, [0, 0]);
});

test("retry: nobody to ask in the first place ends the call, a lack of room is waited for", async () => {
  assert.deepEqual((await rehearse([nobody, answering()])).stage.times, [0]);
  const busy: Cue = { nobody: true, outcome: fault("busy", "full") };
  assert.deepEqual((await rehearse([busy, answering()])).stage.times, [0, 62.5]);
});

test("retry: a rest that upstreams asked for is waited for when it is short", async () => {
  const resting = (ms: number): Cue => ({ nobody: true, outcome: fault("rate_limited", "held", undefined, ms) });
  assert.deepEqual((await rehearse([resting(300), answering()])).stage.times, [0, 300]);
  assert.deepEqual((await rehearse([resting(3_000), answering()])).stage.times, [0]);
});

test("retry: nothing is begun after the deadline, nor a pause that would outlast it", async () => {
  const late = await rehearse([failing("timeout", 50), answering()], {}, 50);
  assert.deepEqual([late.asked, late.end], [1, "timeout"]);
  const short = await rehearse([failing("timeout"), nobody, answering()], {}, 60);
  assert.deepEqual(short.stage.times, [0, 0]);
});

test("retry: a caller that leaves during a pause is not asked for again", async () => {
  const stage = new Rehearsal([failing("timeout"), nobody, answering()]);
  const budget = new RetryBudget({ share: 1, hedgeShare: 0, minPerSecond: 10 }, stage.clock);
  const call = stage.run(retry({ attempts: 3 }, { clock: stage.clock, random: () => 0.5 }, budget));
  await stage.clock.advance(20);
  call.context.cancellation.cancel();
  assert.equal(stage.clock.nextAt(), undefined);
  await stage.clock.advance(1_000);
  assert.equal(stage.seen.length, 2);
  assert.ok(call.outcome?.ok === false);
  assert.equal(call.endedAt, 20);
});

test("retry: an outage is not multiplied; calls that no upstream received weigh a tenth", async () => {
  for (const [kind, most] of [
    ["timeout", 100 + 200],
    ["unreachable", 10 * (100 + 200)],
  ] as const) {
    const stage = new Rehearsal([failing(kind)]);
    const budget = new RetryBudget({ share: 0.2, hedgeShare: 0, minPerSecond: 10 }, stage.clock);
    const policy = retry({ attempts: 3 }, { clock: stage.clock, random: () => 0.5 }, budget);
    for (let call = 0; call < 1_000; call++) stage.run(policy);
    await stage.clock.advance(900);
    const retries = stage.seen.length - 1_000;
    assert.ok(Math.abs(retries - most) <= 1, `${kind}: ${retries}`);
  }
});
