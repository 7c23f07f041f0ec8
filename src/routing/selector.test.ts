import assert from "node:assert/strict";
import { test } from "node:test";
import { CallContext } from "../core/context.ts";
import { fault } from "../core/outcome.ts";
import { isUpstream } from "../core/selector.ts";
import type { UpstreamStatus } from "../core/upstream.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { between, cloudy, homes, Rehearsal, sampleCall, sampleUpstream } from "./rehearsal.ts";

test("selector: equal upstreams share the load evenly", async () => {
  const ids = ["a", "b", "c", "d"];
  const stage = new Rehearsal(ids.map((id) => sampleUpstream(id, `aws/${id}`)));
  const shares = await stage.traffic(10_000, 5);
  for (const id of ids) between(shares[id], 0.2, 0.3);
});

test("selector: a slower upstream gets less, but is not forgotten", async () => {
  const stage = new Rehearsal([
    sampleUpstream("quick", "aws/a", { latencyMs: 10 }),
    sampleUpstream("slow", "gcp/b", { latencyMs: 100 }),
  ]);
  between((await stage.traffic(60_000, 20))["slow"], 0.0005, 0.02);
});

test("selector: one that stalls is left alone before any of its calls timed out", async () => {
  const stage = new Rehearsal(["a", "b", "c"].map((id) => sampleUpstream(id, `aws/${id}`)));
  await stage.traffic(1_000, 5);
  const shares = await stage.traffic(2_000, 5, ({ id, status }) => (id === "a" ? 60_000 : status.latencyMs));
  // A third would be its part; it gets what came within the first hundredth of a second or two.
  between(shares["a"], 0, 0.03);
});

test("selector: an upstream of unknown latency gets one call at a time until it has answered", async () => {
  const stage = new Rehearsal([
    sampleUpstream("known-1", "aws/a"),
    sampleUpstream("known-2", "aws/b"),
    sampleUpstream("new", "gcp/c", { latencyMs: Number.NaN }),
  ]);
  let mostAtOnce = 0;
  await stage.traffic(2_000, 5, (upstream) => {
    if (upstream.id === "new") mostAtOnce = Math.max(mostAtOnce, upstream.status.inFlight + 1);
    return upstream.id === "new" ? 3_000 : 20;
  });
  assert.equal(mostAtOnce, 1);
});

test("selector: a retry goes where nothing fails together with what was tried, in whatever group", () => {
  const edge = { edge: "cloudflare" };
  const table: [failed: string[], out: string[], RegExp][] = [
    [["home-1"], [], /^hetzner/],
    [["home-1", "hetzner-1"], [], /^fallback$/],
    [["home-1", "hetzner-1", "fallback"], [], /^home/],
    [["west"], ["hetzner-1", "hetzner-2"], /^fallback$/],
    [["west"], ["hetzner-1", "hetzner-2", "fallback"], /^home/],
    [["home-1", "home-2", "home-3"], ["hetzner-1", "hetzner-2", "fallback"], /^west$/],
  ];
  for (const [failed, out, expected] of table) {
    const stage = cloudy();
    stage.change(out, { verdict: "ejected" });
    for (let call = 0; call < 20; call++) assert.match(stage.pick(failed), expected, `${failed} ${out}`);
  }
  const stage = cloudy();
  stage.change(["hetzner-2"], { inFlight: 5 });
  stage.change(["hetzner-1"], { verdict: "suspect" });
  assert.equal(stage.pick(["home-1"]), "hetzner-2");
  stage.change(["hetzner-1"], { verdict: "ramping", weight: 0.1 });
  assert.equal(stage.pick(["home-1"]), "hetzner-2");
  const fronted = new Rehearsal([
    sampleUpstream("a", "aws/a", {}, edge),
    sampleUpstream("b", "gcp/b", {}, edge),
    sampleUpstream("c", "ovh/c", {}, { tier: 1 }),
  ]);
  assert.equal(fronted.pick(["a"]), "c");
});

