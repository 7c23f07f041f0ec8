import assert from "node:assert/strict";
import { test } from "node:test";
import type { UpstreamStatus } from "../core/upstream.ts";
import { between, cloudy, homes, Rehearsal, sampleUpstream } from "./rehearsal.ts";

const sum = (shares: Readonly<Record<string, number>>, ids: readonly string[]) =>
  ids.reduce((total, id) => total + (shares[id] ?? 0), 0);

test("ranking: the home region serves while it can; what it has no room for goes to the near, then to the fallback", () => {
  const stage = cloudy();
  for (let call = 0; call < 50; call++) assert.ok(homes.includes(stage.pick()));
  stage.change(homes, { inFlight: 1_000 });
  for (let call = 0; call < 50; call++) assert.match(stage.pick(), /west|hetzner/);
  stage.change(["west", "hetzner-1", "hetzner-2"], { inFlight: 1_000 });
  assert.equal(stage.pick(), "fallback");
});

test("ranking: a half-dead home region spills part of its traffic, within its tier", async () => {
  const stage = cloudy();
  stage.change(["home-1", "home-2"], { verdict: "ejected" });
  const shares = await stage.traffic(5_000, 5);
  // One third of the members, of the 70 % that would keep all.
  between(shares["home-3"], 0.43, 0.52);
  assert.equal(shares["fallback"], 0);
});

test("ranking: traffic leaves a dead home region at once and comes back after 10 s, bit by bit", async () => {
  const stage = cloudy();
  between(sum(await stage.traffic(1_000, 5), homes), 1, 1);
  stage.change(homes, { verdict: "ejected" });
  assert.equal(sum(await stage.traffic(5_000, 5), homes), 0);
  stage.change(homes, { verdict: "healthy" });
  assert.equal(sum(await stage.traffic(9_900, 5), homes), 0);
  await stage.traffic(100, 5);
  between(sum(await stage.traffic(2_000, 5), homes), 0.02, 0.2);
  await stage.traffic(8_000, 5);
  between(sum(await stage.traffic(1_000, 5), homes), 1, 1);
});

test("ranking: the time that a home region was well while nobody called counts for its return", async () => {
  for (const [idleMs, least, most] of [
    [9_000, 0, 0],
    [15_000, 0.4, 0.6],
    [20_000, 1, 1],
  ] as const) {
    const stage = cloudy();
    await stage.traffic(1_000, 5);
    stage.change(homes, { verdict: "ejected" });
    await stage.clock.advance(60_000);
    stage.change(homes, { verdict: "healthy" });
    await stage.clock.advance(idleMs);
    between(sum(await stage.traffic(500, 5), homes), least, most);
  }
});

test("ranking: a home region that failover lets back in step by step is not held back once more", async () => {
  const stage = cloudy();
  await stage.traffic(1_000, 5);
  stage.change(homes, { verdict: "ejected", condemned: "region:aws/us-east-1 is out" });
  await stage.traffic(1_000, 5);
  for (const [allowance, least, most] of [
    [0.3, 0.2, 0.4],
    [0.6, 0.5, 0.7],
    [1, 1, 1],
  ] as const) {
    stage.change(homes, { verdict: "ramping", condemned: undefined, weight: allowance, allowance });
    between(sum(await stage.traffic(2_000, 5), homes), least, most);
  }
  stage.change(homes, { verdict: "healthy" });
  between(sum(await stage.traffic(2_000, 5), homes), 1, 1);
});

test("ranking: upstreams much farther away serve only when the near ones cannot", () => {
  const stage = new Rehearsal([
    sampleUpstream("near", "aws/a", { probeMs: 10 }),
    sampleUpstream("far", "gcp/b", { probeMs: 200 }),
    sampleUpstream("unknown", "ovh/c"),
  ]);
  for (let call = 0; call < 50; call++) assert.notEqual(stage.pick(), "far");
  assert.deepEqual(
    stage.selector.order().map(({ group, load }) => [group, load]),
    [
      ["tier 0, near", 1],
      ["tier 0, far", 0],
    ],
  );
  stage.change(["near", "unknown"], { verdict: "ejected" });
  assert.equal(stage.pick(), "far");
});

test("ranking: a home region that is let back in part gets that part of the traffic", async () => {
  for (const weight of [0.05, 0.1, 0.5]) {
    const stage = cloudy();
    stage.change(homes, { verdict: "ramping", weight });
    const shares = await stage.traffic(20_000, 5);
    const home = homes.reduce((sum, id) => sum + (shares[id] ?? 0), 0);
    between(home, 0.75 * weight, 1.3 * weight);
  }
});

test("ranking: those that come back together are compared with each other, and one of them takes what another cannot", async () => {
  const stage = cloudy();
  stage.change(homes, { verdict: "ramping", weight: 0.6, allowance: 0.6 });
  stage.change(["home-1"], { inFlight: 1_000 });
  const shares = await stage.traffic(10_000, 5);
  between(sum(shares, homes), 0.5, 0.7);
  stage.change(["home-1"], { inFlight: 0, latencyMs: 200 });
  const uneven = await stage.traffic(10_000, 5, ({ id }) => (id === "home-1" ? 200 : 20));
  between(sum(uneven, homes), 0.5, 0.7);
  between((uneven["home-1"] ?? 0) / sum(uneven, homes), 0, 0.1);
});

test("ranking: an upstream that comes back gets about its weight's part of an equal share", async () => {
  for (const weight of [0.1, 0.5]) {
    const stage = new Rehearsal(["a", "b", "c", "d"].map((id) => sampleUpstream(id, `aws/${id}`)));
    stage.change(["a"], { verdict: "ramping", weight });
    const shares = await stage.traffic(20_000, 5);
    between(shares["a"], 0.15 * weight, 0.3 * weight);
  }
});

