import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { createStream, type Reader, snapshotOf } from "./stream.ts";

/** Somebody who reads, or does not. */
function reader() {
  const seen: string[] = [];
  const made = { seen, ended: false, gone: false, writableLength: 0 };
  const self: Reader = {
    get writableLength() {
      return made.writableLength;
    },
    write: (text: string) => seen.push(text) > 0,
    end: () => {
      made.ended = true;
      return self as never;
    },
    destroy: () => {
      made.gone = true;
      return self as never;
    },
  };
  return Object.assign(made, { self });
}

function streamed() {
  const clock = new ManualClock();
  const found = { text: "a", looks: 0, fails: false };
  const failures: string[] = [];
  const look = async () => {
    found.looks++;
    if (found.fails) throw new Error("no");
    return { mark: found.text, frame: found.text };
  };
  const stream = createStream(clock, look, (error) => failures.push(error.message));
  /** Lets time pass, with what is waited for in between. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      await clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, found, failures, stream, pass };
}

test("stream: readers hear at once how things are, then only of changes, and now and then that it lives", async () => {
  const { found, stream, pass } = streamed();
  const [one, two] = [reader(), reader()];
  stream.add(one.self);
  await pass(5_000);
  assert.deepEqual(one.seen, ["a"]);
  stream.add(two.self);
  found.text = "b";
  await pass(2_000);
  assert.deepEqual(one.seen, ["a", "b"]);
  assert.deepEqual(two.seen, ["b"]);
  await pass(20_000);
  assert.deepEqual(one.seen, ["a", "b", ": alive\n\n"]);
});

test("stream: many readers cost one look a second, and none at all once they have left", async () => {
  const { found, stream, pass } = streamed();
  const all = Array.from({ length: 40 }, reader);
  assert.equal(all.filter(({ self }) => stream.add(self)).length, 32);
  await pass(10_000);
  assert.ok(found.looks >= 9 && found.looks <= 11, String(found.looks));
  for (const { self } of all) stream.remove(self);
  const before = found.looks;
  await pass(5_000);
  assert.equal(found.looks, before);
});

test("stream: who does not read what is sent is let go, the others stay", async () => {
  const { found, stream, pass } = streamed();
  const [slow, quick] = [reader(), reader()];
  stream.add(slow.self);
  stream.add(quick.self);
  await pass(1_000);
  slow.writableLength = 1_000_000;
  found.text = "b";
  await pass(2_000);
  assert.deepEqual([slow.gone, slow.seen], [true, ["a"]]);
  assert.deepEqual([quick.gone, quick.seen], [false, ["a", "b"]]);
});

test("stream: a look that fails is told, and the next one is sent; an end of the proxy ends it", async () => {
  const { found, failures, stream, pass } = streamed();
  const one = reader();
  found.fails = true;
  stream.add(one.self);
  await pass(1_000);
  assert.ok(failures.length > 0);
  found.fails = false;
  await pass(2_000);
  assert.deepEqual(one.seen, ["a"]);
  stream.close();
  assert.ok(one.ended);
});

test("stream: a small status is sent whole, of a big one its summary; that time passes is no change", () => {
  const small = { summary: "Serving.", uptimeSeconds: 5, networks: ["x"] };
  assert.equal(snapshotOf(small).frame, `event: status\ndata: ${JSON.stringify(small)}\n\n`);
  assert.equal(snapshotOf(small).mark, snapshotOf({ ...small, uptimeSeconds: 6 }).mark);
  assert.notEqual(snapshotOf(small).mark, snapshotOf({ ...small, networks: ["y"] } as typeof small).mark);
  const big = { ...small, networks: Array.from({ length: 9_000 }, (_, index) => `upstream-${index}`) };
  assert.equal(snapshotOf(big).frame, 'event: changed\ndata: "Serving."\n\n');
});
