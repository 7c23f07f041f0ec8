import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "./manual-clock.ts";
import { TokenBucket } from "./token-bucket.ts";

test("token bucket: the burst is there at once, then tokens come at the rate", async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(10, 3, clock);
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take(), bucket.take()], [true, true, true, false]);
  await clock.advance(99);
  assert.equal(bucket.take(), false);
  await clock.advance(1);
  assert.equal(bucket.take(), true);
  assert.equal(bucket.take(), false);
});

test("token bucket: an idle hour saves up no more than the burst", async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(10, 2, clock);
  await clock.advance(3_600_000);
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [true, true, false]);
});

test("token bucket: looking, and asking for more than there is, takes nothing", async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(1, 5, clock);
  assert.equal(bucket.has(5), true);
  assert.equal(bucket.has(5), true);
  assert.equal(bucket.take(6), false);
  assert.equal(bucket.take(5), true);
  assert.equal(bucket.has(), false);
  await clock.advance(2_000);
  assert.equal(bucket.has(2), true);
  assert.equal(bucket.has(3), false);
});

test("token bucket: what was spent beyond what there was is paid back first", async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(1, 5, clock);
  bucket.spend(8);
  await clock.advance(3_000);
  assert.equal(bucket.has(), false);
  await clock.advance(1_000);
  assert.deepEqual([bucket.take(), bucket.take()], [true, false]);
});
