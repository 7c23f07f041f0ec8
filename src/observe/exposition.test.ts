import assert from "node:assert/strict";
import { test } from "node:test";
import { type AttemptReason, CallContext } from "../core/context.ts";
import { alarms } from "../core/observer.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleDecision, sampleDomain, sampleFailover } from "../server/sample-failover.ts";
import { createDutyRecorder, watchedDuties } from "./duty-record.ts";
import { createExposition } from "./exposition.ts";
import { durationBoundsMs, metrics } from "./metrics.ts";
import type { NetworkState } from "./network-state.ts";
import { createRecorder, type Recorder } from "./record.ts";
import { dutyCall, sampleAnswer, sampleAttempt, sampleCall, sampleNetwork, sampleUpstream } from "./sample-fleet.ts";
import { sampleHosting } from "./sample-hosting.ts";
import { samplePeers } from "./sample-peers.ts";
import { sampleNode, sampleValidators } from "./sample-validators.ts";
import { sampleVerification } from "./sample-verification.ts";

const aws = sampleUpstream("a1", { provider: "aws", region: "aws/us-east-1" }, { inFlight: 3 });
const hetzner = sampleUpstream(
  "h1",
  { provider: "hetzner", kind: "bare_metal" },
  { verdict: "ejected", breaker: "open", head: 90, finalized: -1, heldUntil: 5_000, heldBecause: "throttled" },
);
const nodes = [
  sampleNode("teku-1", { unfit: { propose: "it was not prepared" }, isPrepared: false, skewMs: -40 }),
  sampleNode("lighthouse-1", { stream: undefined, isPrepared: undefined, skewMs: undefined }),
  sampleNode("lighthouse-2", { inService: false }),
];
const disagreement = { about: "target", decided: true, text: "", sides: [] } as const;
const network: NetworkState = {
  ...sampleNetwork([aws, hetzner], { safe: -1 }),
  stake: ({ id }) => (id === "a1" ? 96 : undefined),
  validators: () => sampleValidators(nodes, { disagreement }),
};

const timeout = fault("timeout", "late");

/** A call whose attempts, the first at hetzner and the others at aws, end as said; the last outcome is the call's. */
function call(recorder: Recorder, joined: boolean, ...attempts: readonly [AttemptReason, Outcome][]): void {
  const context = new CallContext(new Cancellation(), 0);
  context.joined = joined;
  for (const [reason, outcome] of attempts) {
    const attempt = sampleAttempt(reason === "primary" ? hetzner : aws, outcome, reason);
    context.attempts.push(attempt);
    if (!joined) recorder.attempted(sampleCall, attempt);
  }
  recorder.answered(sampleCall, attempts.at(-1)?.[1] ?? fault("overloaded", "too many calls"), context, 30);
}

