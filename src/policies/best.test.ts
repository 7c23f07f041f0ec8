import assert from "node:assert/strict";
import { test } from "node:test";
import { CallContext } from "../core/context.ts";
import type { Handler } from "../core/policy.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { best } from "./best.ts";
import { answeringWith, dutyCall, Ensemble } from "./legs-rehearsal.ts";
import { answering, failing, sampleAnswer } from "./rehearsal.ts";

type Nodes = ConstructorParameters<typeof Ensemble>[0];

async function ask(nodes: Nodes, protocol: ConstructorParameters<typeof Ensemble>[2] = {}, width?: number) {
  const stage = new Ensemble(nodes, { width: () => width }, protocol);
  const play = stage.run(best(stage.parts, stage.clock), dutyCall("best"));
  await stage.clock.advance(10_000);
  assert.equal(stage.clock.nextAt(), undefined, "no timer is left");
  return { stage, end: play.end, at: play.endedAt, play };
}

test("best: the most valuable block that is there in time is proposed", async () => {
  const table: [Nodes, end: string, at: number][] = [
    [{ a: answering("1", 10), b: answering("3", 20), c: answering("2", 30) }, "3", 30],
    [{ a: answering("1", 10), b: answering("3", 1_100), c: answering("2", 900) }, "2", 1_000],
    [{ a: answering("1", 1_500), b: answering("3", 1_600) }, "1", 1_500],
    [{ a: answering("1", 10), b: failing("timeout", 100) }, "1", 100],
    [{ a: failing("unreachable", 10), b: failing("timeout", 1_100), c: answering("0", 1_200) }, "0", 1_200],
  ];
  for (const [nodes, end, at] of table) {
    const told = await ask(nodes);
    assert.deepEqual([told.end, told.at], [end, at]);
  }
});

test("best: those that are not waited for are called off, and their attempts are told", async () => {
  const { stage } = await ask({ a: answering("1", 10), b: answering("3", 2_000) });
  assert.deepEqual(stage.heard, ["10 a 1", "1000 b cancelled"]);
});

test("best: of equals the most welcome node is chosen", async () => {
  assert.equal((await ask({ a: answering("2.0", 20), b: answering("2.00", 10) })).end, "2.0");
});

test("best: an answer of no use is never taken for one", async () => {
  const nan = await ask({ a: answering("null", 10), b: answering("1", 2_000) });
  assert.deepEqual([nan.end, nan.at], ["1", 2_000]);
  const useless = { score: () => Number.NEGATIVE_INFINITY };
  assert.equal((await ask({ a: answering("1"), b: answering("2") }, useless)).end, "bad_result");
  assert.equal((await ask({ a: answering("1"), b: failing("missing_data") }, useless)).end, "bad_result");
});

test("best: when nobody has it, the client is told what says most", async () => {
  const table: [Nodes, end: string][] = [
    [{ a: failing("missing_data", 1), b: failing("missing_data", 2) }, "missing_data"],
    [{ a: failing("missing_data", 1), b: failing("not_ready", 2) }, "not_ready"],
    [{ a: failing("not_ready", 2), b: failing("missing_data", 3) }, "not_ready"],
    [{ a: failing("timeout", 1), b: answeringWith(400, "bad slot", 2) }, "bad slot (400)"],
  ];
  for (const [nodes, end] of table) assert.equal((await ask(nodes)).end, end);
});

test("best: just before the deadline the client is told what the nodes said, not merely that time is up", async () => {
  const { end, at } = await ask({ a: failing("missing_data", 1), b: answering("1", 60_000) });
  assert.deepEqual([end, at], ["timeout", 3_995]);
});

test("best: each is asked once, as one of several", async () => {
  const { stage, play } = await ask({ a: answering("1", 10), b: answering("3", 20) });
  assert.deepEqual(stage.sent, ["0 a", "0 b"]);
  assert.deepEqual(
    play.context.attempts.map(({ reason }) => reason),
    ["fan_out", "fan_out"],
  );
});

