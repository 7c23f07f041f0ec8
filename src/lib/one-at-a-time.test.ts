import assert from "node:assert/strict";
import { test } from "node:test";
import { oneAtATime } from "./one-at-a-time.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("one at a time: what is wanted meanwhile is done once more, after that", async () => {
  const ends: (() => void)[] = [];
  const want = oneAtATime(
    () => new Promise((resolve) => void ends.push(resolve)),
    () => assert.fail(),
  );
  want();
  want();
  want();
  await settled();
  assert.equal(ends.length, 1);
  ends[0]?.();
  await settled();
  assert.equal(ends.length, 2);
  ends[1]?.();
  await settled();
  assert.equal(ends.length, 2);
  want();
  assert.equal(ends.length, 3);
});

test("one at a time: a failure is told, and the next time it is done again", async () => {
  const bugs: unknown[] = [];
  let times = 0;
  const want = oneAtATime(
    async () => {
      if (++times === 1) throw "broken";
    },
    (bug) => void bugs.push(bug),
  );
  want();
  await settled();
  want();
  await settled();
  assert.deepEqual([bugs, times], [["broken"], 2]);
});
