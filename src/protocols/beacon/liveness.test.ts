import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, type Outcome } from "../../core/outcome.ts";
import { seededRandom } from "../../lib/random.ts";
import { mergeLiveness } from "./liveness.ts";
import { uint64List } from "./ssz.ts";
import { answerWith, callTo, pick } from "./testing.ts";

const path = "/eth/v1/validator/liveness/7";

function merged(asked: readonly number[], ...outcomes: Outcome[]) {
  const outcome = mergeLiveness(callTo("liveness", path, JSON.stringify(asked.map(String))), outcomes);
  return outcome.ok ? JSON.parse(Buffer.from(outcome.payload).toString()).data : outcome.kind;
}

function node(...live: readonly (readonly [index: number, isLive: boolean])[]): Outcome {
  return answerWith({ data: live.map(([index, is_live]) => ({ index: `${index}`, is_live })) });
}

const entry = (index: number, is_live: boolean) => ({ index: `${index}`, is_live });

test("liveness: a validator that one node saw was active, whatever the others saw", () => {
  const random = seededRandom(51);
  for (let round = 0; round < 200; round++) {
    const asked = Array.from({ length: 1 + pick(random, 20) }, (_, index) => index * 3);
    const seen = Array.from({ length: 1 + pick(random, 4) }, () => asked.map(() => random() < 0.2));
    const nodes = seen.map((live) => node(...asked.map((index, place) => [index, live[place] as boolean] as const)));
    const expected = asked.map((index, place) =>
      entry(
        index,
        seen.some((live) => live[place]),
      ),
    );
    assert.deepEqual(merged(asked, ...nodes), expected);
  }
});

test("liveness: a node that leaves a validator out makes the check void, as it may have run elsewhere", () => {
  assert.equal(merged([1, 2], node([1, false], [2, false]), node([1, false])), "no_quorum");
  assert.equal(merged([1, 2], node([1, true], [2, true]), node([1, true])), "no_quorum");
  assert.equal(merged([1], answerWith({})), "no_quorum");
  assert.equal(merged([1], node([1, false]), answerWith({ data: [{ index: "1" }] })), "no_quorum");
});

test("liveness: nodes that refused do not speak, and without any answer the refusal is told", () => {
  const off = fault("doubtful_request", "liveness tracking is not enabled");
  assert.deepEqual(merged([1], off, node([1, false])), [entry(1, false)]);
  assert.equal(merged([1], off, fault("timeout", "")), "doubtful_request");
  assert.equal(merged([1]), "no_upstream");
});

test("liveness: indices as SSZ, and answers as SSZ, are read too", () => {
  const call = callTo("liveness", path, uint64List.toSsz(["4", "5"]));
  const ssz = answerWith(Buffer.from("040000000000000001050000000000000000", "hex"));
  const outcome = mergeLiveness(call, [node([4, false], [5, false]), ssz]);
  assert.ok(outcome.ok);
  assert.deepEqual(JSON.parse(Buffer.from(outcome.payload).toString()).data, [entry(4, true), entry(5, false)]);
  assert.equal(mergeLiveness(callTo("liveness", path, Buffer.alloc(7)), []).ok, false);
  assert.equal(mergeLiveness(callTo("liveness", path, '["x"]'), [node([1, true])]).ok, false);
});
