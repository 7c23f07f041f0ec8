import assert from "node:assert/strict";
import { test } from "node:test";
import type { DutyDesk } from "../core/duty.ts";
import { fault } from "../core/outcome.ts";
import { answeringWith, dutyCall, Ensemble } from "./legs-rehearsal.ts";
import { quorum } from "./quorum.ts";
import { answering, failing } from "./rehearsal.ts";

/** One question about what to sign, over 10 s. Nodes `lighthouse-1`, `lighthouse-2` are one voter. */
async function ask(nodes: ConstructorParameters<typeof Ensemble>[0], desk: Partial<DutyDesk> = {}, ill: string[] = []) {
  const stage = new Ensemble(nodes, desk);
  for (const name of ill) stage.ill.add(name);
  const play = stage.run(quorum(stage.parts, stage.clock), dutyCall("quorum"));
  await stage.clock.advance(10_000);
  assert.equal(stage.clock.nextAt(), undefined, "no timer is left");
  const detail = play.outcome?.ok === false ? play.outcome.detail : "";
  return { stage, play, end: play.end, at: play.endedAt, detail };
}

const x = "s1t2/0xaa/7";
const y = "s1t9/0xbb/7";

test("quorum: with three clients of which one is wrong, the other two's answer is signed as soon as both gave it", async () => {
  const { end, at, stage } = await ask({
    "prysm-1": answering(y, 10),
    "teku-1": answering(x, 30),
    "nimbus-1": answering(x, 50),
  });
  assert.equal(end, x);
  assert.equal(at, 50);
  assert.deepEqual(stage.sent, ["0 prysm-1", "0 teku-1", "0 nimbus-1"]);
});

test("quorum: with two clients that disagree nothing is signed, at once, and the operator reads who said what", async () => {
  const one = `1:0x${"12".repeat(32)} 2:0x${"34".repeat(32)}/0x${"56".repeat(32)}`;
  const other = `1:0x${"12".repeat(32)} 2:0x${"ab".repeat(32)}/0x${"cd".repeat(32)}`;
  const { end, at, detail } = await ask({ "prysm-1": answering(one, 10), "teku-1": answering(other, 30) });
  assert.equal(end, "no_quorum");
  assert.equal(at, 30);
  assert.equal(
    detail,
    "more than half of 2 voters must agree: " +
      "prysm (prysm-1) says 1:0x1212..1212 2:0x3434..3434, 0x5656..5656; " +
      "teku (teku-1) says 1:0x1212..1212 2:0xabab..abab, 0xcdcd..cdcd",
  );
});

test("quorum: four nodes of one client do not outvote two others", async () => {
  const { end, play } = await ask({
    "prysm-1": answering(y, 1),
    "prysm-2": answering(y, 1),
    "prysm-3": answering(y, 1),
    "prysm-4": answering(y, 1),
    "teku-1": answering(x, 30),
    "nimbus-1": answering(x, 40),
  });
  assert.equal(end, x);
  assert.equal(play.endedAt, 40);
});

test("quorum: a majority client that is wrong on source or target makes duties wait, not sign", async () => {
  const nodes = { "prysm-1": answering(y, 1), "prysm-2": answering(y, 1), "teku-1": answering(x, 30) };
  assert.equal((await ask(nodes)).end, "no_quorum");
  assert.equal((await ask({ ...nodes, "nimbus-1": answering(x, 30) })).end, x);
});

