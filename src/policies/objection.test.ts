import assert from "node:assert/strict";
import { test } from "node:test";
import { Authors } from "./authors.ts";
import { answeringWith, dutyCall, Ensemble } from "./legs-rehearsal.ts";
import { objection } from "./objection.ts";
import { answering, failing, Rehearsal, sampleAnswer } from "./rehearsal.ts";
import { retry } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";

const against = {
  objection: (_call: unknown, { payload }: { payload: Uint8Array }) =>
    `${payload}` === "bad" ? "its source is older than one served before" : undefined,
};

test("objection: an answer that one would not sign is not served, another node is asked, and the first is not blamed", async () => {
  const stage = new Ensemble({ a: answering("bad", 10), b: answering("good", 10) }, against);
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 10 }, stage.clock);
  const retrying = retry({ attempts: 3 }, { clock: stage.clock, random: () => 0.5 }, budget);
  const play = stage.run([retrying, objection(stage.parts.desk, new Authors())], dutyCall("one"));
  await stage.clock.advance(100);
  assert.equal(play.end, "good");
  assert.deepEqual(stage.heard, ["10 a bad", "20 b good"]);
});

test("objection: where nobody has another, the client is told that there is none to sign, and the operator why", async () => {
  const stage = new Ensemble({ a: answering("bad") }, against);
  const play = stage.run(objection(stage.parts.desk, new Authors()), dutyCall("one"));
  await stage.clock.advance(0);
  assert.ok(play.outcome?.ok === false);
  assert.equal(play.outcome.kind, "objectionable");
  assert.equal(play.outcome.detail, "a: its source is older than one served before");
});

test("objection: faults, definitive noes and the want of an upstream pass unchanged", async () => {
  const always = { objection: () => "no" };
  for (const [nodes, end] of [
    [{ a: failing("not_ready") }, "not_ready"],
    [{ a: answeringWith(404, "unknown") }, "unknown (404)"],
    [{}, "no_upstream"],
  ] as const) {
    const stage = new Ensemble(nodes, always);
    const play = stage.run(objection(stage.parts.desk, new Authors()), dutyCall("one"));
    await stage.clock.advance(0);
    assert.equal(play.end, end);
  }
});

test("objection: a stream that is not served is closed", async () => {
  let closed = 0;
  const rest = { read() {}, resume() {}, cancel: () => void closed++ };
  const stage = new Rehearsal([{ outcome: { ...sampleAnswer("bad"), rest } }]);
  const { desk } = new Ensemble({}, against).parts;
  stage.run(objection(desk, new Authors()), dutyCall("one"));
  await stage.clock.advance(0);
  assert.equal(closed, 1);
});
