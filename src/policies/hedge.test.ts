import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, fault } from "../core/outcome.ts";
import { hedge } from "./hedge.ts";
import { answering, type Cue, failing, Rehearsal, sampleAnswer } from "./rehearsal.ts";
import { RetryBudget } from "./retry-budget.ts";

const options = { quantile: 0.95, minMs: 50, maxMs: 2_000 };

const nobody: Cue = { nobody: true, outcome: fault("no_upstream", "one only") };

/** One call whose class usually takes up to 100 ms, over 5 s of virtual time. */
async function rehearse(cues: readonly Cue[], usual: number | undefined = 100, hedges = 10) {
  const stage = new Rehearsal(cues);
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: hedges }, stage.clock);
  const call = stage.run(hedge(options, { clock: stage.clock, latency: () => usual }, budget));
  await stage.clock.advance(5_000);
  const { attempts } = call.context;
  const ends = attempts.map(({ outcome }) => (outcome?.ok ? String(outcome.payload) : outcome?.kind));
  const end = call.outcome?.ok ? String((call.outcome as Answer).payload) : call.outcome?.kind;
  return { stage, call, ends, end, reasons: attempts.map(({ reason }) => reason) };
}

test("hedge: a slow first copy loses to the second, is cancelled and stays in the journal", async () => {
  const { call, ends, end, reasons, stage } = await rehearse([answering("slow", 400), answering("fast", 20)]);
  assert.equal(end, "fast");
  assert.equal(call.endedAt, 120);
  assert.deepEqual(reasons, ["primary", "hedge"]);
  assert.deepEqual(ends, ["cancelled", "fast"]);
  assert.equal(call.context.cancellation.cancelled, false);
  assert.equal(stage.clock.nextAt(), undefined);
});

test("hedge: the first copy may still win, and then the second is cancelled", async () => {
  const { call, ends, end } = await rehearse([answering("first", 110), answering("second", 300)]);
  assert.equal(end, "first");
  assert.equal(call.endedAt, 110);
  assert.deepEqual(ends, ["first", "cancelled"]);
});

test("hedge: an answer in the usual time needs no second copy and leaves no timer", async () => {
  const { ends, stage } = await rehearse([answering("1", 99)]);
  assert.deepEqual(ends, ["1"]);
  assert.equal(stage.clock.nextAt(), undefined);
});

test("hedge: a copy that fails while the others are slow is replaced at once, with a retry's token", async () => {
  const { call, end, reasons, ends } = await rehearse([
    answering("1", 900),
    failing("unreachable", 5),
    answering("2", 20),
  ]);
  assert.deepEqual([end, call.endedAt], ["2", 125]);
  assert.deepEqual(reasons, ["primary", "hedge", "retry"]);
  assert.deepEqual(ends, ["cancelled", "unreachable", "2"]);
});

test("hedge: each delay brings one more copy, four at most", async () => {
  const { stage } = await rehearse([answering("1", 4_000)]);
  assert.deepEqual(stage.times, [0, 100, 200, 300]);
});

test("hedge: a fault before the second copy is passed on at once", async () => {
  const { call, ends } = await rehearse([failing("timeout", 10), answering()]);
  assert.deepEqual(ends, ["timeout"]);
  assert.equal(call.endedAt, 10);
});

test("hedge: the fault of one copy waits for the other; of two faults the one that says more is told", async () => {
  const saved = await rehearse([failing("server_error", 150), answering("late", 300)]);
  assert.deepEqual([saved.end, saved.call.endedAt], ["late", 400]);
  assert.deepEqual(saved.stage.times, [0, 100, 200, 300]);
  const table: [Cue, Cue, string][] = [
    [failing("timeout", 150), failing("unsupported", 100), "timeout"],
    [failing("unsupported", 250), failing("timeout", 10), "timeout"],
    [failing("unsupported", 150), failing("missing_data", 100), "missing_data"],
  ];
  for (const [first, second, end] of table) assert.equal((await rehearse([first, second])).end, end);
});

test("hedge: the delay is the class's own, within bounds, and 300 ms until it is known", async () => {
  for (const [usual, delay] of [
    [100, 100],
    [1, 50],
    [60_000, 2_000],
    [undefined, 300],
  ] as const) {
    const stage = new Rehearsal([answering("1", 4_000)]);
    const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 1 }, stage.clock);
    stage.run(hedge(options, { clock: stage.clock, latency: () => usual }, budget));
    await stage.clock.advance(5_000);
    assert.deepEqual(stage.times.slice(0, 2), [0, delay]);
  }
});

