import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, type Outcome } from "../core/outcome.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleAnswer, sampleCall } from "../policies/rehearsal.ts";
import type { Gradient } from "./gradient.ts";
import { createLimits, type Limits } from "./limits.ts";

const { traits } = sampleCall();
const answer = sampleAnswer("1");

function ofClass(name: string) {
  return sampleCall({ name }).traits;
}

/** Has so many calls on their way. */
function take(limits: Limits, count: number, name: string): Gradient {
  for (let call = 1; call < count; call++) limits.take(ofClass(name));
  return limits.take(ofClass(name));
}

/** Outcomes of calls that took `ms`, one every 10 ms. Returns when they were over. */
function hear(limits: Limits, taken: Gradient, outcome: Outcome, count: number, ms: number, from: number): number {
  let now = from;
  for (let call = 0; call < count; call++) {
    now += 10;
    limits.heard(taken, outcome, now - ms, now, taken.inFlight);
  }
  return now;
}

test("limits: there is room below the concurrency and none at it", () => {
  const limits = createLimits({ concurrency: 2 }, new ManualClock());
  assert.deepEqual(
    [limits.hasRoom(1, traits), limits.hasRoom(2, traits), limits.hasRoom(3, traits)],
    [true, false, false],
  );
});

test("limits: a spent rate leaves no room until time brings it back", async () => {
  const clock = new ManualClock();
  const limits = createLimits({ concurrency: 100, rate: 5, burst: 2 }, clock);
  limits.take(traits);
  assert.equal(limits.hasRoom(0, traits), true);
  limits.take(traits);
  assert.equal(limits.hasRoom(0, traits), false);
  await clock.advance(200);
  assert.equal(limits.hasRoom(0, traits), true);
  assert.equal(limits.hasRoom(100, traits), false);
});

test("limits: without a burst, one second's worth may go at once, and a slow rate still lets one call go", () => {
  const count = (rate: number) => {
    const limits = createLimits({ concurrency: 100, rate }, new ManualClock(), { learns: false });
    let calls = 0;
    for (; limits.hasRoom(0, traits); calls++) limits.take(traits);
    return calls;
  };
  assert.deepEqual([count(20), count(0.1)], [20, 1]);
});

test("limits: each class of methods has room of its own; classes that no protocol has share one", () => {
  const limits = createLimits({ concurrency: 1_000 }, new ManualClock());
  take(limits, 20, "trace");
  assert.equal(limits.hasRoom(20, ofClass("trace")), false);
  assert.equal(limits.hasRoom(20, ofClass("call")), true);
  for (let name = 0; name < 100; name++) limits.take(ofClass(`made up ${name}`));
  assert.equal(limits.hasRoom(120, ofClass("made up 0")), true);
  assert.equal(limits.hasRoom(120, ofClass("made up 99")), false);
  assert.equal(limits.hasRoom(120, ofClass("yet another")), false);
});

test("limits: of calls that cost much fewer go at once at first", () => {
  const limits = createLimits({ concurrency: 128 }, new ManualClock());
  const trace = sampleCall({ name: "trace", cost: 20 }).traits;
  for (let call = 0; call < 3; call++) limits.take(trace);
  assert.equal(limits.hasRoom(3, trace), true);
  limits.take(trace);
  assert.equal(limits.hasRoom(4, trace), false);
});

test("limits: validator duties and transactions are held up by what was declared alone", () => {
  const limits = createLimits({ concurrency: 128 }, new ManualClock());
  const room = (priority: 0 | 1 | 2 | 3) => {
    const urgent = sampleCall({ name: `class ${priority}`, priority }).traits;
    for (let call = 0; call < 64; call++) limits.take(urgent);
    return [limits.hasRoom(64, urgent), limits.hasRoom(128, urgent)];
  };
  assert.deepEqual(room(0), [true, false]);
  assert.deepEqual(room(1), [true, false]);
  assert.deepEqual(room(2), [false, false]);
});

test("limits: where nothing is to be learned only the declared concurrency counts", () => {
  const limits = createLimits({ concurrency: 100 }, new ManualClock(), { learns: false });
  const taken = take(limits, 99, "call");
  hear(limits, taken, fault("rate_limited", "slow down"), 20, 100, 0);
  assert.equal(limits.hasRoom(99, ofClass("call")), true);
  assert.equal(limits.bearable, Number.POSITIVE_INFINITY);
});

