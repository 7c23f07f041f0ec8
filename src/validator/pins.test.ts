import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlockFacts } from "../core/duty.ts";
import { Pins } from "./pins.ts";

const block = (slot: number, state = `0x${slot}`): BlockFacts => ({
  slot,
  proposer: 7,
  parent: "0xp",
  state,
  feeRecipient: undefined,
  blinded: true,
});

test("pins: a signed block finds the node that produced it, more than once, as a publish may be tried again", () => {
  const pins = new Pins();
  pins.pin(block(5), "a");
  pins.pin(block(5, "0xother"), "b");
  assert.equal(pins.producer(block(5)), "a");
  assert.equal(pins.producer({ ...block(5), blinded: false }), "a");
  assert.equal(pins.producer(block(5, "0xother")), "b");
  assert.equal(pins.producer(block(6)), undefined);
});

test("pins: a payload that names only its slot is looked for at whoever produced the last block of that slot", () => {
  const pins = new Pins();
  pins.pin(block(5), "a");
  pins.pin(block(5, "0xother"), "b");
  pins.pin(block(6), "c");
  assert.deepEqual([pins.last(5), pins.last(6), pins.last(7)], ["b", "c", undefined]);
  pins.pin(block(5), "a");
  assert.equal(pins.last(5), "a", "handed out again");
});

test("pins: blocks of long ago are forgotten, and so are too many of one slot", () => {
  const pins = new Pins();
  pins.pin(block(1), "a");
  pins.pin(block(9), "a");
  assert.equal(pins.producer(block(1)), "a", "eight slots on it is still there");
  pins.pin(block(10), "a");
  assert.equal(pins.producer(block(1)), undefined);
  for (let index = 0; index < 1_000; index++) pins.pin(block(11, `0x${index}`), "a");
  assert.equal(pins.size, 256);
});

test("pins: they survive a restart as plain data", () => {
  const before = new Pins();
  before.pin(block(5), "a");
  const after = new Pins();
  after.import(JSON.parse(JSON.stringify(before.export())));
  assert.equal(after.producer(block(5)), "a");
});
