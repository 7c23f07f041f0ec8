import assert from "node:assert/strict";
import { test } from "node:test";
import { Place } from "../fleet/place.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { callOf, type FakeUpstream, fakeFleet, one, seasoned, stepOf, verdicts } from "./testing.ts";

test("membership: when a whole chain halts nobody is to blame", async () => {
  const fleet = await seasoned(4, 20, 1);
  for (let block = 101; block < 106; block++) {
    for (const upstream of fleet.upstreams) upstream.head = block;
    await fleet.traffic(20, 2_000);
  }
  await fleet.traffic(5, 60_000);
  assert.deepEqual(fleet.turns, []);
  assert.equal(fleet.monitor.view.head.latest, 105);
});

/** A fleet on a chain of this block time that stands still for ten minutes; each upstream sees it move again some seconds later. */
async function halting(blockMs: number, lateBy: readonly number[]) {
  const halts: (string | undefined)[] = [];
  const turns: string[] = [];
  const fleet = fakeFleet(lateBy.length, 1, {
    blockTimeMs: blockMs,
    observer: {
      changed: ({ id }, { to, because }) => void turns.push(`${id} ${to}: ${because}`),
      halted: (_, halt) => void halts.push(halt ? `stands at ${halt.height}` : "moves"),
    },
  });
  fleet.monitor.start();
  await fleet.traffic(20, 2_000);
  let stands = false;
  let height = fleet.upstreams[0]?.head ?? 0;
  const mine = () => {
    if (stands) return;
    height++;
    for (const [index, upstream] of fleet.upstreams.entries()) {
      if (fleet.clock.now() >= resumed + 1_000 * (lateBy[index] as number)) upstream.head = height;
    }
    fleet.clock.schedule(blockMs, mine);
  };
  let resumed = Number.NEGATIVE_INFINITY;
  mine();
  await fleet.traffic(20, 60_000);
  stands = true;
  await fleet.traffic(5, 600_000);
  const stood = [...turns];
  stands = false;
  resumed = fleet.clock.now();
  mine();
  await fleet.traffic(20, 100_000);
  return { fleet, halts, turns, stood };
}

test("membership: a chain that halts is told of once, when it moves again too, and nobody is suspect for either", async () => {
  for (const blockMs of [12_000, 2_000, 250]) {
    const { halts, turns, fleet } = await halting(blockMs, [0, 3, 9, 40]);
    assert.deepEqual(turns, [], `${blockMs} ms`);
    assert.equal(halts.length, 2, `${blockMs} ms: ${halts.join()}`);
    assert.match(halts.join(), /^stands at \d+,moves$/);
    assert.ok(
      fleet.upstreams.every(({ status }) => status.head > 100 + 60_000 / blockMs),
      `${blockMs} ms`,
    );
  }
});

test("membership: one that sees nothing of a chain that moves again is out a minute later", async () => {
  const { stood, turns } = await halting(2_000, [0, 0, 0, 1_000_000]);
  assert.deepEqual(stood, []);
  assert.match(turns.join(), /^u3 ejected: \d+ blocks behind$/);
});

test("membership: one that is stuck alone is suspect, and no halt", async () => {
  const halts: unknown[] = [];
  const fleet = fakeFleet(4, 1, { blockTimeMs: 2_000, observer: { halted: (_, halt) => void halts.push(halt) } });
  fleet.monitor.start();
  for (let block = 101; block < 200; block++) {
    for (const upstream of fleet.upstreams.slice(1)) upstream.head = block;
    await fleet.traffic(20, 2_000);
  }
  assert.deepEqual([one(fleet).status.verdict, halts], ["ejected", []]);
});

test("membership: who says that it syncs while the chain stands still serves on, and is out if it still says so later", async () => {
  const fleet = fakeFleet(4, 1, { blockTimeMs: 2_000 });
  fleet.monitor.start();
  const follow = async (blocks: number) => {
    for (let block = 0; block < blocks; block++) {
      for (const upstream of fleet.upstreams) upstream.head++;
      await fleet.traffic(20, 2_000);
    }
  };
  await follow(10);
  await fleet.traffic(5, 70_000);
  one(fleet).syncing = true;
  await fleet.traffic(5, 10_000);
  assert.equal(one(fleet).status.verdict, "healthy");
  await follow(29);
  assert.equal(one(fleet).status.verdict, "healthy");
  await follow(5);
  assert.deepEqual([one(fleet).status.verdict, one(fleet).status.because], ["ejected", "syncing"]);
});

