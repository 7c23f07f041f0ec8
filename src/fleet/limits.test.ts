import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { createLimits } from "./limits.ts";

test("limits: there is room below the concurrency and none at it", () => {
  const limits = createLimits({ concurrency: 2 }, new ManualClock());
  for (let call = 0; call < 1_000; call++) limits.take();
  assert.deepEqual([limits.hasRoom(1), limits.hasRoom(2), limits.hasRoom(3)], [true, false, false]);
});

test("limits: a spent rate leaves no room until time brings it back", async () => {
  const clock = new ManualClock();
  const limits = createLimits({ concurrency: 100, rate: 5, burst: 2 }, clock);
  limits.take();
  assert.equal(limits.hasRoom(0), true);
  limits.take();
  assert.equal(limits.hasRoom(0), false);
  await clock.advance(200);
  assert.equal(limits.hasRoom(0), true);
  assert.equal(limits.hasRoom(100), false);
});

test("limits: without a burst, one second's worth may go at once, and a slow rate still lets one call go", () => {
  const count = (rate: number) => {
    const limits = createLimits({ concurrency: 100, rate }, new ManualClock());
    let calls = 0;
    for (; limits.hasRoom(0); calls++) limits.take();
    return calls;
  };
  assert.deepEqual([count(20), count(0.1)], [20, 1]);
});