test("ranking: how the load is shared out follows from who can serve", () => {
  const out = { verdict: "ejected" } as const;
  const table: [Readonly<Record<string, Partial<UpstreamStatus>>>, home: number, near: number, fallback: number][] = [
    [{}, 1, 0, 0],
    [{ "home-1": out }, (2 / 3) * (1 / 0.7), 1 - (2 / 3) * (1 / 0.7), 0],
    [{ "home-1": { verdict: "suspect" } }, (2 / 3) * (1 / 0.7), 1 - (2 / 3) * (1 / 0.7), 0],
    [
      { "home-1": { breaker: "open" }, "home-2": { heldUntil: 1, heldBecause: "throttled" } },
      (1 / 3) * (1 / 0.7),
      1 - (1 / 3) * (1 / 0.7),
      0,
    ],
    // A failure of the kind that happens now and then is no loss to the group.
    [{ "home-1": { heldUntil: 1, heldBecause: "unavailable" } }, 1, 0, 0],
    [
      { "home-1": { verdict: "ramping", weight: 0.1 }, "home-2": out },
      (1.1 / 3) * (1 / 0.7),
      1 - (1.1 / 3) * (1 / 0.7),
      0,
    ],
    // Who was never confirmed was never counted on.
    [{ "home-1": { confirmed: false }, "home-2": { confirmed: false } }, 1, 0, 0],
    // Both groups of the tier are two thirds dead: they share what the fallback must not get.
    [{ "home-1": out, "home-2": out, west: out, "hetzner-1": out }, 0.5, 0.5, 0],
    [{ "home-1": out, "home-2": out, "home-3": out, west: out, "hetzner-1": out, "hetzner-2": out }, 0, 0, 1],
  ];
  for (const [statuses, ...loads] of table) {
    const stage = cloudy();
    for (const [id, status] of Object.entries(statuses)) stage.change([id], status);
    const order = stage.selector.order();
    assert.deepEqual(
      order.map(({ load }) => load.toFixed(6)),
      loads.map((load) => load.toFixed(6)),
      JSON.stringify(statuses),
    );
  }
});

test("ranking: the order stands for a quarter of a second unless a change is told", async () => {
  const stage = new Rehearsal([
    sampleUpstream("a", "aws/a", { probeMs: 10 }),
    sampleUpstream("b", "gcp/b", { probeMs: 10 }),
  ]);
  const groups = () => stage.selector.order().length;
  assert.equal(groups(), 1);
  stage.upstream("b").status.probeMs = 500;
  await stage.clock.advance(249);
  assert.equal(groups(), 1);
  await stage.clock.advance(1);
  assert.equal(groups(), 2);
  stage.change(["b"], { probeMs: 10 });
  assert.equal(groups(), 1);
});

test("ranking: neither the home region nor one that is out makes all others far", () => {
  const stage = cloudy();
  stage.change([...homes, "west"], { probeMs: 1 });
  stage.change(["west"], { verdict: "ejected" });
  stage.change(["hetzner-1", "hetzner-2"], { probeMs: 80 });
  assert.deepEqual(
    stage.selector.order().map(({ group }) => group),
    ["tier 0, home", "tier 0, near", "tier 1, near"],
  );
});

test("ranking: what one that is coming back declines goes to the next group", async () => {
  const stage = cloudy(0.1);
  stage.change(["home-1", "home-2"], { inFlight: 1_000 });
  stage.change(["home-3"], { verdict: "ramping", weight: 0.1 });
  between((await stage.traffic(5_000, 5))["home-3"], 0.005, 0.1);
});

test("ranking: when all are coming back they still serve", () => {
  const stage = new Rehearsal(
    ["a", "b"].map((id) => sampleUpstream(id, `aws/${id}`, { verdict: "ramping", weight: 0.1 })),
  );
  for (let call = 0; call < 50; call++) assert.match(stage.pick(), /a|b/);
});

test("ranking: suspects are the last of their group, before the next group", () => {
  const stage = cloudy();
  stage.change(["home-1"], { verdict: "suspect" });
  for (let call = 0; call < 50; call++) assert.notEqual(stage.pick(), "home-1");
  stage.change(["home-2", "home-3"], { inFlight: 1_000 });
  assert.equal(stage.pick(), "home-1");
});

test("ranking: fast refusals attract nothing, and after the hold the traffic returns gradually", async () => {
  const stage = new Rehearsal(["a", "b", "c"].map((id) => sampleUpstream(id, `aws/${id}`)));
  const refusing = stage.upstream("a").status;
  const serve = () => (refusing.heldUntil > stage.clock.now() ? 1 : 20);
  await stage.traffic(1_000, 5, serve);
  stage.change(["a"], { heldUntil: stage.clock.now() + 5_000, heldBecause: "throttled" });
  assert.equal((await stage.traffic(5_000, 5, serve))["a"], 0);
  between((await stage.traffic(1_000, 5, serve))["a"], 0, 0.08);
  await stage.traffic(10_000, 5, serve);
  between((await stage.traffic(2_000, 5, serve))["a"], 0.25, 0.42);
});

test("ranking: a hold that an answer ended early begins the way back then", async () => {
  const stage = new Rehearsal(["a", "b"].map((id) => sampleUpstream(id, `aws/${id}`)));
  stage.change(["a"], { heldUntil: 60_000, heldBecause: "throttled" });
  await stage.traffic(5_000, 5);
  stage.change(["a"], { heldUntil: 0, heldBecause: undefined });
  between((await stage.traffic(1_000, 5))["a"], 0, 0.15);
  await stage.traffic(4_000, 5);
  between((await stage.traffic(2_000, 5))["a"], 0.4, 0.6);
});
