import assert from "node:assert/strict";
import { test } from "node:test";
import type { DutyDesk, DutyProtocol } from "../core/duty.ts";
import type { Outcome } from "../core/outcome.ts";
import { broadcast } from "./broadcast.ts";
import { deadline } from "./deadline.ts";
import { answeringWith, Ensemble, publish } from "./legs-rehearsal.ts";
import { answering, failing } from "./rehearsal.ts";

type Nodes = ConstructorParameters<typeof Ensemble>[0];

function begin(nodes: Nodes, ill: readonly string[] = []) {
  const untaken: string[][] = [];
  const stage = new Ensemble(nodes, {
    untaken: (_, outcomes) => untaken.push(outcomes.map((one) => (one.ok ? `${one.status}` : one.kind))),
  });
  for (const name of ill) stage.ill.add(name);
  const play = stage.run([deadline(stage.clock), broadcast(stage.parts, stage.clock)], publish());
  return { stage, play, untaken };
}

async function send(nodes: Nodes) {
  const { stage, play, untaken } = begin(nodes);
  await stage.clock.advance(10_000);
  assert.equal(stage.clock.nextAt(), undefined, "no timer is left");
  assert.equal(stage.detached.underWay, 0);
  return { stage, play, untaken, end: play.end, at: play.endedAt };
}

test("broadcast: the validator hears of the first success while the others get the message too, ill ones as well", async () => {
  const nodes = { a: answering("a", 900), b: answering("b", 20), c: failing("server_error", 500) };
  const { stage, play } = begin(nodes, ["a"]);
  await stage.clock.advance(10_000);
  assert.deepEqual([play.end, play.endedAt], ["b", 20]);
  assert.deepEqual(stage.sent, ["0 a", "0 b", "0 c"]);
  assert.deepEqual(stage.heard, ["20 b b", "500 c server_error", "900 a a"]);
});

test("broadcast: a client that leaves in mid publish does not stop it anywhere", async () => {
  const { stage, play } = begin({ a: answering("a", 900), b: answering("b", 500), c: failing("server_error", 600) });
  await stage.clock.advance(10);
  play.context.cancellation.cancel();
  await stage.clock.advance(10_000);
  assert.deepEqual(stage.heard, ["500 b b", "600 c server_error", "900 a a"]);
});

test("broadcast: a deadline that passes does not stop it either: each leg ends by its own timeout", async () => {
  const { stage, play } = begin({ a: answering("a", 5_000), b: answering("b", 60_000) });
  await stage.clock.advance(4_500);
  assert.deepEqual([play.end, play.endedAt], ["merged timeout + timeout", 3_995]);
  assert.deepEqual(stage.heard, []);
  await stage.clock.advance(10_000);
  assert.deepEqual(stage.heard, ["5000 a a", "6000 b timeout"]);
});

test("broadcast: one leg that hangs delays nobody", async () => {
  const { end, at } = await send({ a: answering("a", 60_000), b: answering("b", 30) });
  assert.deepEqual([end, at], ["b", 30]);
});

test("broadcast: what was passed on but not taken in is a success, though a full one is waited for a little", async () => {
  const table: [Nodes, end: string, at: number][] = [
    [{ a: answeringWith(202, "a", 10), b: answering("b", 200) }, "b", 200],
    [{ a: answeringWith(202, "a", 10), b: answering("b", 300) }, "a (202)", 250],
    [{ a: answeringWith(202, "a", 400), b: answering("b", 900) }, "a (202)", 400],
    [{ a: answeringWith(202, "a", 10), b: failing("server_error", 20) }, "a (202)", 20],
    [{ a: answeringWith(204, "", 10), b: answering("b", 20) }, " (204)", 10],
  ];
  for (const [nodes, end, at] of table) {
    const told = await send(nodes);
    assert.deepEqual([told.end, told.at], [end, at]);
  }
});