test("quorum: a slow node delays nobody when the others agree, and one that matters no longer than it may", async () => {
  const slow = answering(x, 3_000);
  const agreed = await ask({ "prysm-1": slow, "teku-1": answering(x, 20), "nimbus-1": answering(x, 30) });
  assert.deepEqual([agreed.end, agreed.at], [x, 30]);
  assert.deepEqual(agreed.stage.heard.at(-1), "530 prysm-1 cancelled");
  const alike = await ask({ "prysm-1": slow, "prysm-2": answering(x, 20) });
  assert.deepEqual([alike.end, alike.at], [x, 1_000]);
  const needed = await ask({ "prysm-1": slow, "teku-1": answering(x, 20) });
  assert.deepEqual([needed.end, needed.at], [x, 2_500]);
  const silent = answering(x, 60_000);
  const alone = await ask({ "prysm-1": silent, "teku-1": answering(x, 20) }, { leastVoters: 2 });
  assert.deepEqual([alone.end, alone.at], ["no_quorum", 3_995]);
  assert.match(
    alone.detail,
    /of 2 voters, and 2, must agree: prysm \(prysm-1\) has not answered; teku .* says s1t2, 0xaa/,
  );
});

test("quorum: the word of half the clients is enough when the others say nothing for long, of less only at the end", async () => {
  const silent = answering(x, 60_000);
  const table: [Parameters<typeof ask>[0], end: string, at: number][] = [
    [{ "prysm-1": silent, "teku-1": answering(x, 20) }, x, 2_500],
    [{ "prysm-1": silent, "teku-1": answering(x, 2_700) }, x, 2_700],
    [{ "prysm-1": silent, "teku-1": answering(x, 20), "nimbus-1": silent }, x, 3_995],
    [{ "prysm-1": silent, "teku-1": answering(x, 20), "nimbus-1": failing("unreachable", 10) }, x, 3_995],
    [{ "prysm-1": silent, "teku-1": answering(x, 20), "nimbus-1": silent, "lodestar-1": answering(x, 30) }, x, 2_500],
    [{ "prysm-1": silent, "teku-1": answering(x, 20), "nimbus-1": answering(y, 30) }, "no_quorum", 3_995],
    [{ "prysm-1": answering(y, 2_000), "teku-1": answering(x, 20) }, "no_quorum", 2_000],
    [{ "prysm-1": silent, "prysm-2": answering(x, 20), "teku-1": silent }, x, 2_500],
    [{ "prysm-1": silent, "prysm-2": answering(x, 20) }, x, 1_000],
  ];
  for (const [nodes, end, at] of table) {
    const told = await ask(nodes);
    assert.deepEqual([told.end, told.at], [end, at], JSON.stringify(Object.keys(nodes)));
  }
});

test("quorum: a node that answers a little later keeps its connection for the next duty", async () => {
  const late = await ask({ "prysm-1": answering(x, 200), "teku-1": answering(x, 20), "nimbus-1": answering(x, 30) });
  assert.deepEqual([late.end, late.at], [x, 30]);
  assert.deepEqual(late.stage.heard.at(-1), `200 prysm-1 ${x}`);
});

test("quorum: with all but one client dead its word counts, unless the operator asks for two", async () => {
  const nodes = {
    "prysm-1": failing("unreachable", 1),
    "teku-1": failing("timeout", 900),
    "nimbus-1": answering(x, 20),
  };
  const served = await ask(nodes);
  assert.deepEqual([served.end, served.at], [x, 900]);
  const refused = await ask(nodes, { leastVoters: 2 });
  assert.deepEqual([refused.end, refused.at], ["no_quorum", 900]);
  assert.match(refused.detail, /prysm \(prysm-1\) failed: unreachable; teku \(teku-1\) failed: timeout/);
});

test("quorum: of one target with two heads the head of most is signed, of two as common the newer", async () => {
  const table: [heads: string[], signed: string][] = [
    [["s/h/5", "s/h/5", "s/g/6"], "s/h/5"],
    [["s/h/5", "s/g/6"], "s/g/6"],
    [["s/h/5", "s/g/6", "t/g/6"], "s/g/6"],
  ];
  for (const [[a = "", b = "", c], signed] of table) {
    const nodes = { "a-1": answering(a), "b-1": answering(b), ...(c && { "c-1": answering(c) }) };
    assert.equal((await ask(nodes)).end, signed);
  }
});