test("membership: one that stops following is out, and comes back when it has caught up", async () => {
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

test("membership: one that misses a block for half a block time is suspect until it has it", async () => {
  const fleet = fakeFleet(4, 1, { blockTimeMs: 12_000 });
  fleet.monitor.start();
  await fleet.traffic(20, 3_000);
  for (const upstream of fleet.upstreams.slice(1)) upstream.head = 101;
  await fleet.traffic(20, 6_000);
  assert.deepEqual(verdicts(fleet), ["healthy", "healthy", "healthy", "healthy"]);
  await fleet.traffic(20, 3_000);
  assert.deepEqual([one(fleet).status.verdict, one(fleet).status.because], ["suspect", "1 block behind"]);
  one(fleet).head = 101;
  await fleet.traffic(20, 1_500);
  assert.equal(one(fleet).status.verdict, "healthy");
});

test("membership: those of another chain do not count when it is asked whether enough are left", async () => {
  const fleet = fakeFleet(4, 1, { chain: "1" });
  for (const index of [2, 3]) one(fleet, index).chain = "5";
  fleet.monitor.start();
  await fleet.clock.advance(2_000);
  one(fleet).fate = () => (fleet.random() < 0.7 ? "server_error" : undefined);
  await fleet.traffic(100, 2_000);
  assert.deepEqual(verdicts(fleet), ["ejected", "healthy", "quarantined", "quarantined"]);
});

test("membership: one that syncs serves nothing until it is done", async () => {
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

test("membership: an upstream of another chain is quarantined loudly and never confirmed; released when it was repaired", async () => {
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

test("membership: an upstream that turns to another chain is found out by its first answer, and welcome when it is back", async () => {
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

test("membership: without a configured chain the majority tells, also when a stranger answers first", async () => {
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

test("membership: another genesis is another chain, whatever its number", async () => {
  const fleet = fakeFleet(2, 1, { chain: "1", genesis: "0xA" });
  one(fleet).genesis = "0xb";
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  assert.equal(one(fleet).status.because, "wrong genesis: 0xb, not 0xA");
  assert.equal(one(fleet, 1).status.confirmed, true);
});

test("membership: is ready when the first upstream is confirmed, a dead one beside it costs a second", async () => {
  const fleet = fakeFleet(2);
  one(fleet).fate = () => "silence";
  fleet.monitor.start();
  let ready = 0;
  fleet.monitor.onReady(() => {
    ready++;
    assert.deepEqual(fleet.monitor.view.head, { latest: 100, safe: 90, finalized: 80 });
  });
  await fleet.clock.advance(800);
  assert.equal(ready, 0);
  await fleet.clock.advance(1_000);
  assert.equal(ready, 1);
  fleet.monitor.onReady(() => ready++);
  assert.equal(ready, 2);
});

test("membership: a protocol without questions leaves the judgment to traffic", async () => {
  const fleet = fakeFleet(2, 1, { protocol: { probe: [] } });
  fleet.monitor.start();
  await fleet.clock.advance(500);
  assert.ok(fleet.monitor.ready);
  one(fleet).fate = () => "server_error";
  await fleet.traffic(50, 2_000);
  assert.notEqual(one(fleet).status.verdict, "healthy");
});

test("membership: an upstream that cannot tell its chain gets no traffic", async () => {
  const fleet = fakeFleet(2, 1, { protocol: { probe: [stepOf("chain", "rare", true), stepOf("head")] } });
  one(fleet).fate = (method) => (method === "chain" ? "unsupported" : undefined);
  fleet.monitor.start();
  await fleet.clock.advance(3_000);
  assert.deepEqual(
    fleet.upstreams.map(({ status }) => status.confirmed),
    [false, true],
  );
});

test("membership: the client that an upstream names becomes a label of it, which is told once", async () => {
  const told: string[] = [];
  const fleet = fakeFleet(2, 1, {
    protocol: { probe: [stepOf("head"), stepOf("version", "probe", true)] },
    observer: { relabelled: ({ id, coordinates }) => void told.push(`${id} ${coordinates.client}`) },
  });
  const [first, second] = fleet.upstreams as [FakeUpstream, FakeUpstream];
  for (const upstream of [first, second]) {
    const place = new Place(upstream.coordinates);
    Object.defineProperty(upstream, "coordinates", { get: () => place.coordinates(upstream.status.client) });
  }
  Object.assign(first, { version: "Geth/v1.16.4-stable/linux-amd64/go1.24.7" });
  Object.assign(second, { version: "eRPC/v1.0" });
  fleet.monitor.start();
  await fleet.clock.advance(60_000);
  assert.deepEqual(told, ["u0 geth"]);
  assert.deepEqual(
    [first.status.version, second.status.version?.slice(0, 4)],
    ["Geth/v1.16.4-stable/linux-amd64/go1.24.7", "eRPC"],
  );
  Object.assign(first, { version: "reth/v1.8.2" });
  await fleet.clock.advance(10_000);
  assert.deepEqual(told, ["u0 geth", "u0 undefined"]);
});

test("membership: nobody is ejected in our own outage or for calls from it, also who failed once just before", async () => {
  for (const [silent, seed] of [
    [false, 1],
    [false, 2],
    [true, 3],
    [true, 4],
  ] as const) {
    const fleet = fakeFleet(6, seed, {}, new ManualClock(), ["aws", "ovh", "home"]);
    const { clock, upstreams } = fleet;
    fleet.monitor.start();
    await clock.advance(500);
    await fleet.traffic(60, 10_000);
    const [first, second] = upstreams as [FakeUpstream, FakeUpstream];
    first.fate = () => "server_error";
    void fleet.call(first);
    await clock.advance(21);
    void fleet.call(second);
    await clock.advance(21);
    for (const upstream of upstreams) upstream.fate = () => (silent ? "silence" : "unreachable");
    // They hang until long after it is over.
    const patient = callOf("read", { timeoutMs: 9_000 });
    for (let count = 0; count < 60; count++) void fleet.call(upstreams[count % 6] as FakeUpstream, patient);
    await fleet.traffic(60, 8_000);
    for (const upstream of upstreams) upstream.fate = () => undefined;
    await fleet.traffic(60, 10_000);
    const out = fleet.turns.filter(({ to }) => to === "ejected");
    assert.deepEqual(out, [], `${silent} ${seed}`);
    assert.deepEqual(new Set(verdicts(fleet)), new Set(["healthy"]));
  }
});
