import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { keepsItsWord } from "./contract.ts";
import { createMemoryStore } from "./memory.ts";

keepsItsWord("state in memory", async () => {
  const clock = new ManualClock();
  return {
    open: async () => createMemoryStore(clock),
    again: async () => createMemoryStore(clock),
    wait: (ms) => clock.advance(ms),
    shared: false,
    lasting: false,
    close: async () => {},
  };
});

test("state in memory: more entries than it holds push out the oldest", async () => {
  const store = createMemoryStore(new ManualClock());
  for (let index = 0; index <= 100_000; index++) await store.set(`${index}`, "x", 60_000);
  assert.deepEqual([await store.get("0"), await store.get("100000")], [undefined, "x"]);
});