test("quorum: the answer is that of the most welcome node which said so", async () => {
  const { play } = await ask({
    "a-1": answering("s/h/5", 30),
    "a-2": answering("s/h/6", 1),
    "b-1": answering(y, 1),
    "c-1": answering("s/h/7", 40),
  });
  assert.equal(play.end, "s/h/5");
});

test("quorum: an answer that must not be used agrees with nobody, and so does one that cannot be read", async () => {
  for (const odd of [failing("objectionable", 1), answering("gibberish", 1), answeringWith(400, x, 1)]) {
    const two = await ask({ "prysm-1": odd, "teku-1": answering(x, 20) });
    assert.equal(two.end, "no_quorum");
    const three = await ask({ "prysm-1": odd, "teku-1": answering(x, 20), "nimbus-1": answering(x, 20) });
    assert.equal(three.end, x);
  }
});

test("quorum: where nobody knows, the client is told what the nodes said", async () => {
  for (const kind of ["not_ready", "doubtful_request"] as const) {
    const { end } = await ask({ "prysm-1": failing(kind, 1), "teku-1": failing(kind, 2) });
    assert.equal(end, kind);
  }
});

test("quorum: nodes that seem to be ill are asked only when there are not voters enough without them", async () => {
  const nodes = { "prysm-1": answering(x, 1), "prysm-2": answering(x, 1), "teku-1": answering(x, 2) };
  const without = await ask(nodes, {}, ["teku-1"]);
  assert.deepEqual(without.stage.sent, ["0 prysm-1", "0 prysm-2"]);
  const withThem = await ask(nodes, { leastVoters: 2 }, ["teku-1"]);
  assert.deepEqual([withThem.end, withThem.stage.sent.length], [x, 3]);
  const nobody = await ask(nodes, { leastVoters: 3 });
  assert.deepEqual([nobody.end, nobody.stage.sent.length], ["no_quorum", 0]);
  assert.equal(nobody.detail, "3 voters must agree, and there are 2: prysm, teku");
});

test("quorum: who leaves calls the question off everywhere", async () => {
  const stage = new Ensemble({ "prysm-1": answering(x, 500), "teku-1": answering(x, 500) });
  const play = stage.run(quorum(stage.parts, stage.clock), dutyCall("quorum"));
  await stage.clock.advance(100);
  play.context.cancellation.cancel();
  await stage.clock.advance(0);
  assert.deepEqual(stage.heard, ["100 prysm-1 cancelled", "100 teku-1 cancelled"]);
  assert.equal(stage.clock.nextAt(), undefined);
});

test("quorum: a bug in one leg costs that leg only, and is reported", async () => {
  for (const bug of ["bug", "bug at once"] as const) {
    const { end, stage } = await ask({ "prysm-1": bug, "teku-1": answering(x, 20), "nimbus-1": answering(x, 20) });
    assert.equal(end, x);
    assert.deepEqual(stage.bugs.map(String), [`Error: ${bug}`]);
  }
});

test("quorum: what the desk refuses is asked of nobody", async () => {
  const { end, stage } = await ask(
    { "a-1": answering(x) },
    { candidates: () => fault("not_ready", "no canonical view") },
  );
  assert.deepEqual([end, stage.sent], ["not_ready", []]);
});

test("quorum: around an epoch's start a node that merely lacks its first block stops nobody, and outvotes nobody", async () => {
  const behind = (...late: string[]) => ({
    isBehind: (_: unknown, { payload }: { payload: Uint8Array }) => late.includes(`${payload}`),
  });
  const two = { "prysm-1": answering(y, 10), "teku-1": answering(x, 30) };
  assert.equal((await ask(two, behind(x))).end, y);
  assert.equal((await ask(two, behind(y))).end, x);
  assert.equal((await ask(two, { ...behind(x), leastVoters: 2 })).end, "no_quorum", "two must agree, and one is late");
  const three = { ...two, "nimbus-1": answering(x, 40) };
  assert.equal((await ask(three, behind(x))).end, x, "most still lack it, so it came late");
});