test("selector: no upstream is tried twice in a round, nor while it still waits", () => {
  const stage = new Rehearsal(["a", "b"].map((id) => sampleUpstream(id, `${id}/x`)));
  const context = stage.failed(["a", "b"]);
  assert.equal((stage.selector.pick(sampleCall(), context) as { kind: string }).kind, "no_upstream");
  context.round = 2;
  assert.ok(isUpstream(stage.selector.pick(sampleCall(), context)));
  stage.change(["a"], { latencyMs: Number.NaN });
  const choice = stage.selector.pick(sampleCall(), context);
  assert.ok(isUpstream(choice) && choice.id === "a");
  const [first] = context.attempts;
  if (first) first.outcome = undefined;
  for (let call = 0; call < 20; call++) {
    const choice = stage.selector.pick(sampleCall(), context);
    assert.ok(isUpstream(choice) && choice.id === "b");
  }
});

test("selector: in a new round what was tried before bars nobody who shares its fate", () => {
  const stage = new Rehearsal([
    sampleUpstream("a-1", "a/x", { inFlight: 5 }),
    sampleUpstream("a-2", "a/x"),
    sampleUpstream("b", "b/x", { inFlight: 5 }),
  ]);
  const context = stage.failed(["a-1"]);
  context.round = 1;
  const choice = stage.selector.pick(sampleCall(), context);
  assert.ok(isUpstream(choice) && choice.id === "a-2");
});

test("selector: a retry does not hurry a home region that is still waiting to be trusted again", () => {
  const stage = cloudy();
  stage.change(homes, { verdict: "ejected" });
  stage.pick();
  stage.change(homes, { verdict: "healthy" });
  assert.match(stage.pick(["fallback"]), /west|hetzner/);
});

test("selector: data that one does not have is asked of an archive next, old state at once", () => {
  const stage = new Rehearsal([
    sampleUpstream("full-1", "aws/a"),
    sampleUpstream("full-2", "gcp/b"),
    sampleUpstream("archive", "aws/c", {}, { archive: true, tier: 1 }),
  ]);
  assert.equal(stage.pick(["full-1"], sampleCall(), fault("missing_data", "")), "archive");
  const old = sampleCall({ height: 5, floor: 5, needsState: true });
  assert.equal(stage.pick([], old), "archive");
  stage.change(["archive"], { verdict: "ejected" });
  assert.match(stage.pick([], old), /^full/);
});

test("selector: a call that is bound to a block goes to those who have it, or to nobody", () => {
  const stage = new Rehearsal(["a", "b", "c"].map((id) => sampleUpstream(id, `${id}/x`)));
  stage.change(["a", "b"], { head: 997 });
  for (let call = 0; call < 20; call++) assert.equal(stage.pick([], sampleCall({ height: 1_000 })), "c");
  stage.change(["c"], { verdict: "quarantined" });
  assert.equal(stage.pick([], sampleCall({ height: 1_000 })), "no_upstream");
});

test("selector: when nobody is well the ill are asked, those of other domains first; but never for a hedge", () => {
  const ids = ["a-1", "a-2", "b"];
  for (const status of [
    { verdict: "ejected" },
    { breaker: "open" },
    { heldUntil: 9_000, heldBecause: "unreachable" },
  ] as const satisfies Partial<UpstreamStatus>[]) {
    const stage = new Rehearsal(ids.map((id) => sampleUpstream(id, `${id[0]}/x`, status)));
    assert.ok(ids.includes(stage.pick()));
    assert.equal(stage.pick(["a-1"]), "b");
    assert.equal(stage.pick(["a-1", "b"]), "a-2");
    const hedge = stage.context();
    hedge.reason = "hedge";
    assert.equal(isUpstream(stage.selector.pick(sampleCall(), hedge)), false);
  }
});

