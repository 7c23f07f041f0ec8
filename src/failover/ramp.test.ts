import assert from "node:assert/strict";
import { test } from "node:test";
import { attemptsFor, nextShare, rampMsAfter, rampMsAfterFailure, rampOf } from "./ramp.ts";

/** The shares of a ramp from its beginning on. */
function sharesOf(rampMs: number): number[] {
  const ramp = rampOf(rampMs);
  const shares: number[] = [];
  for (let share = nextShare(ramp, 0); shares.at(-1) !== 1; share = nextShare(ramp, share)) shares.push(share);
  return shares;
}

test("ramp: quick after a short outage that was the only one, and the longer the longer it was", () => {
  const table: [outageMs: number, clean: boolean, rampMs: number][] = [
    [59_999, true, 0],
    [59_999, false, 30_000],
    [60_000, true, 60_000],
    [600_000, false, 60_000],
    [600_001, true, 180_000],
  ];
  for (const [outageMs, clean, rampMs] of table) {
    assert.equal(rampMsAfter(outageMs, clean), rampMs, `${outageMs} ms, ${clean}`);
  }
  assert.deepEqual([0, 30_000, 60_000, 180_000].map(rampMsAfterFailure), [30_000, 30_000, 60_000, 180_000]);
});

test("ramp: shares rise to all of the traffic, from whatever share it has", () => {
  assert.deepEqual(sharesOf(0), [0.3, 0.6, 1]);
  assert.deepEqual(sharesOf(30_000), [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  assert.deepEqual(
    [0.025, 0.3 / 2, 0.25, 0.1 + 0.2, 1].map((share) => nextShare(rampOf(60_000), share)),
    [0.05, 0.2, 0.3, 0.4, 1],
  );
  assert.deepEqual(
    [0, 30_000, 180_000].map((rampMs) => rampOf(rampMs).stepMs),
    [500, 3_000, 18_000],
  );
});

test("ramp: what went well so often fails so seldom that a wrong step costs a tenth of the traffic in one case of twenty", () => {
  for (const share of [0.3, 0.6, 1]) {
    const attempts = attemptsFor(share);
    // All but one in twenty domains of which this part fails would have shown it by then.
    const hidden = 1 - 0.05 ** (1 / attempts);
    assert.ok(share * hidden <= 0.1, `${share}: ${share * hidden} after ${attempts}`);
  }
});

test("ramp: the probes that two members passed allow the first share of the quick one", () => {
  assert.ok(attemptsFor(rampOf(0).shares[0] as number) <= 10);
});