test("limits: what says that there are too many calls shrinks them, and no other fault does", () => {
  const table: [Outcome, boolean][] = [
    [fault("rate_limited", "slow down"), true],
    [fault("timeout", "no answer"), true],
    [fault("unavailable", "come back later"), true],
    [fault("server_error", "a bug"), false],
    [fault("unreachable", "refused"), false],
    [fault("rpc_error", "a bug"), false],
  ];
  for (const [outcome, shrinks] of table) {
    const limits = createLimits({ concurrency: 128 }, new ManualClock());
    const taken = take(limits, 5, "call");
    hear(limits, taken, outcome, 100, 5, 0);
    assert.equal(limits.hasRoom(5, ofClass("call")), !shrinks, outcome.ok ? "" : outcome.kind);
  }
});

test("limits: a call that was given up counts when it had waited longer than is usual, as the losers of races do", () => {
  for (const [waited, shrinks] of [
    [30, false],
    [200, true],
  ] as const) {
    const limits = createLimits({ concurrency: 128 }, new ManualClock());
    const taken = take(limits, 1, "call");
    const now = hear(limits, taken, answer, 300, 50, 0);
    take(limits, 19, "call");
    hear(limits, taken, fault("cancelled", "no longer wanted"), 40, waited, now);
    assert.equal(taken.limit < 20, shrinks, `${waited} ms`);
  }
});

test("limits: nothing is learned from latency while this process itself stands still", () => {
  for (const stalled of [false, true]) {
    let still = false;
    const limits = createLimits({ concurrency: 128 }, new ManualClock(), { stalled: () => still });
    const taken = take(limits, 1, "call");
    const now = hear(limits, taken, answer, 300, 50, 0);
    take(limits, 19, "call");
    still = stalled;
    hear(limits, taken, answer, 100, 500, now);
    assert.equal(taken.limit < 20, !stalled);
  }
});

test("limits: what is bearable is not known until latency grows with calls, or all that was declared is in use", () => {
  const limits = createLimits({ concurrency: 128 }, new ManualClock());
  const taken = take(limits, 1, "call");
  const now = hear(limits, taken, answer, 300, 50, 0);
  assert.equal(limits.bearable, Number.POSITIVE_INFINITY);
  take(limits, 15, "call");
  hear(limits, taken, answer, 300, 300, now);
  assert.equal(limits.bearable, taken.limit);

  const full = createLimits({ concurrency: 10 }, new ManualClock());
  hear(full, take(full, 10, "call"), answer, 10, 50, 0);
  assert.equal(full.bearable, 10);
});

test("limits: a class of few calls that is full does not speak for the upstream; one of many does, with what is beside it", () => {
  for (const [many, few, speaks] of [
    ["call", "trace", false],
    ["trace", "call", true],
  ] as const) {
    const limits = createLimits({ concurrency: 1_000 }, new ManualClock());
    const strained = take(limits, 1, "trace");
    const other = take(limits, 1, "call");
    const heard = many === "trace" ? strained : other;
    const rare = few === "trace" ? strained : other;
    let now = hear(limits, strained, answer, 100, 50, 0);
    take(limits, 15, "trace");
    now = hear(limits, strained, answer, 100, 300, now);
    assert.equal(strained.binding, true);
    for (let round = 0; round < 100; round++) {
      now = hear(limits, heard, answer, 20, heard === strained ? 300 : 50, now);
      now = hear(limits, rare, answer, 1, rare === strained ? 300 : 50, now);
    }
    assert.equal(Number.isFinite(limits.bearable), speaks);
    if (speaks) assert.ok(limits.bearable > strained.limit && limits.bearable < 1.2 * strained.limit);
  }
});

test("limits: while one class is looked at with few calls the others give way too, and all have their room back after that", () => {
  const limits = createLimits({ concurrency: 1_000 }, new ManualClock());
  const strained = take(limits, 1, "trace");
  const other = take(limits, 1, "call");
  let now = hear(limits, strained, answer, 300, 50, 0);
  take(limits, 15, "trace");
  let quiet = 0;
  for (const from = now; now < from + 60_000; now = hear(limits, strained, answer, 1, 300, now)) {
    if (strained.room < strained.limit) {
      quiet++;
      assert.ok(other.room < other.limit);
    } else {
      assert.equal(other.room, other.limit);
    }
  }
  assert.ok(quiet > 0 && quiet < 0.25 * 6_000, `${quiet}`);
});
