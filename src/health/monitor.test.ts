import assert from "node:assert/strict";
import { test } from "node:test";
import { type FakeFleet, type FakeUpstream, fakeFleet, seasoned, verdicts } from "./testing.ts";

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;

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
    ["errors, 10/s", failing, 10, undefined, 1_100, 1_700],
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
  await fleet.traffic(100, 9_000);
  // The first round asks for the identity too: 2.7 s, 1.8 s, 1.8 s.
  const outFor = fleet.turned(bad, "ramping", from) - fleet.turned(bad, "ejected", from);
  assert.ok(outFor >= 5_000 && outFor < 7_500, String(outFor));
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

test("monitor: when all upstreams of several providers are down the fault is ours, and nobody is out then or afterwards", async () => {
  for (const seed of seeds) {
    const fleet = fakeFleet(6, seed, {}, undefined, ["aws", "gcp", "ovh"]);
    fleet.monitor.start();
    await fleet.clock.advance(500);
    await fleet.traffic(100, 5_000);
    for (const upstream of fleet.upstreams) upstream.fate = () => "unreachable";
    await fleet.traffic(100, 20_000);
    assert.deepEqual(new Set(verdicts(fleet)), new Set(["suspect"]), `seed ${seed}`);
    for (const upstream of fleet.upstreams) upstream.fate = () => undefined;
    await fleet.traffic(100, 15_000);
    assert.deepEqual(new Set(verdicts(fleet)), new Set(["healthy"]), `seed ${seed}`);
    assert.deepEqual(
      fleet.turns.filter(({ to }) => to === "ejected"),
      [],
      `seed ${seed}`,
    );
  }
});

test("monitor: when everybody fails half of the time nobody more than half of the fleet is put out", async () => {
  const fleet = await seasoned(6, 100, 1);
  for (const upstream of fleet.upstreams) upstream.fate = () => (fleet.random() < 0.5 ? "server_error" : undefined);
  for (let second = 0; second < 20; second++) {
    await fleet.traffic(100, 1_000);
    assert.ok(verdicts(fleet).filter((verdict) => verdict !== "ejected").length >= 3, verdicts(fleet).join());
  }
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
