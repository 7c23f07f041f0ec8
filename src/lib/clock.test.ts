import assert from "node:assert/strict";
import { test } from "node:test";
import { unbounded } from "./clock.ts";
import { ManualClock } from "./manual-clock.ts";

const day = 86_400_000;

/** A clock in virtual time that, as Node's timers do, makes a delay of more than 2^31 - 1 ms one of 1 ms. */
function hasty() {
  const time = new ManualClock();
  const clock = unbounded({
    now: () => time.now(),
    epoch: () => time.epoch(),
    schedule: (ms, task) => time.schedule(ms > 2_147_483_647 ? 1 : ms, task),
  });
  return { time, clock };
}

test("clock: what is due in two months is not done before, and not at once", async () => {
  for (const days of [1, 24, 25, 60]) {
    const { time, clock } = hasty();
    const doneAt: number[] = [];
    clock.schedule(days * day, () => doneAt.push(time.now()));
    await time.advance(100 * day);
    assert.deepEqual(doneAt, [days * day], `${days} days`);
  }
});

test("clock: a long wait can be called off, however far it is", async () => {
  for (const days of [1, 40]) {
    const { time, clock } = hasty();
    let done = false;
    const due = clock.schedule(60 * day, () => (done = true));
    await time.advance(days * day);
    due.cancel();
    await time.advance(100 * day);
    assert.equal(done, false);
  }
});
