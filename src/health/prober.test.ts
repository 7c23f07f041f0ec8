import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultKind } from "../core/outcome.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { Prober } from "./prober.ts";
import { FakeUpstream, stepOf } from "./testing.ts";

function probing(urgent = false, lateMs = 0) {
  const clock = new ManualClock();
  const upstream = new FakeUpstream("u", clock, "home");
  const heard: string[] = [];
  const steps = [
    stepOf("chain", "rare"),
    stepOf("genesis", "rare", true),
    stepOf("syncing", "probe", true),
    stepOf("head"),
    stepOf("finalized", "slow", true),
  ];
  const prober = new Prober({
    upstream,
    steps,
    clock,
    timeoutMs: 2_000,
    listener: {
      read: (reading) => heard.push(...Object.keys(reading)),
      passed: () => heard.push("passed"),
      failed: ({ kind }) => heard.push(kind),
      pause: () => 1_000,
      urgent: () => urgent,
      lateMs: () => lateMs,
    },
  });
  /** Lets time pass and says what was asked meanwhile. */
  const during = async (ms: number) => {
    const from = upstream.probes.length;
    await clock.advance(ms);
    return upstream.probes.slice(from).map(({ method }) => method);
  };
  return { clock, upstream, heard, prober, during };
}

test("prober: asks for the identity first, then for life, then the rest; later only what is due", async () => {
  const { prober, heard, during } = probing();
  prober.start(0);
  assert.deepEqual(await during(900), ["chain", "genesis", "head", "syncing", "finalized"]);
  assert.deepEqual(heard, ["chain", "genesis", "head", "syncing", "finalized", "passed"]);
  assert.deepEqual(await during(2_000), ["head", "syncing", "head", "syncing"]);
  const more = await during(300_000);
  const times = (method: string) => more.filter((one) => one === method).length;
  assert.deepEqual([times("head"), times("finalized"), times("chain")], [300, 20, 1]);
  await during(110);
  prober.stop();
  const told = heard.length;
  assert.deepEqual(await during(10_000), []);
  assert.equal(heard.length, told);
});

test("prober: when it is urgent only the one question that shows life is asked, the others every five seconds", async () => {
  const { prober, during } = probing(true);
  prober.start(0);
  await during(900);
  assert.deepEqual(await during(4_000), ["head", "head", "head", "head"]);
  assert.deepEqual(await during(1_000), ["head", "syncing"]);
});

test("prober: nudged, it asks at once, and not more than once in 200 ms", async () => {
  const { prober, clock, upstream, during } = probing();
  prober.start(0);
  await during(500);
  for (let nudge = 0; nudge < 100; nudge++) {
    prober.nudge();
    await clock.advance(10);
  }
  const starts = upstream.probes.filter(({ method }) => method === "head").map(({ at }) => at);
  assert.equal(starts[1], 500);
  for (const [index, at] of starts.entries()) {
    if (index > 0) assert.ok(at - (starts[index - 1] as number) >= 200, starts.join());
  }
  assert.ok(starts.length >= 5);
});

test("prober: a nudge during a round is followed by another round, and rounds never overlap", async () => {
  const { prober, upstream, during } = probing();
  upstream.latencyMs = 150;
  prober.start(0);
  await during(1_990);
  const before = upstream.probes.length;
  await during(170);
  prober.nudge();
  prober.nudge();
  await during(700);
  const rounds = upstream.probes.slice(before).filter(({ method }) => method === "head");
  assert.deepEqual(
    rounds.map(({ at }) => at),
    [2_000, 2_300],
  );
});

test("prober: what ends a round and what does not", async () => {
  const table: [string, FaultKind, string][] = [
    ["head", "timeout", "timeout"],
    ["head", "rate_limited", "rate_limited"],
    ["syncing", "timeout", "passed"],
    ["chain", "server_error", "server_error"],
    ["genesis", "missing_data", "passed"],
  ];
  for (const [method, kind, told] of table) {
    const { prober, upstream, heard, during } = probing();
    upstream.fate = (asked) => (asked === method ? kind : undefined);
    prober.start(0);
    await during(900);
    assert.equal(heard.at(-1), told, `${method}: ${kind}`);
  }
});

test("prober: an unusable answer to a question that matters is a failure", async () => {
  const { prober, upstream, heard, during } = probing();
  const clock = upstream.clock;
  const blind = new Prober({
    upstream,
    steps: [{ ...stepOf("head"), read: () => undefined }],
    clock,
    timeoutMs: 2_000,
    listener: {
      read() {},
      passed: () => heard.push("passed"),
      failed: ({ kind }) => heard.push(kind),
      pause: () => 1e4,
      urgent: () => false,
      lateMs: () => 0,
    },
  });
  blind.start(0);
  await during(900);
  assert.deepEqual(heard, ["bad_result"]);
  prober.stop();
});

test("prober: an upstream known to be quick is given up sooner than the timeout", async () => {
  const { prober, upstream, heard, during } = probing();
  prober.start(0);
  await during(950);
  upstream.fate = () => "silence";
  await during(500);
  assert.equal(heard.at(-1), "passed");
  await during(100);
  assert.equal(heard.at(-1), "timeout");
});

test("prober: one under suspicion is given up in half the time, one whose answers all come late that much later", async () => {
  for (const [suspected, lateMs, patienceMs] of [
    [true, 0, 250],
    [false, 300, 800],
    [true, 300, 550],
  ] as const) {
    const { prober, upstream, heard, during } = probing(false, lateMs);
    prober.start(0);
    await during(500);
    upstream.fate = () => "silence";
    if (suspected) prober.suspect();
    else prober.nudge();
    await during(patienceMs - 1);
    assert.equal(heard.at(-1), "passed");
    await during(1);
    assert.equal(heard.at(-1), "timeout", `${suspected} ${lateMs}`);
    prober.stop();
  }
});

test("prober: an upstream that is out gets the full timeout, so that one that became slow can come back", async () => {
  const { prober, upstream, heard, during } = probing();
  prober.start(0);
  await during(950);
  upstream.status.verdict = "ejected";
  upstream.latencyMs = 900;
  await during(2_000);
  assert.equal(heard.at(-1), "passed");
  assert.ok(!heard.includes("timeout"));
});

test("prober: a quarantined upstream is asked nothing but who it is", async () => {
  const { prober, upstream, during } = probing();
  upstream.status.verdict = "quarantined";
  prober.start(0);
  assert.deepEqual(await during(900), ["chain", "genesis"]);
});

test("prober: the usual latency of the main question is learned", async () => {
  const { prober, upstream, during } = probing();
  upstream.latencyMs = 40;
  prober.start(0);
  await during(500);
  assert.equal(upstream.status.probeMs, 40);
  upstream.latencyMs = 140;
  await during(1_000);
  assert.equal(upstream.status.probeMs, 60);
});