/** The lines of the text format after six calls, keyed by metric, without their `breakwater_`. */
async function scrape(networks = [network]): Promise<Map<string, string[]>> {
  const recorder = createRecorder();
  call(recorder, false, ["primary", sampleAnswer]);
  call(recorder, false, ["primary", timeout], ["hedge", sampleAnswer]);
  call(recorder, true, ["primary", timeout], ["hedge", sampleAnswer]);
  call(recorder, false, ["primary", timeout], ["retry", { ...sampleAnswer, failed: true }]);
  call(recorder, false, ["primary", timeout]);
  call(recorder, false);
  recorder.changed(aws, { what: "breaker", from: "closed", to: "open", because: "failures" });
  recorder.client.bytesIn += 10;
  const clock = new ManualClock();
  const duties = createDutyRecorder(clock, () => undefined);
  const publish = dutyCall("publish");
  const legs = [sampleAttempt(aws, sampleAnswer), sampleAttempt(hetzner, { ...sampleAnswer, failed: true })];
  for (const leg of legs) duties.attempted(publish, leg);
  duties.answered(publish, sampleAnswer, new CallContext(new Cancellation(), 0, legs), 20);
  duties.answered(dutyCall("attest"), fault("no_quorum", ""), new CallContext(new Cancellation(), 0), 20);
  duties.alarmed("ethereum", { what: "objection", because: "", upstream: "a1" });
  duties.retold(aws, { kind: "prepare_beacon_proposer", entries: 64, well: true });
  const domains = [
    sampleDomain("region:aws/us-east-1", [aws], { phase: "open" }),
    sampleDomain("provider:aws & client:geth", [aws], { phase: "ramping" }),
    sampleDomain("provider:aws", [aws]),
  ];
  const panic = { network: "ethereum", since: 0, because: "2 of 3 upstreams are out" };
  const failover = sampleFailover(clock, [], {
    domains,
    impaired: "all upstreams fell silent",
    panics: [panic],
    mode: "shadow",
  });
  failover.order({ target: "provider:aws", what: "drain", share: 0, forMs: 1_000, by: "ann" });
  recorder.decided(sampleDecision());
  recorder.decided(sampleDecision());
  recorder.decided(sampleDecision({ shadow: true }));
  recorder.decided(sampleDecision({ action: "self", subject: "self" }));
  const sources = {
    recorder,
    duties,
    drift: () => [{ name: "ethereum provider", change: 120, overMs: 1 }],
    networks,
    failover,
    verification: sampleVerification(),
    hosting: () => sampleHosting,
    peers: () => samplePeers,
    state: { store: "redis" as const, trouble: "no connection to Redis" },
    simulated: true,
    version: "1.2.3",
    droppedLogLines: () => 4,
  };
  const text = (await createExposition(sources, clock, false).render()).toString();
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, name, rest] = /^breakwater_(\w+)(.*)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, [...(found.get(name) ?? []), rest as string]);
  }
  return found;
}

const read = 'network="ethereum",class="read"';
const a1 = 'network="ethereum",upstream="a1"';
const h1 = 'network="ethereum",upstream="h1"';
const node = (id: string) => `network="ethereum",upstream="${id}"`;
const byDuty = (duty: string) => `network="ethereum",duty="${duty}"`;
const each = (count: (duty: string) => number) => watchedDuties.map((duty) => `{${byDuty(duty)}} ${count(duty)}`);
const group = (basis: string) => `network="ethereum",dimension="provider",basis="${basis}"`;

