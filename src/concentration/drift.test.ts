import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateStore } from "../core/store.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createDrift } from "./drift.ts";

const dayMs = 86_400_000;

/** A store that outlives whoever uses it. */
function sampleStore(): StateStore {
  const kept = new Map<string, string>();
  return {
    get: (key) => Promise.resolve(kept.get(key)),
    set(key, text) {
      kept.set(key, text);
      return Promise.resolve(true);
    },
    add: () => Promise.resolve(undefined),
    remove: () => Promise.resolve(false),
    publish: () => {},
    subscribe: () => ({ close: () => {} }),
    trouble: undefined,
    close: () => Promise.resolve(),
  };
}

function follow(clock: ManualClock, store: StateStore, hhi: () => number) {
  const drift = createDrift({
    clock,
    store,
    read: () => [{ name: "n provider", hhi: hhi() }],
    crashed: (bug) => assert.fail(String(bug)),
  });
  drift.start();
  return drift;
}

test("drift: a fleet that concentrates within a week is told of, by how much, and since when", async () => {
  const clock = new ManualClock();
  let hhi = 2_000;
  const drift = follow(clock, sampleStore(), () => hhi);
  await clock.advance(1_000);
  assert.deepEqual(drift.moved(), [], "within the first hour there is nothing to compare with");
  await clock.advance(3 * dayMs);
  hhi = 2_150;
  assert.deepEqual(drift.moved(), [{ name: "n provider", change: 150, overMs: 3 * dayMs }]);
  await clock.advance(8 * dayMs);
  assert.deepEqual(
    drift.moved(),
    [{ name: "n provider", change: 0, overMs: 7 * dayMs }],
    "a week later it is the usual",
  );
  await drift.stop();
});

test("drift: a restart in between changes nothing", async () => {
  const clock = new ManualClock();
  const store = sampleStore();
  const first = follow(clock, store, () => 2_000);
  await clock.advance(2 * dayMs);
  await first.stop();
  await clock.advance(dayMs);
  const second = follow(clock, store, () => 2_500);
  await clock.advance(1_000);
  assert.deepEqual(second.moved(), [{ name: "n provider", change: 500, overMs: 3 * dayMs }]);
  await second.stop();
});

test("drift: a restart within the hour leaves what the hour began with, as it knows less yet", async () => {
  const clock = new ManualClock();
  const store = sampleStore();
  const first = follow(clock, store, () => 2_000);
  await clock.advance(60_000);
  await first.stop();
  const second = follow(clock, store, () => 10_000);
  await clock.advance(3_600_000);
  assert.deepEqual(second.moved(), [{ name: "n provider", change: 8_000, overMs: 3_600_000 }]);
  await second.stop();
});

test("drift: what was kept and makes no sense is left out", async () => {
  const clock = new ManualClock();
  const store = sampleStore();
  await store.set("concentration/drift", JSON.stringify([["n provider", [[1, "x"], 7]], 5, [3, []]]), 1);
  const drift = follow(clock, store, () => 1);
  await clock.advance(2 * 3_600_000);
  assert.equal(drift.moved().length, 1);
  await drift.stop();
});
