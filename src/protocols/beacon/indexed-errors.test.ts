import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, fault, type Outcome } from "../../core/outcome.ts";
import { seededRandom } from "../../lib/random.ts";
import { isDuplicate } from "./duplicates.ts";
import { failuresOf, mergeBroadcast, refusal, untakenBy } from "./indexed-errors.ts";
import { answerWith, pick } from "./testing.ts";

const accepted = answerWith("", {}, 200);
const known = "Verification: PriorAttestationKnown { validator_index: 3 }";

/** A node's error that names these places. */
function rejected(failures: Readonly<Record<number, string>>, asFault = true): Outcome {
  const list = Object.entries(failures).map(([index, message]) => ({ index: Number(index), message }));
  const body = { code: 400, message: "some failures", failures: list };
  return asFault ? doubtful(body) : answerWith(body, {}, 400);
}

/** As the classification of a 400 leaves it. */
function doubtful(body: unknown): Outcome {
  return fault("doubtful_request", "400", Buffer.from(JSON.stringify(body)));
}

function merged(...outcomes: Outcome[]) {
  const outcome = mergeBroadcast(outcomes, isDuplicate);
  if (!outcome.ok) return outcome.kind;
  const failures = failuresOf(outcome);
  return failures ? Object.fromEntries(failures) : outcome.status;
}

test("broadcast: one node's success is success, the whole before the half of one", () => {
  const [taken, nothing] = [answerWith("", {}, 202), answerWith("", {}, 204)];
  const failed = fault("timeout", "");
  assert.equal(merged(failed, accepted, rejected({ 0: "bad" })), 200);
  assert.equal(merged(taken, failed, accepted), 200);
  assert.equal(merged(nothing, failed, taken), 202);
  assert.equal(merged(nothing, rejected({ 0: "bad" })), 204);
});

test("broadcast: messages that each were taken by some node are a success", () => {
  assert.equal(merged(rejected({ 0: "unknown head" }), rejected({ 1: "unknown head" })), 200);
  assert.equal(merged(rejected({ 0: "bad" }, false), rejected({ 1: "bad" }), fault("timeout", "")), 200);
  assert.equal(merged(rejected({ 0: known, 1: known })), 200);
  assert.equal(merged(rejected({ 0: "bad" }), rejected({ 0: known })), 200);
});

test("broadcast: what every node that answered rejected is rejected, with the first reason that is one", () => {
  assert.deepEqual(merged(rejected({ 0: "A", 2: "B" }), rejected({ 2: "C", 5: "D" })), { 2: "B" });
  assert.deepEqual(merged(fault("timeout", ""), rejected({ 0: "A" }), fault("not_ready", "")), { 0: "A" });
  assert.deepEqual(merged(doubtful({ code: 400, message: "malformed" }), rejected({ 1: "A" })), { 1: "A" });
});

test("broadcast: the merge is the one that its rule says, whatever nodes answer", () => {
  const random = seededRandom(41);
  for (let round = 0; round < 1_000; round++) {
    const nodes = Array.from({ length: 1 + pick(random, 4) }, () =>
      Array.from({ length: 6 }, () => ["taken", known, "bad"][pick(random, 3)] as string),
    );
    const outcomes = nodes.map((says) => {
      const failures = Object.fromEntries(says.flatMap((word, index) => (word === "taken" ? [] : [[index, word]])));
      return Object.keys(failures).length > 0 ? rejected(failures) : accepted;
    });
    const lost = [0, 1, 2, 3, 4, 5].filter((index) => nodes.every((says) => says[index] === "bad"));
    assert.deepEqual(merged(...outcomes), lost.length > 0 ? Object.fromEntries(lost.map((at) => [at, "bad"])) : 200);
  }
});

test("broadcast: without anything by index a rejection is told, then what may pass, then the rest", () => {
  const wrong = doubtful({ code: 400, message: "Invalid block" });
  const [late, absent] = [fault("timeout", ""), fault("unsupported", "")];
  assert.equal(mergeBroadcast([late, wrong, absent], isDuplicate), wrong);
  assert.equal(mergeBroadcast([absent, late], isDuplicate), late);
  assert.equal(mergeBroadcast([absent], isDuplicate), absent);
  assert.equal(merged(), "no_upstream");
});

test("indexed errors: indices may be quoted, and lists that make no sense are none", () => {
  const read = (failures: unknown) => failuresOf(doubtful({ code: 400, message: "", failures }));
  assert.deepEqual(
    read([
      { index: "3", message: "a" },
      { index: 3, message: "b" },
    ]),
    new Map([[3, "a"]]),
  );
  assert.deepEqual(read([{ index: 1 }]), new Map([[1, ""]]));
  assert.equal(read([{ index: 1, message: "x".repeat(5_000) }])?.get(1)?.length, 1_000);
  for (const failures of [[], {}, [null], [{ index: -1 }], [{ index: 1e15 }], [{ message: "a" }], "x", undefined]) {
    assert.equal(read(failures), undefined);
  }
  assert.equal(failuresOf(accepted), undefined);
  assert.equal(failuresOf(fault("server_error", "")), undefined);
});

test("refusal: the client hears of each message that was not sent, beside what became of the others", () => {
  const refused = new Map([
    [1, "contradicts"],
    [3, "surrounds"],
  ]);
  const told = (rest: Outcome | undefined) => Object.fromEntries(failuresOf(refusal(refused, rest)) ?? []);
  const both = { 1: "contradicts", 3: "surrounds" };
  assert.deepEqual(told(accepted), both);
  assert.deepEqual(told(undefined), both);
  // Of five messages those at 0, 2 and 4 were sent: as 0, 1 and 2.
  assert.deepEqual(told(rejected({ 0: "A", 1: "B", 2: "C" })), { ...both, 0: "A", 2: "B", 4: "C" });
  const answer = refusal(refused, accepted) as Answer;
  assert.deepEqual([answer.status, answer.failed], [400, true]);
  const lost = fault("timeout", "");
  assert.equal(refusal(refused, lost), lost);
});

test("broadcast: nobody took what all refused who may have had it, and whoever is silent may have taken it", () => {
  const whole = doubtful({ code: 400, message: "malformed" });
  const table: [outcomes: Outcome[], untaken: number[]][] = [
    [[rejected({ 0: "bad", 2: "bad" }), rejected({ 2: "bad", 3: "bad" }, false)], [2]],
    [[rejected({ 1: "bad" }), whole], [1]],
    [[whole], [0, 1, 2, 3]],
    [[rejected({ 0: "bad", 1: known }), whole], [0]],
    [[rejected({ 0: "bad" }), fault("unreachable", "")], [0]],
    [[rejected({ 0: "bad" }), fault("not_ready", "")], [0]],
    [[rejected({ 0: "bad" }), fault("timeout", "")], []],
    [[rejected({ 0: "bad" }), fault("server_error", "")], []],
    [[rejected({ 0: "bad" }), accepted], []],
    [[fault("unreachable", "")], []],
    [[], []],
  ];
  for (const [outcomes, untaken] of table) {
    assert.deepEqual([...untakenBy(outcomes, [0, 1, 2, 3], isDuplicate)], untaken, JSON.stringify(outcomes));
  }
});
