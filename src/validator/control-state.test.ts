import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlEntry } from "../core/duty.ts";
import { ControlState } from "./control-state.ts";
import { Hearing } from "./hearing.ts";

const entry = (key: string, text = `{"validator_index":"${key}"}`, untilEpoch?: number): ControlEntry => ({
  key,
  text,
  untilEpoch,
});

const texts = (entries: readonly ControlEntry[]) => entries.map(({ text }) => text);

test("control state: a validator's last word counts, and others keep theirs", () => {
  const state = new ControlState();
  state.tell("prepare", [entry("1", "a"), entry("2", "b")]);
  state.tell("prepare", [entry("1", "c")]);
  assert.deepEqual(texts(state.since("prepare", 0, 0)), ["c", "b"]);
  assert.equal(state.text("prepare", "1"), "c");
});

test("control state: who heard the first telling is told only what came later", () => {
  const state = new ControlState();
  const first = state.tell("prepare", [entry("1"), entry("2")]);
  state.tell("prepare", [entry("2", "new")]);
  assert.deepEqual(texts(state.since("prepare", first, 0)), ["new"]);
});

test("control state: subscriptions of past epochs are neither told again nor kept", () => {
  const state = new ControlState();
  state.tell("subscribe", [entry("a", "old", 4), entry("b", "new", 6)]);
  assert.deepEqual(texts(state.since("subscribe", 0, 5)), ["new"]);
  state.prune(5);
  assert.equal(state.size("subscribe"), 1);
});

test("control state: what was kept across a restart comes back, and yields to what was told since", () => {
  const before = new ControlState();
  before.tell("prepare", [entry("1", "old"), entry("2", "kept", 9)]);
  const after = new ControlState();
  after.tell("prepare", [entry("1", "newer")]);
  after.import(JSON.parse(JSON.stringify(before.export())));
  assert.deepEqual(texts(after.since("prepare", 0, 0)), ["newer", "kept"]);
  assert.deepEqual(after.since("prepare", 0, 0)[1]?.untilEpoch, 9);
});

test("control state: more entries than any operator has push out the oldest, and memory stays bounded", () => {
  const state = new ControlState();
  for (let round = 0; round < 201; round++) {
    state.tell(
      "prepare",
      Array.from({ length: 1_000 }, (_, index) => entry(`${round * 1_000 + index}`, "x")),
    );
  }
  assert.equal(state.size("prepare"), 200_000);
  assert.equal(state.text("prepare", "0"), undefined);
  assert.equal(state.text("prepare", "200999"), "x");
});

test("hearing: a node that missed a telling is behind until it is told again", () => {
  const state = new ControlState();
  const node = new Hearing(state);
  node.acknowledge("prepare", state.tell("prepare", [entry("1")]));
  assert.deepEqual(node.behind(), []);
  state.tell("prepare", [entry("2")]);
  assert.ok(!node.knows("prepare"));
  const third = state.tell("prepare", [entry("3")]);
  node.acknowledge("prepare", third);
  assert.deepEqual(node.behind(), ["prepare"], "it has the third and not the second");
  node.caughtUp("prepare", 2);
  assert.deepEqual(node.behind(), []);
});

test("hearing: a node that missed a mere repetition still knows what there is to know", () => {
  const state = new ControlState();
  const node = new Hearing(state);
  node.acknowledge("prepare", state.tell("prepare", [entry("1")]));
  state.tell("prepare", [entry("1")]);
  assert.ok(node.knows("prepare"));
  assert.deepEqual(node.behind(), ["prepare"], "but its memory may run out, so it is told again");
});

test("hearing: a node that restarted knows nothing", () => {
  const state = new ControlState();
  const node = new Hearing(state);
  node.acknowledge("prepare", state.tell("prepare", [entry("1")]));
  node.forget();
  assert.ok(!node.knows("prepare"));
  assert.equal(node.life, 1);
  assert.deepEqual(texts(state.since("prepare", node.heard("prepare"), 0)), [entry("1").text]);
});

test("hearing: before anybody was told anything, every node knows it all", () => {
  assert.ok(new Hearing(new ControlState()).knows("prepare"));
});
