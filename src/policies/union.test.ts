import assert from "node:assert/strict";
import { test } from "node:test";
import { dutyCall, Ensemble } from "./legs-rehearsal.ts";
import { answering, failing } from "./rehearsal.ts";
import { union } from "./union.ts";

type Nodes = ConstructorParameters<typeof Ensemble>[0];

async function ask(nodes: Nodes, leastHeard = 2, ill: string[] = []) {
  const stage = new Ensemble(nodes, { leastHeard });
  for (const name of ill) stage.ill.add(name);
  const play = stage.run(union(stage.parts, stage.clock), dutyCall("union"));
  await stage.clock.advance(10_000);
  assert.equal(stage.clock.nextAt(), undefined, "no timer is left");
  return { stage, end: play.end, at: play.endedAt, detail: play.outcome?.ok === false ? play.outcome.detail : "" };
}

test("union: a validator that any node saw is never reported as unseen: all are waited for", async () => {
  const { end, at } = await ask({
    a: answering("unseen", 10),
    b: answering("seen", 3_000),
    c: answering("unseen", 20),
  });
  assert.deepEqual([end, at], ["merged unseen + seen + unseen", 3_000]);
});

test("union: with fewer answers than must be there is none, so that no second instance starts", async () => {
  const { end, detail } = await ask({
    a: answering("unseen", 10),
    b: failing("unreachable", 1),
    c: failing("not_ready"),
  });
  assert.equal(end, "no_quorum");
  assert.equal(detail, "1 of 3 nodes answered, 2 must; not b, c");
  const silent = await ask({ a: answering("unseen", 10), b: answering("unseen", 60_000) });
  assert.deepEqual([silent.end, silent.at], ["no_quorum", 3_995]);
});

test("union: one of three may be missing where two must answer, and a single node is all that there is", async () => {
  const two = await ask({ a: answering("1", 10), b: failing("unreachable", 1), c: answering("2", 5) });
  assert.equal(two.end, "merged 1 + unreachable + 2");
  assert.equal((await ask({ a: answering("1", 10) })).end, "merged 1");
});

test("union: a node that seems to be ill is asked too, and is missed when it is silent", async () => {
  const { end, stage } = await ask({ a: answering("1", 10), b: failing("unreachable", 1) }, 2, ["b"]);
  assert.deepEqual([end, stage.sent], ["no_quorum", ["0 a", "0 b"]]);
});

test("union: an ill node that is silent keeps nobody waiting when enough answered, a well one does", async () => {
  const nodes = { a: answering("1", 10), b: answering("2", 20), c: answering("3", 60_000) };
  const ill = await ask(nodes, 2, ["c"]);
  assert.deepEqual([ill.end, ill.at], ["merged 1 + 2 + timeout", 100]);
  const well = await ask(nodes, 2);
  assert.deepEqual([well.end, well.at], ["merged 1 + 2 + timeout", 3_995]);
  const few = await ask(nodes, 3, ["c"]);
  assert.deepEqual([few.end, few.at], ["no_quorum", 3_995]);
  const late = await ask({ ...nodes, b: answering("2", 2_000) }, 2, ["c"]);
  assert.deepEqual([late.end, late.at], ["merged 1 + 2 + timeout", 2_000], "of the well ones the slowest decides");
  const quick = await ask({ ...nodes, c: answering("3", 50) }, 2, ["c"]);
  assert.deepEqual([quick.end, quick.at], ["merged 1 + 2 + 3", 50]);
});

test("union: where all refuse, the client is told what for", async () => {
  assert.equal((await ask({ a: failing("doubtful_request"), b: failing("doubtful_request") })).end, "doubtful_request");
});
