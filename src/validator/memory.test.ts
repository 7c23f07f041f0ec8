import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateStore } from "../core/store.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createMemoryStore } from "../state/memory.ts";
import { ControlState } from "./control-state.ts";
import { Memory } from "./memory.ts";
import { Pins } from "./pins.ts";
import { createSurroundGuard } from "./surround.ts";
import { createTripWire } from "./trip-wire.ts";

const block = { slot: 7, proposer: 1, parent: "0xp", state: "0xs", feeRecipient: undefined, blinded: true };

function instance(store: StateStore, clock: ManualClock) {
  const pins = new Pins();
  const memory = new Memory({
    store,
    network: "beacon",
    clock,
    pins,
    control: new ControlState(),
    surround: createSurroundGuard(),
    tripWire: createTripWire(),
    crashed: (bug) => {
      throw bug;
    },
  });
  return { pins, memory };
}

test("memory: who produced a block is known after a restart", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const before = instance(store, clock);
  before.memory.load();
  before.pins.pin(block, "a");
  before.memory.touch("pins");
  await clock.advance(500);
  await before.memory.close();
  const after = instance(store, clock);
  after.memory.load();
  await clock.advance(1);
  assert.equal(after.pins.producer(block), "a");
});

test("memory: a store that cannot be reached at first is read when it can, and not written over before", async () => {
  const clock = new ManualClock();
  const kept = createMemoryStore(clock);
  const before = instance(kept, clock);
  before.memory.load();
  await clock.advance(1);
  before.pins.pin(block, "a");
  before.memory.touch("pins");
  await before.memory.close();
  let trouble: string | undefined = "no connection to Redis: ECONNREFUSED";
  const store: StateStore = {
    ...kept,
    get: (key) => (trouble === undefined ? kept.get(key) : Promise.resolve(undefined)),
    get trouble() {
      return trouble;
    },
  };
  const after = instance(store, clock);
  after.memory.load();
  after.pins.pin({ ...block, slot: 8 }, "b");
  after.memory.touch("pins");
  await clock.advance(2_500);
  assert.equal(after.pins.producer(block), undefined);
  trouble = undefined;
  await clock.advance(1_000);
  assert.deepEqual(
    [after.pins.producer(block), after.pins.producer({ ...block, slot: 8 })],
    ["a", "b"],
    "what came meanwhile counts beside it",
  );
  await after.memory.close();
  assert.match((await kept.get("validators/beacon/pins")) ?? "", /"7:0xs".*"8:0xs"|"8:0xs".*"7:0xs"/s);
});
