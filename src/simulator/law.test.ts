import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { latency, Queue } from "./law.ts";

test("latency law: half of the draws lie below the median, one in a hundred above p99", () => {
  const random = seededRandom(3);
  const draws = Array.from({ length: 20_000 }, () => latency(random, 20, 90)).sort((a, b) => a - b);
  assert.ok(Math.abs((draws[10_000] ?? 0) - 20) < 0.5, `median ${draws[10_000]}`);
  assert.ok(Math.abs((draws[19_800] ?? 0) - 90) < 6, `p99 ${draws[19_800]}`);
});

test("queue: work waits for the work before it, and the queue drains with time", async () => {
  const clock = new ManualClock();
  const queue = new Queue(clock, 100);
  assert.deepEqual([queue.join(1), queue.join(5), queue.join(1)], [0, 10, 60]);
  await clock.advance(65);
  assert.equal(queue.join(1), 5);
});

test("queue: nobody joins one of more than a second", () => {
  const queue = new Queue(new ManualClock(), 100);
  for (let index = 0; index <= 100; index++) assert.notEqual(queue.join(1), undefined);
  assert.equal(queue.join(1), undefined);
});
