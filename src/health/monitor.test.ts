import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { answerOf, callOf, type FakeFleet, type FakeUpstream, fakeFleet, stepOf } from "./testing.ts";

/** A fleet that has been served calls at this rate for ten seconds, each of its upstreams failing 0.5 % of them. */
async function seasoned(size: number, perSecond: number, seed: number): Promise<FakeFleet & { bad: FakeUpstream }> {
  const fleet = fakeFleet(size, seed);
  for (const upstream of fleet.upstreams) upstream.fate = () => (fleet.random() < 0.005 ? "server_error" : undefined);
  fleet.monitor.start();
  await fleet.clock.advance(500);
  await fleet.traffic(perSecond, 10_000);
  return { ...fleet, bad: fleet.upstreams[0] as FakeUpstream };
}

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
const verdicts = (fleet: FakeFleet) => fleet.upstreams.map(({ status }) => status.verdict);
const one = (fleet: FakeFleet, index = 0) => fleet.upstreams[index] as FakeUpstream;

test("monitor: how soon a sick upstream of twelve is out, and nobody else with it", async () => {
  type Sickness = (fleet: FakeFleet) => FakeUpstream["fate"];
  const silent: Sickness = () => () => "silence";
  const failing: Sickness = () => () => "server_error";
  const halfFailing: Sickness = (fleet) => () => (fleet.random() < 0.5 ? "server_error" : undefined);
  const halfSilent: Sickness = (fleet) => () => (fleet.random() < 0.5 ? "silence" : undefined);
  // Milliseconds: the median of nine runs, and the slowest of them.
  const table: [string, Sickness, number, number | undefined, number, number][] = [
    ["black hole, 200/s", silent, 200, undefined, 800, 1_000],
    ["black hole, 200/s, hedged", silent, 200, 60, 700, 1_000],
    ["black hole, 10/s", silent, 10, undefined, 2_000, 2_500],
    ["black hole, probes alone", silent, 0, undefined, 2_500, 3_000],
    ["errors, 200/s", failing, 200, undefined, 300, 600],
    ["errors, 10/s", failing, 10, undefined, 1_000, 1_700],
    ["brown-out, 200/s", halfFailing, 200, undefined, 1_000, 3_000],
    ["silent brown-out, 200/s, hedged", halfSilent, 200, 60, 1_500, 3_000],
  ];
  for (const [name, sickness, perSecond, hedgeMs, usually, atMost] of table) {
    const times: number[] = [];
    for (const seed of seeds) {
      const fleet = await seasoned(12, Math.max(perSecond, 20), seed);
      const { bad, clock } = fleet;
      const since = clock.now();
      bad.fate = sickness(fleet);
      if (perSecond > 0) await fleet.traffic(perSecond, 4_000, hedgeMs);
      else await clock.advance(4_000);
      times.push(fleet.turned(bad, "ejected", since));
      const wrong = fleet.turns.filter(({ to, upstream, at }) => to === "ejected" && (upstream !== "u0" || at < since));
      assert.deepEqual(wrong, [], name);
    }
    assert.ok(median(times) <= usually && Math.max(...times) <= atMost, `${name}: ${times.join()}`);
  }
});