const table: readonly (readonly [name: string, consequence: string, lines: readonly string[], of?: string])[] = [
  ["hosting_mismatch", "names who was seen where another was declared", [`{${a1},claimed="aws",observed="hetzner"} 1`]],
  [
    "concentration_hosting_hhi",
    "says that two labels stand on one host",
    ['{network="ethereum",account="declared"} 5000', '{network="ethereum",account="observed"} 10000'],
  ],
  ["concentration_hosting_seen_ratio", "says of how many upstreams the host was seen", ['{network="ethereum"} 1']],
  [
    "calls_total",
    "counts calls by outcome, a definitive no apart",
    [
      `{${read},outcome="answer"} 3`,
      `{${read},outcome="error_answer"} 1`,
      `{${read},outcome="timeout"} 1`,
      `{${read},outcome="overloaded"} 1`,
    ],
  ],
  ["calls_unserved_total", "counts the calls that ended with 503", [`{${read}} 2`]],
  ["calls_coalesced_total", "counts calls that joined another", [`{${read}} 1`]],
  ["calls_shed_total", "counts calls turned away, by priority", ['{network="ethereum",priority="2"} 1']],
  ["retries_total", "counts second attempts after a fault", [`{${read}} 1`]],
  ["hedges_total", "counts second attempts beside a slow one", [`{${read}} 1`]],
  ["hedge_wins_total", "counts a hedge that answered once, though two callers shared it", [`{${read}} 1`]],
  [
    "attempts_total",
    "counts attempts by what came back and why they were made",
    [
      `{${a1},provider="aws",region="aws/us-east-1",outcome="answer",reason="primary"} 0`,
      `{${a1},provider="aws",region="aws/us-east-1",outcome="error_answer",reason="retry"} 1`,
      `{${a1},provider="aws",region="aws/us-east-1",outcome="answer",reason="hedge"} 1`,
      `{${h1},provider="hetzner",region="",outcome="answer",reason="primary"} 1`,
      `{${h1},provider="hetzner",region="",outcome="timeout",reason="primary"} 3`,
    ],
  ],
  ["call_duration_seconds_sum", "adds up seconds", [`{${read}} 0.18`]],
  ["call_duration_seconds_count", "counts every call", [`{${read}} 6`]],
  ["in_flight", "tells attempts without an outcome", [`{${a1}} 3`, `{${h1}} 0`]],
  ["upstream_held", "is there only while an upstream is held off", [`{${h1},hold="throttled"} 1`]],
  ["upstream_head_block", "tells the head of each upstream", [`{${a1}} 100`, `{${h1}} 90`]],
  ["upstream_finalized_block", "leaves out what is unknown", [`{${a1}} 36`]],
  ["upstream_lag_blocks", "tells how far each is behind the fleet", [`{${a1}} 0`, `{${h1}} 10`]],
  [
    "served_head_block",
    "tells what a tag means, and nothing while that is unknown",
    ['{network="ethereum",tag="latest"} 100', '{network="ethereum",tag="finalized"} 36'],
  ],
  ["eligible_upstreams", "counts those that may serve", ['{network="ethereum"} 1']],
  ["network_ready", "says that the network can serve", ['{network="ethereum"} 1']],
  [
    "concentration_hhi",
    "is told for each basis by itself",
    [
      `{${group("requests")}} 5556`,
      `{${group("capacity")}} 10000`,
      `{${group("configured")}} 5000`,
      `{${group("stake")}} 10000`,
      `{${group("peers")}} 5556`,
    ],
    "provider",
  ],
  ["concentration_peers", "counts whom one's own nodes told of", ['{network="ethereum"} 4']],
  [
    "concentration_published_ratio",
    "says beside them what others found of the same chain",
    [
      '{network="ethereum",entity="aws",survey="messari_2022"} 0.5',
      '{network="ethereum",entity="aws",survey="chainstack_2019"} 0.25',
    ],
    "aws",
  ],
  [
    "domain_phase",
    "is there only for domains that are not closed",
    [
      '{domain="region:aws/us-east-1",dimension="region",phase="open",mode="shadow"} 1',
      '{domain="provider:aws & client:geth",dimension="provider+client",phase="ramping",mode="shadow"} 1',
    ],
  ],
  [
    "domains",
    "counts all domains, by phase",
    ['{phase="closed"} 1', '{phase="watch"} 0', '{phase="open"} 1', '{phase="half_open"} 0', '{phase="ramping"} 1'],
  ],
  [
    "failover_decisions_total",
    "counts what was decided, apart from what would have been, and begins at 0 where alerts count",
    [
      '{action="open",dimension="region",mode="act"} 2',
      '{action="open",dimension="region",mode="shadow"} 1',
      '{action="self",dimension="self",mode="act"} 1',
      '{action="withhold",dimension="region",mode="act"} 0',
      '{action="open",dimension="provider+client",mode="act"} 0',
      '{action="withhold",dimension="provider+client",mode="act"} 0',
      '{action="open",dimension="provider",mode="act"} 0',
      '{action="withhold",dimension="provider",mode="act"} 0',
    ],
  ],
  ["failover_impaired", "says that the process is cut off", [" 1"]],
  ["failover_panic", "says of which network too little is left", ['{network="ethereum"} 1']],
  ["failover_orders", "counts orders in force", ['{what="drain"} 1', '{what="force"} 0']],
  [
    "survivability_ratio",
    "tells of the worst entity of each dimension, of what serves now and of the fleet at its peak",
    [
      '{network="ethereum",dimension="provider",entity="aws",demand="now"} 0',
      '{network="ethereum",dimension="region",entity="aws/us-east-1",demand="now"} 0',
      '{network="ethereum",dimension="provider",entity="aws",demand="peak"} 1',
      '{network="ethereum",dimension="region",entity="aws/us-east-1",demand="peak"} 1',
    ],
  ],
  [
    "survivability_deficit_calls_per_second",
    "tells what would be lacking",
    ['{network="ethereum",demand="now"} 30', '{network="ethereum",demand="peak"} 0'],
  ],
  ["survivability_pair_ratio", "is there where two can be lost", ['{network="ethereum",demand="peak"} 0']],
  [
    "demand_calls_per_second",
    "tells what is asked for by priority",
    [0, 5, 20, 5].map((calls, priority) => `{network="ethereum",priority="${priority}"} ${calls}`),
  ],
  ["upstream_capacity_calls_per_second", "tells what each bears", [`{${a1}} 100`, `{${h1}} 100`]],
  ["duty_slot_ratio_count", "is there for every duty from the start", each(() => 0)],
  [
    "duty_missed_total",
    "counts what was late and what had no answer",
    [`{${byDuty("attest")},miss="late"} 0`, `{${byDuty("attest")},miss="unanswered"} 1`],
    "attest",
  ],
  ["duty_quorum_failures_total", "counts from 0 for each duty", each((duty) => (duty === "attest" ? 1 : 0))],
  [
    "duty_fit_nodes",
    "counts who is asked for each duty; who is out of service gets what goes to all",
    each((duty) => ({ propose: 1, publish: 3, prepare: 3, liveness: 3 })[duty] ?? 2),
  ],
  [
    "broadcast_results_total",
    "counts what each node made of what all were sent",
    [
      `{${a1},duty="publish",outcome="answer"} 1`,
      `{${h1},duty="publish",outcome="answer"} 0`,
      `{${h1},duty="publish",outcome="error_answer"} 1`,
    ],
    "publish",
  ],
  ["divergences_total", "counts who refused what another took", ['{network="ethereum",client=""} 1']],
  [
    "alarms_total",
    "counts each from 0",
    alarms.map((alarm) => `{network="ethereum",alarm="${alarm}"} ${alarm === "objection" ? 1 : 0}`),
  ],
  ["objections_total", "counts whose answers were not used", [`{${a1}} 1`]],
  ["voters", "counts client pairs", ['{network="ethereum"} 2']],
  ["voters_required", "tells how many must agree", ['{network="ethereum"} 2']],
  [
    "view_disagreement",
    "says what it is about",
    ["head", "target", "finality"].map(
      (about) => `{network="ethereum",about="${about}"} ${about === "target" ? 1 : 0}`,
    ),
  ],
  ["chain_slot", "tells the slot of the clock", ['{network="ethereum"} 3204']],
  ["chain_head_slot", "tells the slot of the head", ['{network="ethereum"} 3203']],
  ["node_prepared", "says who knows whom to pay", [`{${node("teku-1")}} 0`, `{${node("lighthouse-2")}} 1`]],
  [
    "node_event_stream_up",
    "says whose stream is open",
    [`{${node("teku-1")}} 1`, `{${node("lighthouse-1")}} 0`, `{${node("lighthouse-2")}} 1`],
  ],
  [
    "node_clock_skew_seconds",
    "tells seconds, where known",
    [`{${node("teku-1")}} -0.04`, `{${node("lighthouse-2")}} 0.0124`],
  ],
  ["event_clients", "counts who follows events", ['{network="ethereum"} 3']],
  [
    "control_entries",
    "counts what is remembered, by kind",
    ['{network="ethereum",control="prepare_beacon_proposer"} 64'],
  ],
  ["control_replays_total", "counts who was told again", [`{${a1},result="done"} 1`, `{${a1},result="failed"} 0`]],
  ["pinned_blocks", "counts blocks with a known producer", ['{network="ethereum"} 1']],
  ["state_trouble", "says that nothing is kept", ['{store="redis"} 1']],
  ["client_bytes_total", "tells both directions", ['{direction="in"} 10', '{direction="out"} 0']],
  ["log_lines_dropped_total", "tells what the log lost", [" 4"]],
  ["simulated", "says that nothing here is about a real chain", [" 1"]],
  ["build_info", "says what runs", [`{version="1.2.3",node="${process.versions.node}"} 1`]],
];

