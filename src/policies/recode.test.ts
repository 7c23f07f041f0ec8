import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import { CallContext } from "../core/context.ts";
import type { DutyProtocol } from "../core/duty.ts";
import { fault } from "../core/outcome.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { broadcast } from "./broadcast.ts";
import { dutyCall, Ensemble, publish } from "./legs-rehearsal.ts";
import { recode } from "./recode.ts";
import { answering, failing, sampleAnswer } from "./rehearsal.ts";
import { retry } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";

/** The call with its encoding, which stands in its path too so that one sees what was sent. */
function encoded(call: Call, encoding: string): Call {
  const headers = { accept: encoding, "content-type": encoding };
  return { ...call, wire: { ...call.wire, path: encoding, headers, body: call.wire.body } };
}

const protocol: Partial<DutyProtocol> = {
  recode: (call) => encoded(call, call.wire.path === "ssz" ? "json" : "ssz"),
  recodeAnswer: ({ wire }, { payload }) =>
    sampleAnswer(`${payload}`.startsWith(wire.path) ? `${payload}` : `${wire.path} of ${payload}`),
};

const refusing = failing("unsupported_encoding", 5);
const ssz = encoded(dutyCall("one"), "ssz");
const json = encoded(dutyCall("one"), "json");

/** Several calls, one after the other. */
async function ask(stage: Ensemble, ...calls: Call[]): Promise<(string | undefined)[]> {
  const policy = recode(stage.parts.protocol, stage.parts.selector, stage.clock);
  const ends: (string | undefined)[] = [];
  for (const call of calls) {
    const play = stage.run(policy, call);
    await stage.clock.advance(1_000);
    ends.push(play.end);
  }
  return ends;
}

test("recode: a node that does not know SSZ is asked again in JSON, and the client gets what it asked for", async () => {
  const stage = new Ensemble({ a: [refusing, answering("json answer", 5)] }, {}, protocol);
  assert.deepEqual(await ask(stage, ssz), ["ssz of json answer"]);
  assert.deepEqual(stage.sent, ["0 a ssz", "5 a json"]);
  assert.deepEqual(stage.heard, ["5 a unsupported_encoding", "10 a json answer"]);
  assert.deepEqual(
    stage.seen.map(({ attempts }) => attempts.map(({ reason }) => reason)),
    [
      ["primary", "retry"],
      ["primary", "retry"],
    ],
  );
});

test("recode: when one knows neither encoding, another node is asked", async () => {
  const stage = new Ensemble({ a: refusing, b: answering("ssz", 5) }, {}, protocol);
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 10 }, stage.clock);
  const retrying = retry({ attempts: 3 }, { clock: stage.clock, random: () => 0.5 }, budget);
  const play = stage.run([retrying, recode(stage.parts.protocol, stage.parts.selector, stage.clock)], ssz);
  await stage.clock.advance(100);
  assert.deepEqual([play.end, stage.sent], ["ssz", ["0 a ssz", "5 a json", "10 b ssz"]]);
});

test("recode: however many encodings clients think of, only some thousands are remembered", async () => {
  const stage = new Ensemble({ a: answering() }, {}, { ...protocol, recode: (call) => encoded(call, "json") });
  const asked: string[] = [];
  const chain = recode(
    stage.parts.protocol,
    stage.parts.selector,
    stage.clock,
  )((call) => {
    asked.push(call.wire.path);
    return Promise.resolve(call.wire.path === "json" ? sampleAnswer("json") : fault("unsupported_encoding", "no"));
  });
  const ask = (count: number) => chain(encoded(ssz, `e${count}`), new CallContext(new Cancellation(), 4_000));
  for (let count = 0; count <= 4_096; count++) await ask(count);
  asked.length = 0;
  for (const count of [4_096, 1, 0]) await ask(count);
  assert.deepEqual(asked, ["json", "json", "e0", "json"]);
});

