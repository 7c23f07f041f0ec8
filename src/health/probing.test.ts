import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf, callOf, type FakeFleet, type FakeUpstream, fakeFleet, one, seasoned, verdicts } from "./testing.ts";

/** How often the first upstream of a fleet is asked `question` in `ms` milliseconds of whatever `run` does. */
async function asked(
  fleet: FakeFleet,
  question: string,
  ms: number,
  run = (time: number) => fleet.clock.advance(time),
): Promise<number> {
  const from = fleet.clock.now();
  await run(ms);
  return one(fleet).probes.filter(({ at, method }) => method === question && at > from).length;
}

test("probing: probes that are throttled are no evidence, and are given a rest", async () => {
  const fleet = await seasoned(2, 20, 1);
  one(fleet).fate = () => "rate_limited";
  const before = one(fleet).probes.length;
  await fleet.clock.advance(30_000);
  assert.ok(one(fleet).probes.length - before <= 8, String(one(fleet).probes.length - before));
  assert.deepEqual(verdicts(fleet), ["healthy", "healthy"]);
});

test("probing: a write has the upstream looked at, so that its new block is known at once", async () => {
  const fleet = await seasoned(2, 20, 1);
  one(fleet).fate = () => undefined;
  void fleet.call(one(fleet), callOf("write", { access: "write" }));
  await fleet.clock.advance(25);
  one(fleet).head = 101;
  await fleet.clock.advance(250);
  assert.equal(fleet.monitor.view.head.latest, 101);
  assert.equal(fleet.monitor.servable(101), 1);
});

test("probing: an answer that proves a new block moves the head, and the others are looked at soon", async () => {
  const fleet = await seasoned(4, 20, 1);
  for (const upstream of fleet.upstreams) upstream.head = 101;
  const [leader] = fleet.upstreams as [FakeUpstream];
  leader.fate = () => undefined;
  const { clock, monitor } = fleet;
  const proof = answerOf("", 101);
  leader.send = (_, __, attempt) => {
    attempt.endedAt = clock.now();
    attempt.outcome = proof;
    return Promise.resolve(proof);
  };
  void fleet.call(leader);
  await clock.advance(0);
  assert.equal(monitor.view.head.latest, 101);
  await clock.advance(330);
  assert.equal(monitor.servable(101), 4);
});

test("probing: a new block that a probe finds has the others looked at soon", async () => {
  const fleet = fakeFleet(8, 1, { blockTimeMs: 12_000 });
  for (const upstream of fleet.upstreams) upstream.latencyMs = 5;
  fleet.monitor.start();
  await fleet.clock.advance(500);
  await fleet.traffic(20, 12_000);
  for (const upstream of fleet.upstreams) upstream.head = 101;
  while (fleet.monitor.view.head.latest < 101) await fleet.clock.advance(5);
  await fleet.clock.advance(330);
  assert.equal(fleet.monitor.servable(101), 8);
});

test("probing: an upstream that answers its probes with unexplained errors is out", async () => {
  const fleet = await seasoned(3, 20, 1);
  one(fleet).fate = () => "rpc_error";
  await fleet.traffic(20, 4_000);
  assert.equal(one(fleet).status.because, "probe: rpc_error");
});

test("probing: each fit of failures has the upstream looked at, not only the first", async () => {
  const fleet = await seasoned(2, 20, 1);
  for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
  for (const fit of [1, 2]) {
    await fleet.traffic(200, 10_000);
    await fleet.clock.advance(20_000);
    one(fleet).fate = (method) => (method === "read" ? "server_error" : undefined);
    const from = fleet.clock.now();
    void fleet.call(one(fleet));
    await fleet.clock.advance(60);
    assert.ok(
      one(fleet).probes.some(({ at }) => at >= from),
      `fit ${fit}`,
    );
    one(fleet).fate = () => undefined;
  }
});

test("probing: probes come each second with traffic, each five without, faster under suspicion", async () => {
  const fleet = fakeFleet(2);
  fleet.monitor.start();
  await fleet.clock.advance(5_000);
  const idle = await asked(fleet, "head", 50_000);
  assert.ok(idle >= 9 && idle <= 12, `${idle} idle`);
  const busy = await asked(fleet, "head", 50_000, (ms) => fleet.traffic(5, ms));
  assert.ok(busy >= 45 && busy <= 60, `${busy} busy`);
  one(fleet).fate = (method) => (method === "read" ? "server_error" : undefined);
  const suspected = await asked(fleet, "head", 2_000, (ms) => fleet.traffic(10, ms));
  assert.ok(suspected >= 5, `${suspected} under suspicion`);
});

test("probing: what lasts is no reason for haste: a lasting suspicion, a lasting outage", async () => {
  const syncing = fakeFleet(1);
  one(syncing).syncing = true;
  syncing.monitor.start();
  await syncing.clock.advance(20_000);
  assert.equal(one(syncing).status.verdict, "suspect");
  assert.ok((await asked(syncing, "head", 20_000)) <= 5);

  const dead = await seasoned(2, 20, 1);
  // Who is out is first asked who it is.
  one(dead).fate = () => "unreachable";
  await dead.clock.advance(20_000);
  assert.ok((await asked(dead, "chain", 5_000)) >= 8);
  await dead.clock.advance(30_000);
  assert.ok((await asked(dead, "chain", 20_000)) <= 5);
});

test("probing: the first call after a quiet time has everybody looked at within a second", async () => {
  const fleet = await seasoned(6, 20, 1);
  for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
  await fleet.clock.advance(30_000);
  const from = fleet.clock.now();
  void fleet.call(one(fleet));
  await fleet.clock.advance(1_050);
  assert.ok(fleet.upstreams.every(({ probes }) => probes.some(({ at }) => at > from)));
});

test("probing: the blocks of a fast chain do not multiply the probes", async () => {
  const fleet = fakeFleet(4, 1, { blockTimeMs: 250 });
  fleet.monitor.start();
  await fleet.clock.advance(1_000);
  const found = await asked(fleet, "head", 10_000, async (ms) => {
    for (let time = 0; time < ms; time += 250) {
      for (const upstream of fleet.upstreams) upstream.head++;
      await fleet.traffic(20, 250);
    }
  });
  assert.ok(found <= 13, `${found} rounds in 10 s`);
});

test("probing: an idle network has no timer but its probes, and a stopped one has none", async () => {
  const { clock, traffic, monitor } = await seasoned(1, 10, 1);
  await traffic(10, 1_000);
  await clock.advance(20_000);
  const timersWithin = async (ms: number) => {
    let timers = 0;
    for (const until = clock.now() + ms; clock.now() < until; timers++) {
      await clock.advance(Math.min(until, clock.nextAt() ?? until) - clock.now());
    }
    return timers;
  };
  assert.ok((await timersWithin(20_000)) <= 30);
  await traffic(10, 1_000);
  monitor.stop();
  await clock.advance(50);
  assert.ok((await timersWithin(900)) <= 3);
});
