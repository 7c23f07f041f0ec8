import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleAttempt } from "../policies/rehearsal.ts";
import type { Attempt } from "./context.ts";
import { Waiting } from "./waiting.ts";

/** Lets attempts come, so many of whom wait at a time, and each of which is answered after 20 ms. */
function used(waiting: Waiting, atOnce: number, times: number): void {
  for (let round = 0; round < times; round++) {
    const all = Array.from({ length: atOnce }, () => sampleAttempt());
    for (const one of all) waiting.add(one);
    for (const one of all) {
      waiting.remove(one);
      one.endedAt = one.startedAt + 20;
      waiting.answered(one);
    }
  }
}

test("waiting: the oldest comes first, whoever leaves, and the list is told of when it stops being empty", () => {
  const waiting = new Waiting();
  let woken = 0;
  waiting.wake = () => void woken++;
  const [first, second, third] = [sampleAttempt(), sampleAttempt(), sampleAttempt()];
  for (const one of [first, second, third]) waiting.add(one);
  waiting.remove(second);
  assert.deepEqual([waiting.oldest, first.newer, waiting.size], [first, third, 2]);
  waiting.remove(first);
  assert.equal(waiting.oldest, third);
  waiting.remove(third);
  assert.deepEqual([waiting.oldest, waiting.size, woken], [undefined, 0, 1]);
});

test("waiting: whoever has k times as many ahead of him as is usual is taken to wait k times as long", () => {
  const waiting = new Waiting();
  used(waiting, 1, 300);
  const burst = Array.from({ length: 10 }, () => sampleAttempt());
  for (const one of burst) waiting.add(one);
  const behind = burst.map((one) => Math.round(waiting.behindMs(one)));
  assert.equal(behind[0], 0);
  assert.ok(Math.abs((behind[9] as number) - 9 * 20) < 40, behind.join());
});

test("waiting: whose turn has passed no longer waits for others", () => {
  const waiting = new Waiting();
  used(waiting, 1, 300);
  const burst = Array.from({ length: 5 }, () => sampleAttempt());
  for (const one of burst) waiting.add(one);
  const [passedOver, ...others] = burst.reverse() as [Attempt, ...Attempt[]];
  for (const one of others) {
    assert.ok(waiting.behindMs(passedOver) > 0);
    one.endedAt = 20;
    waiting.answered(one);
  }
  const late = sampleAttempt();
  late.endedAt = 20;
  waiting.answered(late);
  assert.equal(waiting.behindMs(passedOver), 0);
});

test("waiting: who is used to many calls at once is expected to answer as many in the usual time", () => {
  const waiting = new Waiting();
  used(waiting, 10, 100);
  const all = Array.from({ length: 10 }, () => sampleAttempt());
  for (const one of all) waiting.add(one);
  assert.ok(waiting.behindMs(all[9] as (typeof all)[0]) < 20);
});
