import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type FakeUpstream, fakeFleet, one, seasoned } from "./testing.ts";

test("traffic: throttling, odd calls and impatient clients eject nobody", async () => {
  const fleet = await seasoned(3, 50, 1);
  for (const kind of ["rate_limited", "quota_exhausted", "missing_data", "doubtful_request", "rpc_error"] as const) {
    for (const upstream of fleet.upstreams) upstream.fate = (method) => (method === "read" ? kind : undefined);
    await fleet.traffic(50, 5_000);
  }
  for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
  for (let count = 0; count < 200; count++) {
    const cancellation = new Cancellation();
    void fleet.call(one(fleet), undefined, cancellation);
    await fleet.clock.advance(5);
    cancellation.cancel();
  }
  assert.deepEqual(fleet.turns, []);
});

test("traffic: a loser of a hedge keeps its age against its upstream, a late answer takes it back", async () => {
  const fleet = await seasoned(2, 100, 1);
  const [slow] = fleet.upstreams as [FakeUpstream];
  const score = () => fleet.monitor.snapshot().upstreams[0]?.score ?? Number.NaN;
  for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
  await fleet.traffic(100, 1_000);

  slow.latencyMs = 400;
  void fleet.call(slow);
  await fleet.clock.advance(350);
  assert.ok(score() > 3);
  await fleet.clock.advance(100);
  assert.equal(score(), 0);

  const usual = fleet.monitor.latency("read", 0.99) as number;
  for (let count = 0; count < 30; count++) {
    const cancellation = new Cancellation();
    void fleet.call(slow, undefined, cancellation);
    await fleet.clock.advance(350);
    cancellation.cancel();
    await fleet.clock.advance(10);
    if (count === 0) assert.ok(score() > 3 && score() < 5, String(score()));
  }
  assert.ok((fleet.monitor.latency("read", 0.99) as number) > 2 * usual);
});

test("traffic: a call that waits, then fails, counts once; one that waits, then is throttled, not at all", async () => {
  for (const [kind, least, most] of [
    ["timeout", 3, 5],
    ["rate_limited", 0, 0],
  ] as const) {
    const fleet = await seasoned(2, 100, 1);
    const slow = one(fleet);
    slow.fate = (method) => (method === "read" ? kind : undefined);
    slow.latencyMs = 400;
    void fleet.call(slow);
    await fleet.clock.advance(310);
    const waiting = fleet.monitor.snapshot().upstreams[0]?.score as number;
    assert.ok(waiting > 3 && waiting < 5, String(waiting));
    slow.latencyMs = 90;
    await fleet.clock.advance(91);
    const score = fleet.monitor.snapshot().upstreams[0]?.score as number;
    assert.ok(score >= least && score <= most, `${kind}: ${score}`);
  }
});

test("traffic: calls that wait in a queue are no sign of illness, and the same calls without any answer are", async () => {
  for (const [answers, worst] of [
    [true, "healthy"],
    [false, "ejected"],
  ] as const) {
    const fleet = fakeFleet(3);
    const [busy] = fleet.upstreams as [FakeUpstream];
    // One call after the other, 20 ms each; it is looked at twice.
    let freeAt = 0;
    Object.defineProperty(busy, "latencyMs", {
      get: () => {
        freeAt = Math.max(freeAt, fleet.clock.now()) + 10;
        return freeAt - fleet.clock.now();
      },
    });
    fleet.monitor.start();
    await fleet.clock.advance(500);
    await fleet.traffic(75, 10_000);
    fleet.turns.length = 0;
    if (!answers) busy.fate = () => "silence";
    for (let count = 0; count < 30; count++) {
      const cancellation = new Cancellation();
      void fleet.call(busy, undefined, cancellation);
      // Every third is the loser of a race.
      if (count % 3 === 0) fleet.clock.schedule(200, () => cancellation.cancel());
      await fleet.clock.advance(5);
    }
    await fleet.traffic(20, 1_000);
    assert.equal(fleet.turns.at(-1)?.to ?? "healthy", worst);
  }
});

test("traffic: what is called off of a class that an upstream never had counts as it would elsewhere", async () => {
  const fleet = fakeFleet(3);
  fleet.monitor.start();
  await fleet.clock.advance(500);
  const [bad, ...others] = fleet.upstreams as [FakeUpstream, FakeUpstream, FakeUpstream];
  for (let count = 0; count < 100; count++) {
    void fleet.call(others[count % 2] as FakeUpstream);
    await fleet.clock.advance(10);
  }
  const score = () => fleet.monitor.snapshot().upstreams[0]?.score as number;
  for (const [waited, least, most] of [
    [15, 0, 0.5],
    [200, 2, 5],
  ] as const) {
    bad.fate = (method) => (method === "read" ? "silence" : undefined);
    const cancellation = new Cancellation();
    void fleet.call(bad, undefined, cancellation);
    await fleet.clock.advance(waited);
    cancellation.cancel();
    await fleet.clock.advance(1);
    assert.ok(score() >= least && score() <= most, `${waited} ms: ${score()}`);
  }
});

test("traffic: when this process itself stood still nobody is blamed for waiting", async () => {
  for (const [stoodStill, blamed] of [
    [400, false],
    [0, true],
  ] as const) {
    const manual = new ManualClock();
    let lost = 0;
    const jumping = {
      now: () => manual.now() + lost,
      epoch: () => manual.epoch(),
      schedule: (ms: number, task: () => void) => manual.schedule(ms, task),
    };
    const fleet = fakeFleet(2, 1, { clock: jumping }, manual);
    fleet.monitor.start();
    await fleet.traffic(100, 3_000);
    one(fleet).latencyMs = stoodStill === 0 ? 400 : 80;
    void fleet.call(one(fleet));
    await manual.advance(10);
    lost = stoodStill;
    await manual.advance(stoodStill === 0 ? 380 : 60);
    const score = fleet.monitor.snapshot().upstreams[0]?.score as number;
    assert.equal(score > 0, blamed, String(score));
    fleet.monitor.stop();
  }
});

test("traffic: an upstream that loses races now and then, as is its habit, is seldom suspect and never out", async () => {
  const fleet = fakeFleet(4);
  for (const upstream of fleet.upstreams) {
    Object.defineProperty(upstream, "latencyMs", { get: () => (fleet.random() < 0.06 ? 500 : 20) });
  }
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  await fleet.traffic(100, 300_000, 80);
  const times = (verdict: string) => fleet.turns.filter(({ to }) => to === verdict).length;
  assert.equal(times("ejected"), 0);
  assert.ok(times("suspect") <= 20, String(times("suspect")));
});

test("traffic: far is not sick: an upstream ten times as distant as the others loses races and stays healthy", async () => {
  const fleet = fakeFleet(6);
  one(fleet).latencyMs = 300;
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  await fleet.traffic(100, 30_000, 60);
  assert.deepEqual(fleet.turns, []);
});
