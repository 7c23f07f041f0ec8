import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultKind } from "../core/outcome.ts";
import { deadline } from "./deadline.ts";
import { answeringWith, dutyCall, Ensemble, publish } from "./legs-rehearsal.ts";
import { producer } from "./producer.ts";
import { answering, failing } from "./rehearsal.ts";

type Nodes = ConstructorParameters<typeof Ensemble>[0];

async function ask(nodes: Nodes, call = publish("producer"), ill: readonly string[] = []) {
  const stage = new Ensemble(nodes);
  for (const name of ill) stage.ill.add(name);
  const play = stage.run([deadline(stage.clock), producer(stage.parts, stage.clock)], call);
  await stage.clock.advance(30_000);
  assert.equal(stage.clock.nextAt(), undefined, "no timer is left");
  assert.equal(stage.detached.underWay, 0);
  return { stage, play, end: play.end, at: play.endedAt, sent: stage.sent };
}

test("producer: a blinded block goes to the node that made it, and to no other while that one answers", async () => {
  const { end, sent } = await ask({ a: answering("a", 390), b: answering("b", 1), c: answering("c", 1) });
  assert.deepEqual([end, sent], ["a", ["0 a"]]);
});

test("producer: when it failed, the others are asked in turn, at once", async () => {
  const kinds: readonly FaultKind[] = ["unreachable", "not_ready", "unavailable", "missing_data", "interrupted"];
  for (const kind of kinds) {
    const { end, sent } = await ask({ a: failing(kind, 10), b: failing("missing_data", 10), c: answering("c", 10) });
    assert.deepEqual([end, sent], ["c", ["0 a", "10 b", "20 c"]], kind);
  }
});

test("producer: when it is silent, another is asked after a 30th of a slot, and the first success counts", async () => {
  const late = await ask({ a: answering("a", 1_000), b: answering("b", 100) });
  assert.deepEqual([late.end, late.at, late.sent], ["b", 500, ["0 a", "400 b"]]);
  const died = await ask({ a: answering("a", 60_000), b: answering("b", 60_000), c: answering("c", 10) });
  assert.deepEqual([died.end, died.at, died.sent], ["c", 810, ["0 a", "400 b", "800 c"]]);
});

test("producer: an error of another is not the end while the producer may still answer, nor what is told", async () => {
  for (const other of [failing("server_error", 10), answeringWith(400, "no payload", 10)]) {
    const { end, at } = await ask({ a: answering("a", 2_000), b: other });
    assert.deepEqual([end, at], ["a", 2_000]);
    assert.equal((await ask({ a: failing("missing_data", 500), b: other })).end, "missing_data");
  }
});

test("producer: when nobody succeeded, what the producer said is told, whoever said something last", async () => {
  const { end, at } = await ask({ a: failing("missing_data", 10), b: failing("server_error", 10) });
  assert.deepEqual([end, at], ["missing_data", 20]);
});

test("producer: each is given its time, also when an earlier one fails meanwhile", async () => {
  const { sent } = await ask({ a: failing("timeout", 500), b: answering("b", 3_000), c: answering("c", 1) });
  assert.deepEqual(sent, ["0 a", "400 b", "800 c"]);
});

test("producer: it is asked even when it seems to be ill: nobody else has the payload", async () => {
  const { end, sent } = await ask({ a: answering("a", 10), b: answering("b", 10) }, publish("producer"), ["a"]);
  assert.deepEqual([end, sent], ["a", ["0 a"]]);
});

test("producer: once it succeeded nobody else is asked, whatever becomes of those who were", async () => {
  const { end, sent } = await ask({ a: answering("a", 500), b: failing("server_error", 200), c: answering("c", 1) });
  assert.deepEqual([end, sent], ["a", ["0 a", "400 b"]]);
});

test("producer: its definitive no is final, and others are spared", async () => {
  const { end, sent } = await ask({ a: answeringWith(400, "invalid block", 10), b: answering("b", 1) });
  assert.deepEqual([end, sent], ["invalid block (400)", ["0 a"]]);
});

test("producer: what must not be sent twice goes to another only if the first cannot have had it", async () => {
  const once = { ...publish("producer"), traits: { ...publish("producer").traits, repeat: "undelivered" as const } };
  const table: [FaultKind, end: string][] = [
    ["interrupted", "interrupted"],
    ["server_error", "server_error"],
    ["unreachable", "b"],
    ["missing_data", "b"],
  ];
  for (const [kind, end] of table)
    assert.equal((await ask({ a: failing(kind, 10), b: answering("b", 1) }, once)).end, end);
});

test("producer: a publish goes on to the next node though its client left and its deadline passed", async () => {
  const stage = new Ensemble({ a: failing("unreachable", 100), b: answering("b", 60_000), c: answering("c", 3_900) });
  const play = stage.run([deadline(stage.clock), producer(stage.parts, stage.clock)], publish("producer"));
  await stage.clock.advance(50);
  play.context.cancellation.cancel();
  await stage.clock.advance(30_000);
  assert.equal(play.end, "deadline");
  assert.deepEqual(stage.sent, ["0 a", "100 b", "500 c"]);
  assert.deepEqual(stage.heard, ["100 a unreachable", "4400 c c", "6100 b timeout"]);
  assert.equal(stage.detached.underWay, 0);
});

test("producer: a read ends with its client, and the losers with the winner", async () => {
  const read = dutyCall("producer");
  const won = await ask({ a: answering("a", 3_000), b: answering("b", 10) }, read);
  assert.deepEqual(won.stage.heard, ["410 b b", "410 a cancelled"]);
  const stage = new Ensemble({ a: answering("a", 3_000), b: answering("b", 3_000), c: answering("c", 1) });
  const play = stage.run(producer(stage.parts, stage.clock), read);
  await stage.clock.advance(500);
  play.context.cancellation.cancel();
  await stage.clock.advance(10_000);
  assert.deepEqual([play.end, stage.sent], ["cancelled", ["0 a", "400 b"]]);
  assert.equal(stage.clock.nextAt(), undefined);
});

test("producer: a bug in one leg does not lose the others", async () => {
  for (const bug of ["bug", "bug at once"] as const) {
    const { end, stage } = await ask({ a: bug, b: answering("b", 30) });
    assert.deepEqual([end, stage.bugs.length], ["b", 1]);
  }
});