for (const [name, consequence, expected, of] of table) {
  test(`metrics: ${name} ${consequence}`, async () => {
    const lines = (await scrape()).get(name) ?? [];
    const found = lines.filter((line) => of === undefined || line.includes(`"${of}"`));
    assert.deepEqual(
      found.map((line) =>
        line.replace(/ (\d+\.\d+)$/, (_, value) => ` ${name.includes("hhi") ? Math.round(value) : value}`),
      ),
      expected,
    );
  });
}

test("metrics: where no node told of peers nothing is told of them, nor of what was published", async () => {
  const base = { ...network, view: { ...network.view, network: "base" } };
  const published = (await scrape([base])).get("concentration_published_ratio") ?? [];
  assert.deepEqual(published, []);
  const shares = (await scrape([base])).get("concentration_share_ratio") ?? [];
  assert.ok(shares.length > 0 && !shares.some((line) => line.includes('basis="peers"')));
});

test("metrics: neither stake nor peers are added up over networks", async () => {
  const base = { ...network, view: { ...network.view, network: "base" } };
  const shares = (await scrape([network, base])).get("concentration_known_ratio") ?? [];
  const bases = shares.flatMap((line) => /network="all",dimension="provider",basis="(\w+)"/.exec(line)?.[1] ?? []);
  assert.deepEqual(bases, ["requests", "capacity", "configured"]);
});