test("selector: the ill are not asked while the well are full or were tried", () => {
  const stage = new Rehearsal(["a", "b"].map((id) => sampleUpstream(id, `${id}/x`)));
  stage.change(["b"], { verdict: "ejected" });
  assert.equal(stage.pick(["a"]), "no_upstream");
  stage.change(["a"], { inFlight: 1_000 });
  assert.equal(stage.pick(), "busy");
});

test("selector: of the ill, one with an open breaker is the last", () => {
  const stage = new Rehearsal([
    sampleUpstream("a", "a/x", { breaker: "open", latencyMs: 1 }),
    sampleUpstream("b", "b/x", { verdict: "ejected" }),
  ]);
  assert.equal(stage.pick(), "b");
});

test("selector: the ill are not asked while the well are about to have the block", () => {
  const stage = new Rehearsal(["a", "b"].map((id) => sampleUpstream(id, `${id}/x`)));
  stage.change(["a"], { verdict: "ejected", head: 1_001 });
  const call = sampleCall({ height: 1_001 });
  assert.equal(stage.pick([], call), "busy");
  stage.change(["b"], { head: 990 });
  assert.equal(stage.pick([], call), "a");
});

test("selector: a well upstream that was tried is for another round; a full or resting one does not hide it", () => {
  for (const status of [{ inFlight: 1_000 }, { heldUntil: 9_000, heldBecause: "throttled" }] as const) {
    const stage = new Rehearsal([sampleUpstream("a", "a/x"), sampleUpstream("b", "b/x", status)]);
    assert.equal(stage.pick(["a"]), "no_upstream");
  }
});

test("selector: an upstream whose hold just ended serves without waiting for the next order", async () => {
  const stage = new Rehearsal([sampleUpstream("a", "aws/a", { heldUntil: 100, heldBecause: "throttled" })]);
  assert.equal(stage.pick(), "rate_limited");
  await stage.clock.advance(100);
  assert.equal(stage.pick(), "a");
});

test("selector: when nobody else can serve, one that asked for a rest is tried, one call at a time and no sooner than it may be", async () => {
  const rests = { heldUntil: 3_600_000, heldBecause: "throttled", triableAt: 5_000 } as const;
  const stage = new Rehearsal([
    sampleUpstream("long", "a/x", { ...rests, heldUntil: 3_700_000 }),
    sampleUpstream("short", "b/x", rests),
    sampleUpstream("other", "c/x", { heldUntil: 3_600_000, heldBecause: "billing" }),
    sampleUpstream("out", "d/x", { verdict: "drained" }),
  ]);
  const refusal = stage.selector.pick(sampleCall(), stage.context());
  assert.ok(!isUpstream(refusal) && refusal.kind === "rate_limited");
  assert.equal(refusal.retryAfterMs, 5_000);
  await stage.clock.advance(5_000);
  const hedging = stage.context();
  hedging.reason = "hedge";
  assert.ok(!isUpstream(stage.selector.pick(sampleCall(), hedging)));
  assert.equal(stage.pick(), "short");
  stage.change(["short"], { inFlight: 1 });
  assert.equal(stage.pick(), "long");
  stage.change(["long"], { inFlight: 1 });
  const meanwhile = stage.selector.pick(sampleCall(), stage.context());
  assert.ok(!isUpstream(meanwhile));
  assert.deepEqual([meanwhile.kind, meanwhile.retryAfterMs], ["rate_limited", 1_000]);
  stage.change(["short", "long"], { inFlight: 0 });
  assert.equal(stage.pick(["short"]), "long");
  stage.change(["other"], { verdict: "ejected", heldUntil: 0 });
  assert.equal(stage.pick(), "short", "rather than somebody who seems to be ill");
  stage.change(["other"], { verdict: "healthy", inFlight: 1_000 });
  assert.equal(stage.pick(), "busy", "but not while somebody well is merely full");
});