test("broadcast: when nobody took it, the client is told what all of them said together", async () => {
  const { end, at, untaken } = await send({ a: answeringWith(400, "index 1", 30), b: failing("unreachable", 5) });
  assert.deepEqual([end, at], ["merged index 1 (400) + unreachable", 30]);
  assert.deepEqual(untaken, [["400", "unreachable"]], "and so is who remembers what was published");
  assert.deepEqual((await send({ a: failing("timeout", 30), b: answering("b", 50) })).untaken, []);
});

test("broadcast: metrics hear of each leg, and the journal has them all", async () => {
  const { play, stage } = await send({ a: answering("a", 900), b: answering("b", 20) });
  const { attempts } = play.context;
  assert.deepEqual(
    attempts.map(({ upstream, reason, outcome }) => [upstream.id, reason, outcome?.ok]),
    [
      ["a", "fan_out", true],
      ["b", "fan_out", true],
    ],
  );
  assert.equal(stage.heard.length, 2);
});

test("broadcast: a bug in one leg does not lose the others, before or after the client was answered", async () => {
  for (const bug of ["bug", "bug at once"] as const) {
    const { end, stage } = await send({ a: bug, b: answering("b", 30), c: answering("c", 60) });
    assert.equal(end, "b");
    assert.deepEqual(stage.heard, ["30 b b", "60 c c"]);
    assert.deepEqual(stage.bugs.map(String), [`Error: ${bug}`]);
    assert.equal((await send({ a: bug, b: failing("unreachable") })).end, "merged interrupted + unreachable");
  }
});

test("broadcast: a node that has hung on thousands of legs is left out, and with all so the first gets it still", async () => {
  const nodes: Nodes = { a: answering("a", 60_000), b: answering("b", 1) };
  const stage = new Ensemble(nodes);
  const policy = broadcast(stage.parts, stage.clock);
  for (let count = 0; count < 4_096; count++) stage.run(policy, publish());
  await stage.clock.advance(2);
  assert.equal(stage.detached.underWay, 4_096);
  const sent = stage.sent.length;
  const play = stage.run(policy, publish());
  await stage.clock.advance(2);
  assert.equal(play.end, "b");
  assert.deepEqual(stage.sent.slice(sent), ["2 b"]);
  await stage.clock.advance(10_000);
  assert.equal(stage.detached.underWay, 0);

  const alone = new Ensemble({ a: answering("a", 60_000) });
  const only = broadcast(alone.parts, alone.clock);
  for (let count = 0; count < 4_097; count++) alone.run(only, publish());
  assert.equal(alone.sent.length, 4_097);
  await alone.clock.advance(10_000);
  assert.equal(alone.detached.underWay, 0);
});

test("broadcast: where one node alone is to be told, another is when that one does not take it, until somebody does", async () => {
  const one: Partial<DutyDesk> = { candidates: (_, able) => able.slice(0, 1) };
  const merge: Partial<DutyProtocol> = { merge: (_, outcomes) => outcomes[0] as Outcome };
  const down = failing("unreachable", 10);
  const table: [Nodes, end: string, at: number, sent: string[]][] = [
    [{ a: answering("a", 30), b: answering("b", 20) }, "a", 30, ["0 a"]],
    [{ a: down, b: down, c: answering("c", 20), d: answering("d") }, "c", 40, ["0 a", "10 b", "20 c"]],
    [{ a: down, b: failing("server_error", 5) }, "server_error", 15, ["0 a", "10 b"]],
    // Who says nothing takes all the time there is.
    [{ a: answering("a", 60_000), b: answering("b", 20) }, "timeout", 3_995, ["0 a"]],
  ];
  for (const [nodes, end, at, sent] of table) {
    const stage = new Ensemble(nodes, one, merge);
    const play = stage.run([deadline(stage.clock), broadcast(stage.parts, stage.clock)], publish());
    await stage.clock.advance(10_000);
    assert.deepEqual([play.end, play.endedAt, stage.sent], [end, at, sent]);
  }
});
