import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { createMemoryStore } from "../state/memory.ts";
import { Seat, seats } from "./memory-seat.ts";

test("seat: each instance has its own, goes on with it, and leaves it; a crashed one's is free after five minutes", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const seat = () => new Seat(store, (number) => `seats/${number}`);
  const [a, b, c] = [seat(), seat(), seat()];
  assert.deepEqual([await a.hold(), await b.hold()], [0, 1]);
  await clock.advance(200_000);
  assert.equal(await b.hold(), 1);
  await clock.advance(200_000);
  assert.equal(await c.hold(), 0, "a was silent for too long");
  assert.equal(await a.hold(), 2, "and finds another one when it goes on");
  await b.release();
  await clock.advance(2);
  assert.equal(await seat().hold(), 1);
  for (let number = 3; number < seats; number++) assert.equal(await seat().hold(), number);
  assert.equal(await seat().hold(), undefined);
});