test("selector: who cannot be asked is told by kind and in counts", () => {
  const table: [Partial<UpstreamStatus>[], string, RegExp][] = [
    [
      [{ verdict: "quarantined" }, { verdict: "drained" }, { confirmed: false }, { head: 3 }, { head: 4 }],
      "no_upstream",
      /^ethereum has 5 upstreams: 1 quarantined, 1 drained, 1 unconfirmed, 2 behind block 7$/,
    ],
    [
      [
        { heldUntil: 3_000, heldBecause: "throttled" },
        { heldUntil: 2_000.5, heldBecause: "throttled" },
        { heldUntil: 1_000, heldBecause: "billing" },
      ],
      "rate_limited",
      /3 held/,
    ],
    [[{ inFlight: 1_000 }, { heldUntil: 3_000, heldBecause: "throttled" }], "busy", /1 full, 1 held/],
    [[{ head: 5 }, { heldUntil: 3_000, heldBecause: "throttled" }], "busy", /1 behind block 7, 1 held/],
  ];
  for (const [statuses, kind, detail] of table) {
    const stage = new Rehearsal(statuses.map((status, index) => sampleUpstream(`u${index}`, "aws/x", status)));
    const choice = stage.selector.pick(sampleCall({ height: 7 }), stage.context());
    assert.ok(!isUpstream(choice));
    assert.equal(choice.kind, kind);
    assert.match(choice.detail, detail);
    assert.equal(choice.retryAfterMs, kind === "rate_limited" ? 2_001 : undefined);
  }
});

test("selector: what no upstream has is not told as a shortage that passes", () => {
  const lacking = { lacks: "eth_foo" };
  const foo = sampleCall({ method: "eth_foo" });
  const all = new Rehearsal(["a", "b"].map((id) => sampleUpstream(id, `${id}/x`, {}, lacking)));
  assert.equal(all.pick([], foo), "unsupported");
  assert.equal(all.pick(["a", "b"], foo), "unsupported");
  all.change(["a"], { verdict: "drained" });
  assert.equal(all.pick([], foo), "unsupported");
  const hopeful = new Rehearsal([
    sampleUpstream("a", "a/x", {}, lacking),
    sampleUpstream("b", "b/x", { heldUntil: 9_000, heldBecause: "billing" }),
  ]);
  assert.equal(hopeful.pick([], foo), "no_upstream");
  const pruned = new Rehearsal(["a", "b"].map((id) => sampleUpstream(id, `${id}/x`, { earliest: 500 })));
  assert.equal(pruned.pick([], sampleCall({ height: 600, floor: 499 })), "missing_data");
});

test("selector: an explanation names the chosen and says of each other why not", () => {
  const stage = cloudy(0.3);
  stage.change(["home-1"], { verdict: "ejected", because: "timeouts" });
  stage.change(["home-2"], { verdict: "suspect", because: "two timeouts" });
  const first = new CallContext(new Cancellation(), 1_000, [], { picks: [] });
  stage.selector.pick(sampleCall(), first);
  const retry = new CallContext(new Cancellation(), 1_000, stage.failed(["home-3"]).attempts, { picks: [] });
  stage.selector.pick(sampleCall(), retry);
  const because = (context: CallContext) =>
    Object.fromEntries(context.explanation?.picks[0]?.passedOver.map((one) => [one.upstream, one.because]) ?? []);
  assert.equal(first.explanation?.picks[0]?.chosen, "home-3");
  assert.deepEqual(because(first), {
    "home-1": "ejected: timeouts",
    "home-2": "suspect: two timeouts",
    west: 'ready in the group "tier 0, near"; this call went to "tier 0, home"',
    "hetzner-1": 'ready in the group "tier 0, near"; this call went to "tier 0, home"',
    "hetzner-2": 'ready in the group "tier 0, near"; this call went to "tier 0, home"',
    fallback: 'ready in the group "tier 1, near"; this call went to "tier 0, home"',
  });
  const { "home-3": tried, west } = because(retry);
  assert.deepEqual([tried, west], ["already tried", "may share the fate of home-3, already tried"]);
});