test("metrics: buckets are cumulative, in seconds, and end with all", async () => {
  const buckets = (await scrape()).get("call_duration_seconds_bucket") ?? [];
  const found = buckets.map((line) => /le="([^"]+)".* (\d+)$/.exec(line)?.slice(1).map(Number));
  assert.deepEqual(found, [...durationBoundsMs.map((ms) => [ms / 1_000, ms < 30 ? 0 : 6]), [Number.NaN, 6]]);
});

test("metrics: a network without validators has no series of duties", async () => {
  const found = await scrape([{ ...network, validators: undefined }]);
  assert.deepEqual(
    [...found.keys()].filter((name) => /duty|voters|alarms|prepared|event|control|pinned|chain/.test(name)),
    [],
  );
});

test("metrics: exactly one verdict and one breaker state is 1", async () => {
  const found = await scrape();
  const ones = (name: string) => (found.get(name) ?? []).filter((line) => line.endsWith(" 1"));
  assert.deepEqual(ones("upstream_verdict"), [`{${a1},verdict="healthy"} 1`, `{${h1},verdict="ejected"} 1`]);
  assert.deepEqual(ones("upstream_breaker_state"), [`{${a1},state="closed"} 1`, `{${h1},state="open"} 1`]);
  assert.equal(found.get("upstream_verdict")?.length, 12);
});

test("metrics: what cannot be measured has no series of survivability, though the demand is told", async () => {
  const blind = { ...network, survival: { ...network.survival, capacity: () => undefined, peak: undefined } };
  const found = await scrape([blind]);
  const names = [...found.keys()].filter((name) => /survivability|demand|upstream_capacity/.test(name));
  assert.deepEqual(names, ["demand_calls_per_second"]);
});

test("metrics: every metric of the table has a series in a fleet that has seen traffic", async () => {
  const found = [...(await scrape()).keys()].map((name) =>
    name.replace(/(_duration_seconds|_slot_ratio)_(bucket|sum|count)$/, "$1"),
  );
  assert.deepEqual(
    [...new Set(found)].sort(),
    Object.keys(metrics)
      .map((name) => name.slice("breakwater_".length))
      .sort(),
  );
});

test("metrics: a scrape has no two lines of the same series", async () => {
  for (const [name, lines] of await scrape()) {
    const series = lines.map((line) => line.slice(0, line.lastIndexOf(" ")));
    assert.deepEqual(series, [...new Set(series)], name);
  }
});

test("metrics: several networks are measured each by itself and all together, one alone only by itself", async () => {
  const share = async (networks: NetworkState[]) =>
    (await scrape(networks))
      .get("concentration_share_ratio")
      ?.filter((line) => /dimension="provider".*configured/.test(line));
  const other: NetworkState = { ...sampleNetwork([sampleUpstream("b1", { provider: "aws" })]) };
  const gnosis = { ...other, view: { ...other.view, network: "gnosis" } };
  const lines = (await share([network, gnosis])) ?? [];
  assert.deepEqual(
    lines.filter((line) => line.includes('network="all"')).map((line) => line.replace(/.*entity="(\w+)".* /, "$1 ")),
    ["aws 0.6666666666666666", "hetzner 0.3333333333333333"],
  );
  assert.deepEqual(
    (await share([network]))?.filter((line) => line.includes('network="all"')),
    [],
  );
});