test("recode: from then on that node is sent JSON at once, other methods and encodings are left alone", async () => {
  const stage = new Ensemble({ a: [refusing, answering("json", 5)] }, {}, protocol);
  const other = { ...ssz, method: "another" };
  assert.deepEqual(await ask(stage, ssz, ssz, json, other), ["ssz of json", "ssz of json", "json", "ssz of json"]);
  assert.deepEqual(stage.sent, ["0 a ssz", "5 a json", "1000 a json", "2000 a json", "3000 a ssz"]);
});

test("recode: after an hour the node may have learned it, and is tried again", async () => {
  const stage = new Ensemble({ a: [refusing, answering("json", 5)] }, {}, protocol);
  const policy = recode(stage.parts.protocol, stage.parts.selector, stage.clock);
  for (const ms of [3_600_000, 10]) {
    stage.run(policy, ssz);
    await stage.clock.advance(ms);
  }
  stage.run(policy, ssz);
  await stage.clock.advance(10);
  assert.deepEqual(
    stage.sent.map((one) => one.split(" ")[2]),
    ["ssz", "json", "json", "ssz"],
  );
});

test("recode: a node that was updated and knows JSON no longer is asked as the client asked", async () => {
  const stage = new Ensemble({ a: [refusing, answering("json"), refusing, answering("ssz answer")] }, {}, protocol);
  assert.deepEqual(await ask(stage, ssz, ssz, ssz), ["ssz of json", "ssz answer", "ssz answer"]);
  assert.deepEqual(
    stage.sent.map((one) => one.split(" ")[2]),
    ["ssz", "json", "json", "ssz", "ssz"],
  );
});

test("recode: a node that knows neither is asked twice, and not remembered for what did not help", async () => {
  const stage = new Ensemble({ a: refusing }, {}, protocol);
  assert.deepEqual(await ask(stage, ssz, ssz), ["unsupported_encoding", "unsupported_encoding"]);
  assert.deepEqual(
    stage.sent.map((one) => one.split(" ")[2]),
    ["ssz", "json", "ssz", "json"],
  );
});

test("recode: what cannot be put otherwise, and any other fault, is passed on", async () => {
  const plain = new Ensemble({ a: refusing }, {}, { ...protocol, recode: () => undefined });
  assert.deepEqual(await ask(plain, ssz), ["unsupported_encoding"]);
  assert.equal(plain.sent.length, 1);
  const failed = new Ensemble({ a: failing("server_error") }, {}, protocol);
  assert.deepEqual(await ask(failed, ssz), ["server_error"]);
  assert.deepEqual(await ask(new Ensemble({}, {}, protocol), ssz), ["no_upstream"]);
});

test("recode: an answer in an encoding that was not asked for is put right, a reply to a publish is left as it is", async () => {
  const stage = new Ensemble({ a: answering("json") }, {}, protocol);
  assert.deepEqual(await ask(stage, ssz, encoded(publish(), "ssz")), ["ssz of json", "json"]);
});

test("recode: an answer that only another client could read is none, and that node's refusal is told", async () => {
  const stage = new Ensemble({ a: [refusing, answering("json")] }, {}, { ...protocol, recodeAnswer: () => undefined });
  assert.deepEqual(await ask(stage, ssz), ["unsupported_encoding"]);
  assert.equal(stage.sent.length, 2);
});

test("recode: a block that several nodes refuse is transcoded once", async () => {
  let times = 0;
  const counting: Partial<DutyProtocol> = {
    ...protocol,
    recode(call) {
      times++;
      return encoded(call, "json");
    },
  };
  const stage = new Ensemble({ a: [refusing, answering("1")], b: [refusing, answering("1")] }, {}, counting);
  const chain = [broadcast(stage.parts, stage.clock), recode(stage.parts.protocol, stage.parts.selector, stage.clock)];
  const play = stage.run(chain, encoded(publish(), "ssz"));
  await stage.clock.advance(10_000);
  assert.deepEqual([play.end, times, stage.sent.length], ["1", 1, 4]);
});

test("recode: who left is not asked for again", async () => {
  const stage = new Ensemble({ a: refusing }, {}, protocol);
  const play = stage.run(recode(stage.parts.protocol, stage.parts.selector, stage.clock), ssz);
  play.context.cancellation.cancel();
  await stage.clock.advance(100);
  assert.equal(stage.sent.length, 1);
});