test("hedge: without a second upstream the first copy runs on alone and costs no token", async () => {
  const stage = new Rehearsal([answering("1", 350), nobody]);
  const budget = new RetryBudget({ share: 0, hedgeShare: 0, minPerSecond: 1 }, stage.clock);
  const call = stage.run(hedge(options, { clock: stage.clock, latency: () => 100 }, budget));
  await stage.clock.advance(350);
  assert.deepEqual(call.outcome, sampleAnswer("1"));
  assert.equal(call.context.attempts.length, 1);
  assert.ok(budget.allowsHedge(undefined));
});

test("hedge: one that finds nobody looks again later", async () => {
  const { stage, end } = await rehearse([answering("1", 900), nobody, answering("2", 20)]);
  assert.equal(end, "2");
  assert.deepEqual(stage.times, [0, 100, 200]);
});

test("hedge: no copy beyond the budget", async () => {
  const { ends } = await rehearse([answering("1", 400)], 100, 0);
  assert.deepEqual(ends, ["1"]);
  const one = await rehearse([answering("1", 400), answering("2", 900), answering("3", 10)], 100, 1);
  assert.deepEqual(one.ends, ["1", "cancelled"]);
});

test("hedge: no copy that could only come after the deadline", async () => {
  const stage = new Rehearsal([answering("1", 400)]);
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 10 }, stage.clock);
  stage.run(hedge(options, { clock: stage.clock, latency: () => 100 }, budget), undefined, stage.context(100));
  await stage.clock.advance(5_000);
  assert.deepEqual(stage.times, [0]);
});

test("hedge: a copy that was sent far away is given twice what a probe takes there", async () => {
  for (const [probeMs, delay] of [
    [40, 100],
    [120, 240],
    [5_000, 2_000],
  ] as const) {
    const stage = new Rehearsal([answering("1", 4_000)]);
    const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 1 }, stage.clock);
    stage.probeMs = probeMs;
    stage.run(hedge(options, { clock: stage.clock, latency: () => 100 }, budget));
    await stage.clock.advance(5_000);
    assert.equal(stage.times[1], delay);
  }
});

test("hedge: a copy that only waits for those before it is given that time too; behind a silent upstream no copy is", async () => {
  for (const [othersMs, delay] of [
    [100, 400],
    [undefined, 100],
  ] as const) {
    const others = othersMs === undefined ? {} : { othersMs };
    const stage = new Rehearsal([{ ...answering("1", 4_000), ahead: 3, ...others }]);
    const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 1 }, stage.clock);
    stage.run(hedge(options, { clock: stage.clock, latency: () => 100 }, budget));
    await stage.clock.advance(5_000);
    assert.equal(stage.times[1], delay);
  }
});

test("hedge: the usual latency is looked up once a second, not for each call", async () => {
  const stage = new Rehearsal([answering("1", 1)]);
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 10 }, stage.clock);
  let lookUps = 0;
  const policy = hedge(options, { clock: stage.clock, latency: () => ++lookUps }, budget);
  for (let call = 0; call < 15; call++) {
    stage.run(policy);
    await stage.clock.advance(100);
  }
  assert.equal(lookUps, 2);
});

test("hedge: of two streams that come together one is closed", async () => {
  let closed = 0;
  const rest = { read() {}, resume() {}, cancel: () => void closed++ };
  const streaming = (ms: number): Cue => ({ ms, outcome: { ...sampleAnswer("["), rest } });
  const { call } = await rehearse([streaming(200), streaming(100)]);
  assert.equal(call.outcome?.ok, true);
  assert.equal(closed, 1);
});

test("hedge: a caller that leaves calls off all copies", async () => {
  const stage = new Rehearsal([answering("1", 1_000)]);
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 10 }, stage.clock);
  const call = stage.run(hedge(options, { clock: stage.clock, latency: () => 100 }, budget));
  await stage.clock.advance(199);
  call.context.cancellation.cancel();
  await stage.clock.advance(0);
  const kinds = call.context.attempts.map(({ outcome }) => outcome?.ok === false && outcome.kind);
  assert.deepEqual(kinds, ["cancelled", "cancelled"]);
  assert.equal(stage.clock.nextAt(), undefined);
});

test("hedge: somebody who joins late is heard by the copies that are under way", () => {
  const stage = new Rehearsal([answering("1", 1_000)]);
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 10 }, stage.clock);
  const call = stage.run(hedge(options, { clock: stage.clock, latency: () => 100 }, budget));
  assert.equal(stage.seen[0]?.shared, false);
  call.context.shared = true;
  assert.equal(stage.seen[0]?.shared, true);
});