test("monitor: throttling, odd calls and impatient clients eject nobody", async () => {
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

test("monitor: probes that are throttled are no evidence, and are given a rest", async () => {
  const fleet = await seasoned(2, 20, 1);
  one(fleet).fate = () => "rate_limited";
  const before = one(fleet).probes.length;
  await fleet.clock.advance(30_000);
  assert.ok(one(fleet).probes.length - before <= 8, String(one(fleet).probes.length - before));
  assert.deepEqual(verdicts(fleet), ["healthy", "healthy"]);
});

test("monitor: a loser of a hedge keeps its age against its upstream, a late answer takes it back", async () => {
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
    if (count === 0) assert.ok(score() > 3);
  }
  assert.ok((fleet.monitor.latency("read", 0.99) as number) > 2 * usual);
});

test("monitor: a call that waits, then fails, counts once; one that waits, then is throttled, not at all", async () => {
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

test("monitor: when this process itself stood still nobody is blamed for waiting", async () => {
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

test("monitor: far is not sick: an upstream ten times as distant as the others loses races and stays healthy", async () => {
  const fleet = fakeFleet(6);
  one(fleet).latencyMs = 300;
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  await fleet.traffic(100, 30_000, 60);
  assert.deepEqual(fleet.turns, []);
});

test("monitor: when a whole chain halts nobody is to blame", async () => {
  const fleet = await seasoned(4, 20, 1);
  for (let block = 101; block < 106; block++) {
    for (const upstream of fleet.upstreams) upstream.head = block;
    await fleet.traffic(20, 2_000);
  }
  await fleet.traffic(5, 60_000);
  assert.deepEqual(fleet.turns, []);
  assert.equal(fleet.monitor.view.head.latest, 105);
});

test("monitor: one that stops following is out, and comes back when it has caught up", async () => {
  const fleet = await seasoned(4, 20, 1);
  for (let block = 101; block < 110; block++) {
    for (const upstream of fleet.upstreams.slice(1)) upstream.head = block;
    await fleet.traffic(20, 2_000);
  }
  assert.equal(one(fleet).status.verdict, "ejected");
  assert.match(one(fleet).status.because, /^\d+ blocks behind$/);
  one(fleet).head = 109;
  await fleet.traffic(20, 20_000);
  assert.equal(one(fleet).status.verdict, "healthy");
});

test("monitor: those of another chain do not count when it is asked whether enough are left", async () => {
  const fleet = fakeFleet(4, 1, { chain: "1" });
  for (const index of [2, 3]) one(fleet, index).chain = "5";
  fleet.monitor.start();
  await fleet.clock.advance(2_000);
  one(fleet).fate = () => (fleet.random() < 0.7 ? "server_error" : undefined);
  await fleet.traffic(100, 2_000);
  assert.deepEqual(verdicts(fleet), ["ejected", "healthy", "quarantined", "quarantined"]);
});

test("monitor: one that syncs serves nothing until it is done", async () => {
  const fleet = fakeFleet(3);
  one(fleet).syncing = true;
  fleet.monitor.start();
  await fleet.clock.advance(2_000);
  assert.deepEqual([one(fleet).status.verdict, one(fleet).status.because], ["ejected", "syncing"]);
  one(fleet).syncing = false;
  await fleet.clock.advance(5_000);
  assert.equal(one(fleet).status.verdict, "ramping");
  for (let step = 0; step < 20; step++) {
    const before = one(fleet).status.weight;
    await fleet.clock.advance(100);
    assert.ok(one(fleet).status.weight > before, "it grows without traffic or probe");
  }
});

test("monitor: an upstream comes back by steps after three probes, and falls back when calls fail on the way", async () => {
  const fleet = await seasoned(4, 100, 1);
  const { bad, clock } = fleet;
  for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
  bad.fate = () => "server_error";
  await fleet.traffic(100, 2_000);
  const from = clock.now();
  bad.fate = (method) => (method === "read" ? "server_error" : undefined);
  await fleet.traffic(100, 8_000);
  const story = fleet.turns.filter(({ at }) => at >= from).map(({ to }) => to);
  assert.deepEqual(story.slice(0, 2), ["ramping", "ejected"]);
  assert.ok(bad.probes.some(({ at, method }) => at >= from && method === "chain"));

  bad.fate = () => undefined;
  const weights: number[] = [];
  for (let step = 0; step < 50 && bad.status.verdict !== "healthy"; step++) {
    await fleet.traffic(100, 1_000);
    if (bad.status.verdict === "ramping") weights.push(bad.status.weight);
  }
  assert.equal(bad.status.verdict, "healthy");
  assert.equal(bad.status.weight, 1);
  assert.ok(weights.length >= 9 && (weights[0] as number) < 0.3, weights.join());
  assert.deepEqual(
    weights,
    [...weights].sort((a, b) => a - b),
  );
});

test("monitor: only probes since the ejection count for coming back", async () => {
  const fleet = await seasoned(4, 100, 1);
  const { bad, clock } = fleet;
  const from = clock.now();
  bad.fate = (method) => (method === "read" ? "server_error" : undefined);
  while (bad.status.verdict !== "ejected") await fleet.traffic(100, 100);
  bad.latencyMs = 900;
  await fleet.traffic(100, 6_000);
  assert.ok(fleet.turned(bad, "ramping", from) - fleet.turned(bad, "ejected", from) >= 2_700);
});

test("monitor: when everybody is down everybody is out, and the first that answers serves again at once", async () => {
  const fleet = await seasoned(3, 100, 1);
  for (const upstream of fleet.upstreams) upstream.fate = () => "unreachable";
  await fleet.traffic(100, 5_000);
  assert.deepEqual(verdicts(fleet), ["ejected", "ejected", "ejected"]);
  for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
  await fleet.traffic(100, 700);
  assert.ok(fleet.upstreams.some(({ status }) => status.verdict === "ramping" && status.weight === 1));
  await fleet.traffic(100, 15_000);
  assert.deepEqual(verdicts(fleet), ["healthy", "healthy", "healthy"]);
});

test("monitor: when everybody fails half of the time nobody more than half of the fleet is put out", async () => {
  const fleet = await seasoned(6, 100, 1);
  for (const upstream of fleet.upstreams) upstream.fate = () => (fleet.random() < 0.5 ? "server_error" : undefined);
  for (let second = 0; second < 20; second++) {
    await fleet.traffic(100, 1_000);
    assert.ok(verdicts(fleet).filter((verdict) => verdict !== "ejected").length >= 3, verdicts(fleet).join());
  }
});

test("monitor: an upstream of another chain is quarantined loudly and never confirmed; released when it was repaired", async () => {
  const fleet = fakeFleet(3, 1, { chain: "1" });
  one(fleet).chain = "5";
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  assert.deepEqual(verdicts(fleet), ["quarantined", "healthy", "healthy"]);
  assert.equal(one(fleet).status.confirmed, false);
  assert.equal(one(fleet).status.head, -1);
  assert.deepEqual(
    fleet.turns.map(({ upstream, to, because }) => [upstream, to, because]),
    [["u0", "quarantined", "wrong chain: 5, not 1"]],
  );
  one(fleet).chain = "1";
  await fleet.clock.advance(90_000);
  assert.equal(one(fleet).status.confirmed, true);
  assert.notEqual(one(fleet).status.verdict, "quarantined");
});

test("monitor: an upstream that turns to another chain is found out by its first answer, and welcome when it is back", async () => {
  const fleet = await seasoned(3, 20, 1);
  for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
  const { clock } = fleet;
  const stranger = one(fleet);
  stranger.chain = "5";
  stranger.fate = (method) => (method === "read" ? "wrong_chain" : undefined);
  void fleet.call(stranger);
  await clock.advance(300);
  assert.deepEqual(
    [stranger.status.verdict, stranger.status.confirmed, stranger.status.head],
    ["quarantined", false, -1],
  );
  stranger.chain = "1";
  stranger.fate = () => undefined;
  while (stranger.status.verdict === "quarantined") await clock.advance(100);
  await clock.advance(300);
  assert.equal(stranger.status.confirmed, true);
});

test("monitor: without a configured chain the majority tells, also when a stranger answers first", async () => {
  const fleet = fakeFleet(3);
  one(fleet).chain = "5";
  one(fleet).latencyMs = 5;
  fleet.monitor.start();
  const served: unknown[] = [];
  fleet.monitor.onReady(() => served.push(fleet.monitor.view.chain, one(fleet).status.confirmed));
  assert.equal(fleet.monitor.ready, false);
  await fleet.clock.advance(3_000);
  assert.deepEqual(served, ["1", false]);
  assert.deepEqual(verdicts(fleet), ["quarantined", "healthy", "healthy"]);
});

test("monitor: another genesis is another chain, whatever its number", async () => {
  const fleet = fakeFleet(2, 1, { chain: "1", genesis: "0xA" });
  one(fleet).genesis = "0xb";
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  assert.equal(one(fleet).status.because, "wrong genesis: 0xb, not 0xA");
  assert.equal(one(fleet, 1).status.confirmed, true);
});

test("monitor: is ready when the first upstream is confirmed, a dead one beside it costs a second", async () => {
  const fleet = fakeFleet(2);
  one(fleet).fate = () => "silence";
  fleet.monitor.start();
  let ready = 0;
  fleet.monitor.onReady(() => ready++);
  await fleet.clock.advance(800);
  assert.equal(ready, 0);
  await fleet.clock.advance(1_000);
  assert.equal(ready, 1);
  assert.deepEqual(fleet.monitor.view.head, { latest: 100, safe: 90, finalized: 80 });
  fleet.monitor.onReady(() => ready++);
  assert.equal(ready, 2);
});

test("monitor: a write has the upstream looked at, so that its new block is known at once", async () => {
  const fleet = await seasoned(2, 20, 1);
  one(fleet).fate = () => undefined;
  void fleet.call(one(fleet), callOf("write", { access: "write" }));
  await fleet.clock.advance(25);
  one(fleet).head = 101;
  await fleet.clock.advance(250);
  assert.equal(fleet.monitor.view.head.latest, 101);
  assert.equal(fleet.monitor.servable(101), 1);
});

test("monitor: an answer that proves a new block moves the head, and the others are looked at soon", async () => {
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

test("monitor: a new block that a probe finds has the others looked at soon", async () => {
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

test("monitor: an upstream that answers its probes with unexplained errors is out", async () => {
  const fleet = await seasoned(3, 20, 1);
  one(fleet).fate = () => "rpc_error";
  await fleet.traffic(20, 4_000);
  assert.equal(one(fleet).status.because, "probe: rpc_error");
});

test("monitor: each fit of failures has the upstream looked at, not only the first", async () => {
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

test("monitor: probes come each second with traffic, each five without, faster under suspicion, one at a time", async () => {
  const fleet = fakeFleet(2);
  fleet.monitor.start();
  const heads = async (ms: number, run: (ms: number) => Promise<void>) => {
    const from = fleet.clock.now();
    await run(ms);
    return one(fleet).probes.filter(({ at, method }) => method === "head" && at > from).length;
  };
  await fleet.clock.advance(5_000);
  const idle = await heads(50_000, (ms) => fleet.clock.advance(ms));
  assert.ok(idle >= 9 && idle <= 12, `${idle} idle`);
  const busy = await heads(50_000, (ms) => fleet.traffic(5, ms));
  assert.ok(busy >= 45 && busy <= 60, `${busy} busy`);
  one(fleet).fate = (method) => (method === "read" ? "server_error" : undefined);
  const suspected = await heads(2_000, (ms) => fleet.traffic(10, ms));
  assert.ok(suspected >= 5, `${suspected} under suspicion`);
});

test("monitor: an idle network has no timer but its probes, and a stopped one has none", async () => {
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

test("monitor: upstreams may come and go", async () => {
  const fleet = fakeFleet(3);
  const [first, second] = fleet.upstreams as [FakeUpstream, FakeUpstream];
  fleet.monitor.remove(first);
  fleet.monitor.start();
  await fleet.clock.advance(2_000);
  assert.equal(first.probes.length, 0);
  fleet.monitor.add(first);
  fleet.monitor.remove(second);
  await fleet.clock.advance(2_000);
  assert.equal(first.status.confirmed, true);
  assert.deepEqual(
    fleet.monitor.snapshot().upstreams.map(({ id }) => id),
    ["u2", "u0"],
  );
  assert.equal(fleet.monitor.servable(100), 2);
  assert.equal(second.waiting.wake, undefined);
  const before = second.probes.length;
  await fleet.clock.advance(10_000);
  assert.equal(second.probes.length, before);
});

test("monitor: a protocol without questions leaves the judgment to traffic", async () => {
  const fleet = fakeFleet(2, 1, { protocol: { probe: [] } });
  fleet.monitor.start();
  await fleet.clock.advance(500);
  assert.ok(fleet.monitor.ready);
  one(fleet).fate = () => "server_error";
  await fleet.traffic(50, 2_000);
  assert.notEqual(one(fleet).status.verdict, "healthy");
});

test("monitor: an upstream that cannot tell its chain gets no traffic", async () => {
  const fleet = fakeFleet(2, 1, { protocol: { probe: [stepOf("chain", "rare", true), stepOf("head")] } });
  one(fleet).fate = (method) => (method === "chain" ? "unsupported" : undefined);
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  assert.deepEqual(
    fleet.upstreams.map(({ status }) => status.confirmed),
    [false, true],
  );
});
