import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { figuresOf } from "./figures.ts";
import { Journal } from "./journal.ts";

const verdictTo = (to: string) => ({ what: "verdict", from: "healthy", to, because: "" }) as const;
const attempt = { provider: "aws", hedge: false, ok: true };

/** Ten calls a second for three minutes with a fault on `a` in the second minute. */
function aRun() {
  const journal = new Journal(new ManualClock(), 0);
  for (let at = 0; at < 180_000; at += 100) {
    const failed = at >= 60_000 && at < 60_500;
    journal.calls.push({ at, ms: failed ? 2_000 : 10, verdict: failed ? "failed" : "answered" });
    const upstream = at < 61_000 || at >= 130_000 ? "a" : "b";
    journal.attempts.push({ ...attempt, upstream, provider: upstream, startedAt: at, endedAt: at + 10 });
  }
  journal.changes.push({ at: 30_000, upstream: "b", change: verdictTo("ejected") });
  journal.changes.push({ at: 60_700, upstream: "a", change: verdictTo("suspect") });
  journal.changes.push({ at: 61_000, upstream: "a", change: verdictTo("ejected") });
  return figuresOf(journal, [{ from: 60_000, to: 120_000, affected: ["a"] }]);
}

test("figures: availability counts the whole run, and the outage with the minute after it", () => {
  const { availability, availabilityInOutage, failed } = aRun();
  assert.equal(failed, 5);
  assert.equal(availability, 1 - 5 / 1_800);
  assert.equal(availabilityInOutage, 1 - 5 / 1_200);
});

test("figures: waits are told apart by when the call came in", () => {
  const { before, during, after } = aRun();
  assert.deepEqual([before.max, during.p50, during.max, after.max], [10, 10, 2_000, 10]);
});

test("figures: detection, and the last call to one that was struck, count from the first fault", () => {
  const figures = aRun();
  assert.equal(figures.timeToDetect, 700);
  assert.equal(figures.timeToAllOut, 700);
  assert.equal(figures.timeToMove, 900);
  assert.equal(figures.sentToStruck, 10);
});

test("figures: an ejection of one that nothing struck is wrong", () => {
  assert.equal(aRun().wrongEjections, 1);
});

test("figures: shares are of answers, by phase", () => {
  const { a, b } = aRun().shares;
  assert.deepEqual([a?.before, b?.before, a?.during], [1, 0, 10 / 600]);
});

test("figures: without faults everything is before them, and nothing is detected", () => {
  const journal = new Journal(new ManualClock(), 0);
  journal.calls.push({ at: 5, ms: 7, verdict: "answered" });
  const figures = figuresOf(journal, []);
  assert.deepEqual([figures.before.max, figures.availability, figures.timeToAllOut], [7, 1, undefined]);
});