test("best: nodes that seem to be ill are asked when nobody is well, and nobody at all is a fault that says so", async () => {
  const stage = new Ensemble({ a: answering("1", 10) });
  stage.ill.add("a");
  const play = stage.run(best(stage.parts, stage.clock), dutyCall("best"));
  await stage.clock.advance(10);
  assert.equal(play.end, "1");
  const nobody = await ask({});
  assert.deepEqual(
    [nobody.end, nobody.play.outcome?.ok === false && nobody.play.outcome.detail],
    ["no_upstream", "all were asked"],
  );
});

test("best: answers are gathered whole, and one that comes too late is closed if it is not", async () => {
  let closed = 0;
  const rest = { read() {}, resume() {}, cancel: () => void closed++ };
  const stage = new Ensemble({ a: answering("1", 10), b: answering("2", 20) });
  // Deaf to being called off, as a transport is that already has its answer.
  const handler: Handler = (call, context) =>
    context.only?.id === "a"
      ? stage.handler(call, context)
      : new Promise((resolve) => {
          stage.clock.schedule(2_000, () => resolve({ ...sampleAnswer("["), rest }));
        });
  const asked = best(stage.parts, stage.clock)(handler)(dutyCall("best"), new CallContext(new Cancellation(), 4_000));
  await stage.clock.advance(1_000);
  assert.deepEqual(await asked, sampleAnswer("1"));
  assert.equal(stage.seen[0]?.shared, true);
  await stage.clock.advance(1_000);
  assert.equal(closed, 1);
});

test("best: a bug of ours in reading an answer ends the call as a bug, not in silence", async () => {
  const bad = () => {
    throw new Error("unreadable");
  };
  const { end, play, stage } = await ask({ a: answering("1", 10), b: answering("2", 2_000) }, { score: bad });
  assert.equal(end, "bug");
  assert.equal(String(play.bug), "Error: unreadable");
  assert.deepEqual(stage.heard, ["10 a 1", "1000 b cancelled"]);
});

test("best: a bug in one leg does not lose the others", async () => {
  for (const bug of ["bug", "bug at once"] as const) {
    const { end, stage } = await ask({ a: bug, b: answering("1", 20) });
    assert.equal(end, "1");
    assert.equal(stage.bugs.length, 1);
  }
});

test("best: where few are asked, the next takes the place of one that fails, and as many again are asked when all are silent", async () => {
  const dead = failing("unreachable", 5);
  const table: [Nodes, width: number, end: string, at: number, sent: string[]][] = [
    [{ a: answering("1", 10), b: answering("2", 20), c: answering("9", 5) }, 2, "2", 20, ["0 a", "0 b"]],
    [{ a: dead, b: answering("2", 20), c: answering("9", 5) }, 2, "9", 20, ["0 a", "0 b", "5 c"]],
    [{ a: dead, b: dead, c: dead, d: answering("1", 30) }, 2, "1", 35, ["0 a", "0 b", "5 c", "5 d"]],
    [{ a: answering("9", 1_400), b: answering("1", 50), c: answering("2", 50) }, 1, "1", 1_000, ["0 a", "500 b"]],
    [{ a: answering("9", 600), b: answering("1", 10), c: answering("2", 10) }, 1, "9", 600, ["0 a", "500 b"]],
    [{ a: failing("timeout", 700), b: failing("timeout", 900) }, 1, "timeout", 1_400, ["0 a", "500 b"]],
    [
      {
        a: answering("9", 3_000),
        b: answering("9", 3_000),
        c: answering("1", 50),
        d: answering("2", 90),
        e: dead,
        f: dead,
      },
      1,
      "1",
      1_050,
      ["0 a", "500 b", "1000 c", "1000 d", "1000 e", "1000 f"],
    ],
    [{ a: answering("9", 700), b: answering("1", 10) }, 5, "9", 700, ["0 a", "0 b"]],
  ];
  for (const [nodes, width, end, at, sent] of table) {
    const told = await ask(nodes, {}, width);
    assert.deepEqual([told.end, told.at, told.stage.sent], [end, at, sent]);
  }
});
