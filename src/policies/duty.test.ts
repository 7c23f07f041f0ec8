import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import type { DutyDesk } from "../core/duty.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import { Authors } from "./authors.ts";
import { best } from "./best.ts";
import { deadline } from "./deadline.ts";
import { duty } from "./duty.ts";
import { dutyCall, Ensemble, publish } from "./legs-rehearsal.ts";
import { objection } from "./objection.ts";
import { answering, failing, sampleAnswer } from "./rehearsal.ts";

type Nodes = ConstructorParameters<typeof Ensemble>[0];
type Settled = { call: Call; outcome: Outcome; by: Upstream | undefined };

/** A call through duty and deadline, and what the desk heard of it. */
async function ask(nodes: Nodes, call: Call, desk: Partial<DutyDesk> = {}) {
  const settled: Settled[] = [];
  const hearing: Partial<DutyDesk> = {
    settled(call, outcome, by) {
      settled.push({ call, outcome, by });
      return outcome;
    },
    ...desk,
  };
  const stage = new Ensemble(nodes, hearing);
  const authors = new Authors();
  const chain = [duty(stage.parts.desk, authors, stage.clock), deadline(stage.clock)];
  if (call.traits.duty?.fanOut === "best") chain.push(best(stage.parts, stage.clock));
  const play = stage.run([...chain, objection(stage.parts.desk, authors)], call, 10_000);
  await stage.clock.advance(20_000);
  return { stage, play, settled };
}

test("duty: what the desk does not let out goes nowhere, and the client is told so at once", async () => {
  for (const end of [fault("would_slash", "two blocks for one slot"), sampleAnswer("known already")]) {
    const { play, stage, settled } = await ask({ a: answering("1") }, publish(), { admit: () => end });
    assert.equal(play.outcome, end);
    assert.deepEqual([stage.sent, settled], [[], []]);
  }
});

test("duty: what the desk changed is what goes out, and what it hears of", async () => {
  const call = publish();
  const changed = { ...call, wire: { ...call.wire, path: "/without-one" } };
  const { stage, settled } = await ask({ a: answering("1") }, call, { admit: () => changed });
  assert.deepEqual(stage.sent, ["0 a /without-one"]);
  assert.equal(settled[0]?.call, changed);
});

test("duty: an answer is of no use after its time in the slot, and is not waited for any longer", async () => {
  const late = await ask({ a: answering("1", 5_000) }, dutyCall("one"));
  assert.deepEqual([late.play.end, late.play.endedAt], ["deadline", 4_000]);
  const settled = late.settled[0]?.outcome;
  assert.equal(settled?.ok === false && settled.kind, "deadline");
  const tooLate = await ask({ a: answering("1") }, dutyCall("one"), { timing: () => ({ soft: -2, hard: -1 }) });
  assert.deepEqual([tooLate.play.end, tooLate.stage.sent], ["deadline", []]);
  const patient = await ask({ a: answering("1", 15_000) }, dutyCall("one", { timeoutMs: 60_000 }), {
    timing: () => ({ soft: 1_000, hard: 60_000 }),
  });
  assert.deepEqual([patient.play.end, patient.play.endedAt], ["deadline", 10_000], "the network's own deadline");
});

test("duty: a publish that comes late goes out all the same, and its client hears of it", async () => {
  const { play: timely } = await ask({ a: answering("1", 5_000) }, publish());
  assert.deepEqual([timely.end, timely.endedAt], ["deadline", 4_000]);
  const { play } = await ask({ a: answering("1", 3_000) }, publish(), { timing: () => ({ soft: -2, hard: -1 }) });
  assert.equal(play.end, "1");
});

test("duty: the desk is told who made the block that was chosen, not who answered last", async () => {
  const { settled, play } = await ask(
    { a: answering("1", 10), b: answering("3", 20), c: answering("2", 30) },
    dutyCall("best"),
  );
  assert.equal(play.end, "3");
  assert.equal(settled[0]?.by?.id, "b");
  assert.equal(play.context.served?.id, "b");
});

test("duty: of two nodes with one and the same answer the one that was chosen is told", async () => {
  const same = answering("1", 10);
  for (const ms of [5, 15]) {
    const { settled } = await ask({ a: same, b: { ...same, ms } }, dutyCall("best"));
    assert.equal(settled[0]?.by?.id, "a");
  }
});

test("duty: for what nobody answered, nobody is told", async () => {
  const { settled, play } = await ask({ a: failing("not_ready") }, dutyCall("one"));
  assert.deepEqual([settled.length, settled[0]?.by, play.context.served], [1, undefined, undefined]);
});

test("duty: the desk may put right what the client is told", async () => {
  const { play } = await ask({ a: answering("1") }, publish(), { settled: () => sampleAnswer("put right") });
  assert.equal(play.end, "put right");
});

test("duty: what the desk reads or keeps arrives whole; what nobody signs may stream", async () => {
  const { duty: attest } = dutyCall("one").traits;
  for (const [name, whole] of [
    ["attest", true],
    ["schedule", true],
    ["read", false],
  ] as const) {
    const call = dutyCall("one", attest && { duty: { ...attest, duty: name } });
    assert.equal((await ask({ a: answering("1") }, call)).play.context.shared, whole);
  }
});
