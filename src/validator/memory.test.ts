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

const block = (slot: number) => ({
  slot,
  proposer: 1,
  parent: "0xp",
  state: "0xs",
  feeRecipient: undefined,
  blinded: true,
});
const chain = `0x${"ab".repeat(32)}`;
const vote = (content: string) =>
  ({ index: 0, kind: "attestation", key: "attestation:7:2", content, validator: 7, source: 1, target: 2 }) as const;

function instance(store: StateStore, clock: ManualClock) {
  const pins = new Pins();
  const control = new ControlState();
  const tripWire = createTripWire();
  const surround = createSurroundGuard();
  const crashed = (bug: unknown) => {
    throw bug;
  };
  const memory = new Memory({ store, network: "beacon", clock, pins, control, surround, tripWire, crashed });
  const pin = (slot: number, upstream: string) => {
    pins.pin(block(slot), upstream);
    memory.touch("pins");
  };
  const prepare = (key: string, text: string) => {
    control.tell("prepare", [{ key, text, untilEpoch: undefined }]);
    memory.touch("control");
  };
  return { pins, control, tripWire, surround, memory, pin, prepare };
}

test("memory: who produced a block is known after a restart, in clean order or after a crash", async () => {
  for (const crash of [false, true]) {
    const clock = new ManualClock();
    const store = createMemoryStore(clock);
    const before = instance(store, clock);
    before.memory.open(chain);
    before.pin(7, "a");
    await clock.advance(500);
    if (!crash) await before.memory.close();
    const after = instance(store, clock);
    after.memory.open(chain);
    await clock.advance(1);
    assert.equal(after.pins.producer(block(7)), "a");
  }
});

test("memory: a test net that is begun anew meets nothing of the one before, nor what is not its own record", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const before = instance(store, clock);
  before.memory.open(chain);
  before.tripWire.check(vote("aa"));
  before.memory.touch("tripWire");
  before.pin(7, "a");
  await before.memory.close();
  // Roots that are the same as far as keys have them.
  const other = `${chain.slice(0, 40)}${"0".repeat(26)}`;
  for (const [root, again] of [
    [`0x${"cd".repeat(32)}`, undefined],
    [other, undefined],
    [chain, "a"],
  ] as const) {
    const after = instance(store, clock);
    after.memory.open(root);
    await clock.advance(1);
    assert.equal(after.pins.producer(block(7)), again, root);
    assert.equal(after.tripWire.check(vote("bb")) === undefined, again === undefined, root);
  }
});

test("memory: two instances keep what each knows, and one that comes later begins with what both knew, the last word first", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const [a, b] = [instance(store, clock), instance(store, clock)];
  for (const { memory } of [a, b]) memory.open(chain);
  await clock.advance(1);
  a.pin(7, "a");
  b.pin(8, "b");
  a.prepare("1", "old");
  a.memory.calm();
  await clock.advance(1_000);
  b.prepare("1", "new");
  b.memory.calm();
  await clock.advance(1_000);
  const c = instance(store, clock);
  c.memory.open(chain);
  await clock.advance(1);
  assert.deepEqual(
    [c.pins.producer(block(7)), c.pins.producer(block(8)), c.control.text("prepare", "1")],
    ["a", "b", "new"],
  );
  // What it took over is its own from then on.
  c.memory.calm();
  await clock.advance(1);
  a.memory.calm();
  await Promise.all([a, b, c].map(({ memory }) => memory.close()));
  const d = instance(store, clock);
  d.memory.open(chain);
  await clock.advance(1);
  assert.equal(d.control.text("prepare", "1"), "new");
  assert.equal(d.pins.producer(block(8)), "b");
});

