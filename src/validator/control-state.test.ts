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

/** Tells `count` subscriptions that end with an epoch. */
function subscribe(state: ControlState, epoch: number, count: number): void {
  state.tell(
    "subscribe",
    Array.from({ length: count }, (_, index) => entry(`${index}/${epoch}`, "x", epoch)),
  );
}

test("control state: it is kept in parts of some thousand entries, and only those that changed are kept anew", () => {
  const state = new ControlState();
  state.tell(
    "prepare",
    Array.from({ length: 10_000 }, (_, index) => entry(`${index}`, "x")),
  );
  assert.equal(state.parts, 3);
  assert.deepEqual(state.changedParts(), [0, 1, 2]);
  state.tell("prepare", [entry("5000", "x")]);
  assert.deepEqual(state.changedParts(), [], "a repetition is no change");
  state.tell("prepare", [entry("5000", "y")]);
  assert.deepEqual(state.changedParts(), [1]);
  subscribe(state, 1, 10);
  assert.deepEqual(state.changedParts(), [3], "what ends soon is apart from what does not");
  const after = new ControlState();
  for (let part = 0; part < state.parts; part++) {
    const kept = state.export(part);
    assert.ok(Object.values(kept).every((entries) => entries.length <= 4_096));
    after.import(kept);
  }
  assert.deepEqual([after.size("prepare"), after.size("subscribe"), after.text("prepare", "5000")], [10_000, 10, "y"]);
});

test("control state: parts of what has ended are used again, so that epochs after epochs need no more of them", () => {
  const state = new ControlState();
  for (let epoch = 0; epoch < 20; epoch++) {
    subscribe(state, epoch, 10_000);
    state.prune(epoch);
  }
  assert.equal(state.size("subscribe"), 10_000);
  assert.ok(state.parts <= 9, `${state.parts} parts`);
  const entries = Array.from({ length: state.parts }, (_, part) => state.export(part)["subscribe"]?.length ?? 0);
  assert.equal(
    entries.reduce((sum, one) => sum + one, 0),
    10_000,
  );
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

test("control state: what every node refused is taken back, unless something else was told since", () => {
  const state = new ControlState();
  type News = [ControlEntry, ControlEntry | undefined];
  const tell = (...entries: ControlEntry[]) => {
    const news: News[] = [];
    state.tell("prepare", entries, (one, before) => news.push([one, before]));
    return news;
  };
  tell(entry("1", "good"), entry("2", "good"));
  const bad = tell(entry("1", "bad"), entry("2", "bad"), entry("3", "bad"));
  assert.equal(bad.length, 3);
  tell(entry("2", "better"));
  state.takeBack("prepare", bad);
  assert.deepEqual(
    ["1", "2", "3"].map((key) => state.text("prepare", key)),
    ["good", "better", undefined],
  );
  assert.deepEqual(tell(entry("1", "good")), []);
});

test("control state: entries that are large push out the oldest before they fill the memory", () => {
  const state = new ControlState();
  // Of the largest that are taken, as many as would be a gigabyte; the text is one, so that the test needs little.
  const text = "x".repeat(16_384);
  for (let chunk = 0; chunk < 64; chunk++) {
    state.tell(
      "register_validator",
      Array.from({ length: 1_024 }, (_, index) => entry(`${chunk}/${index}`, text)),
    );
    assert.ok(state.size("register_validator") <= 8_192 + 1);
  }
  assert.equal(state.text("register_validator", "63/1023"), text);
  for (let again = 0; again < 100; again++) state.tell("prepare", [entry("1", `${again}`)]);
  assert.equal(state.size("prepare"), 1);
});
