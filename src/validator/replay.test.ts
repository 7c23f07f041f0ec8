import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlEntry } from "../core/duty.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import { sampleAnswer } from "../observe/sample-fleet.ts";
import { ControlState } from "./control-state.ts";
import { Hearing } from "./hearing.ts";
import type { Node } from "./node.ts";
import { Replay } from "./replay.ts";

/** A node that has heard nothing of what two validators told, and answers as said. */
function setUp(answers: Outcome[]) {
  const control = new ControlState();
  const entries = ["1", "2"].map((key) => ({ key, text: `{"validator_index":"${key}"}`, untilEpoch: undefined }));
  control.tell("prepare_beacon_proposer", entries);
  const hearing = new Hearing(control);
  const told: string[] = [];
  const probe = (call: string) => {
    told.push(call);
    return Promise.resolve(answers.shift() ?? sampleAnswer);
  };
  const node = { hearing, upstream: { id: "a", probe } } as unknown as Node;
  const heard: string[] = [];
  const replay = new Replay({
    control,
    protocol: {
      questions: { control: (_: string, some: readonly ControlEntry[]) => some.map(({ key }) => key).join() },
    } as never,
    epoch: () => 5,
    wants: () => true,
    timeoutMs: 1_000,
    told: (_, kind, count, well) => heard.push(`${kind} ${count} ${well} knows ${hearing.knows(kind)}`),
    crashed: (bug) => {
      throw bug;
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { replay, node, heard, told, settle };
}

test("replay: a node that acknowledged what validators told knows it the moment that this is told of", async () => {
  const { replay, node, heard, settle } = setUp([]);
  replay.catchUp(node);
  await settle();
  assert.deepEqual(heard, ["prepare_beacon_proposer 2 true knows true"]);
  replay.catchUp(node);
  await settle();
  assert.equal(heard.length, 1, "and it is not told again");
});

test("replay: what a node did not acknowledge is told again the next time", async () => {
  const { replay, node, heard, settle } = setUp([fault("timeout", "no answer")]);
  replay.catchUp(node);
  await settle();
  replay.catchUp(node);
  await settle();
  assert.deepEqual(heard, ["prepare_beacon_proposer 2 false knows false", "prepare_beacon_proposer 2 true knows true"]);
});

test("replay: one entry that a node refuses keeps no other from it, and a node that takes nothing has heard nothing", async () => {
  const refused = fault("doubtful_request", "HTTP 400");
  const one = setUp([refused, refused, sampleAnswer]);
  one.replay.catchUp(one.node);
  await one.settle();
  assert.deepEqual(one.told, ["1,2", "1", "2"]);
  assert.deepEqual(one.heard, ["prepare_beacon_proposer 2 true knows true"]);
  const all = setUp([refused, refused, refused]);
  all.replay.catchUp(all.node);
  await all.settle();
  assert.deepEqual(all.heard, ["prepare_beacon_proposer 2 false knows false"]);
});