test("memory: records that are damaged are passed over, and the others read", async () => {
  const clock = new ManualClock();
  const kept = createMemoryStore(clock);
  const before = instance(kept, clock);
  before.memory.open(chain);
  before.pin(7, "a");
  await before.memory.close();
  const odd = [
    null,
    3,
    "x",
    [],
    [null],
    [[1, 2]],
    { votes: 3, blocks: [[1]], others: {} },
    { prepare: [[1]] },
    [[-1, "0x", -2, -3]],
  ];
  for (const damage of [
    "",
    "{",
    "null",
    "[]",
    ...odd.map((one) => JSON.stringify({ version: 2, chain, at: 1, kept: one })),
  ]) {
    const store: StateStore = { ...kept, get: async (key) => (/pins$/.test(key) ? await kept.get(key) : damage) };
    const after = instance(store, clock);
    after.memory.open(chain);
    await clock.advance(1);
    assert.equal(after.pins.producer(block(7)), "a", damage);
    assert.deepEqual([after.control.size("prepare"), after.surround.export()], [0, []], damage);
  }
  const pins: StateStore = {
    ...kept,
    get: () => Promise.resolve(JSON.stringify({ version: 2, chain, at: 1, kept: odd })),
  };
  const after = instance(pins, clock);
  after.memory.open(chain);
  await clock.advance(1);
  assert.equal(after.pins.size, 0);
});

test("memory: a store that cannot be reached at first is read when it can, and not written over before", async () => {
  const clock = new ManualClock();
  const kept = createMemoryStore(clock);
  const before = instance(kept, clock);
  before.memory.open(chain);
  await clock.advance(1);
  before.pin(7, "a");
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
  after.memory.open(chain);
  after.pin(8, "b");
  await clock.advance(2_500);
  assert.equal(after.pins.producer(block(7)), undefined);
  trouble = undefined;
  await clock.advance(1_000);
  assert.deepEqual(
    [after.pins.producer(block(7)), after.pins.producer(block(8))],
    ["a", "b"],
    "what came meanwhile counts beside it",
  );
  await after.memory.close();
  const last = instance(kept, clock);
  last.memory.open(chain);
  await clock.advance(1);
  assert.deepEqual([last.pins.producer(block(7)), last.pins.producer(block(8))], ["a", "b"]);
});

test("memory: of many validators only the parts are written anew that changed, and all of them come back", async () => {
  const clock = new ManualClock();
  const kept = createMemoryStore(clock);
  let writes: string[] = [];
  const store: StateStore = {
    ...kept,
    set: (key, text, ttlMs) => {
      if (!key.includes("/seats/")) writes.push(key.slice(key.indexOf("/0/") + 3));
      return kept.set(key, text, ttlMs);
    },
  };
  const before = instance(store, clock);
  before.memory.open(chain);
  await clock.advance(1);
  const told = Array.from({ length: 10_000 }, (_, index) => ({ key: `${index}`, text: "x", untilEpoch: undefined }));
  before.control.tell("prepare", told);
  for (let validator = 0; validator < 10_000; validator++) before.tripWire.check({ ...vote("aa"), validator });
  const calm = async (ms: number) => {
    writes = [];
    before.memory.touch("control");
    before.memory.touch("tripWire");
    before.memory.calm();
    await clock.advance(ms);
    for (let turn = 0; turn < 20; turn++) await clock.advance(0);
    return writes;
  };
  assert.deepEqual(await calm(1), ["control", "control/1", "control/2", "tripWire", "tripWire/1", "tripWire/2"]);
  before.prepare("5000", "y");
  before.tripWire.check({ ...vote("bb"), validator: 9_999, source: 2, target: 3 });
  assert.deepEqual(await calm(1), ["control/1", "tripWire", "tripWire/2"]);
  assert.deepEqual((await calm(8 * 3_600_000)).length, 1);
  assert.deepEqual((await calm(1)).length, 6, "what does not change is renewed before it expires");
  await before.memory.close();
  const after = instance(kept, clock);
  after.memory.open(chain);
  for (let turn = 0; turn < 40; turn++) await clock.advance(0);
  assert.deepEqual([after.control.size("prepare"), after.control.text("prepare", "5000")], [10_000, "y"]);
  assert.match(after.tripWire.check({ ...vote("cc"), validator: 9_999 }) ?? "", /another vote/);
});
