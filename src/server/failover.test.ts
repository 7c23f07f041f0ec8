import assert from "node:assert/strict";
import { test } from "node:test";
import type { FastifyInstance } from "fastify";
import type { Decision, DomainStatus, FailoverMode, Panic } from "../core/failover.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { createAdmin } from "./admin.ts";
import { effectsOfDrain } from "./order-effects.ts";
import type { Runtime } from "./runtime.ts";
import { sampleDecision, sampleDomain, sampleFailover } from "./sample-failover.ts";
import { sampleRuntime } from "./sample-runtime.ts";

const east = { provider: "aws", region: "aws/us-east-1" };
const first = sampleUpstream("aws-1", east, { verdict: "ejected" });
const second = sampleUpstream("aws-2", east, { verdict: "ejected" });
const hetzner = sampleUpstream("h1", { provider: "hetzner", region: "hetzner/fsn1" });
const upstreams = [first, second, hetzner];

interface Given {
  readonly domains?: DomainStatus[];
  readonly decisions?: Decision[];
  readonly impaired?: string;
  readonly panics?: Panic[];
  readonly mode?: FailoverMode;
  /** What each upstream is asked for and bears, in calls a second. */
  readonly survival?: { readonly demand: number; readonly capacity: number };
}

async function admin(given: Given = {}): Promise<{ app: FastifyInstance; clock: ManualClock; runtime: Runtime }> {
  const clock = new ManualClock();
  await clock.advance(60_000);
  const { survival, ...told } = given;
  const failover = sampleFailover(clock, upstreams, told);
  const network = sampleNetwork(upstreams);
  const networks = survival && [
    {
      ...network,
      protocol: "evm",
      isDefault: true,
      survival: {
        ...network.survival,
        demand: () => [0, 0, survival.demand, 0],
        capacity: () => ({ perSecond: survival.capacity, basis: "declared" }) as const,
        reserve: 0,
      },
    },
  ];
  const runtime = sampleRuntime(upstreams, { clock, failover, ...(networks && { networks }) });
  return { app: createAdmin({ runtime, token: "t0ken", host: "127.0.0.1", log: { error: () => {} } }), clock, runtime };
}

const orders = "/api/failover/orders";

async function change(app: FastifyInstance, method: "POST" | "DELETE", payload: unknown) {
  const headers = { authorization: "Bearer t0ken" };
  const answer = await app.inject({ method, url: orders, headers, payload: JSON.stringify(payload) });
  return { status: answer.statusCode, ...answer.json() };
}

const out = sampleDomain("region:aws/us-east-1", [first, second], {
  source: "observed",
  phase: "open",
  because: "2 of 2 fell silent: k3y",
  since: 52_000,
  share: 0,
  holdUntil: 72_400,
  strikes: 1,
});

test("failover: domains that are not closed are shown with members, times and hold, and no secret", async () => {
  const panic = { network: "ethereum", since: 52_000, because: "2 of 3 are out: k3y" };
  const { app } = await admin({ domains: [out], impaired: "k3y is silent", panics: [panic] });
  const { domains, impaired, panics } = (await app.inject("/api/failover")).json();
  assert.equal(impaired, "*** is silent");
  assert.deepEqual(panics, [
    { network: "ethereum", since: "2023-11-14T22:14:12.000Z", for: "8s", because: "2 of 3 are out: ***" },
  ]);
  assert.deepEqual(domains, [
    {
      domain: "region:aws/us-east-1",
      dimensions: ["region"],
      source: "observed",
      phase: "open",
      because: "2 of 2 fell silent: ***",
      since: "2023-11-14T22:14:12.000Z",
      for: "8s",
      share: 0,
      hold: { until: "2023-11-14T22:14:32.400Z", for: "12s" },
      strikes: 1,
      members: [
        { upstream: "aws-1", network: "ethereum", verdict: "ejected", eligible: false },
        { upstream: "aws-2", network: "ethereum", verdict: "ejected", eligible: false },
      ],
    },
  ]);
});

test("failover: every domain is shown on request, and a hold only while it holds", async () => {
  const { app } = await admin({ domains: [{ ...out, phase: "half_open" }] });
  const { domains } = (await app.inject("/api/failover?all=true")).json();
  assert.deepEqual(
    domains.map(({ domain, phase, hold }: { domain: string; phase: string; hold: unknown }) => [domain, phase, hold]),
    [
      ["region:aws/us-east-1", "half_open", null],
      ["provider:aws", "closed", null],
    ],
  );
});

test("failover: a decision is shown with its evidence, and in words", async () => {
  const secret = sampleDecision({
    because: "k3y refused",
    evidence: [{ upstream: "a", agoMs: 2_710, symptom: "k3y" }],
  });
  const { app } = await admin({ decisions: [sampleDecision(), secret] });
  const { decisions } = (await app.inject("/api/decisions")).json();
  assert.deepEqual(decisions[0], {
    id: 1,
    at: "2023-11-14T22:13:20.000Z",
    action: "open",
    subject: "region:aws/us-east-1",
    text: "region aws/us-east-1: taken out of service",
    because: "3 of 3 members became suspect within 310 ms",
    logOdds: 14.3,
    evidence: [
      { upstream: "aws-1", ago: "310ms", symptom: "timeout" },
      { upstream: "aws-2", ago: "12ms", symptom: "probe: unreachable" },
    ],
    rivals: [{ subject: "provider:aws", logOdds: 9.1 }],
    spared: [],
    moved: [
      { provider: "hetzner", share: 0.6 },
      { provider: "gcp", share: 0.4 },
    ],
    shadow: false,
  });
  assert.equal(decisions[1].because, "*** refused");
  assert.deepEqual(decisions[1].evidence, [{ upstream: "a", ago: "3s", symptom: "***" }]);
});

const spoken: [decision: Partial<Decision>, text: string][] = [
  [{ shadow: true }, "region aws/us-east-1: would have been taken out of service"],
  [
    { action: "withhold", subject: "provider:aws & client:geth" },
    "provider aws and client geth: left in service, because too little would remain without it",
  ],
  [{ action: "self", subject: "self", shadow: true }, "this process: about its own connection"],
  [{ action: "halt", subject: "network:ethereum" }, "network ethereum: about its chain"],
  [{ action: "panic", subject: "network:ethereum", shadow: true }, "network ethereum: about how much of it is left"],
  [{ action: "drain", subject: "upstream:h1" }, "upstream h1: drained by an operator"],
  // After a mere watch no traffic had gone.
  [{ action: "close" }, "region aws/us-east-1: in full service, and watched no more"],
];

for (const [decision, text] of spoken) {
  test(`failover: in words, ${text}`, async () => {
    const { app } = await admin({ decisions: [sampleDecision(decision)] });
    assert.equal((await app.inject("/api/decisions")).json().decisions[0].text, text);
  });
}

test("failover: as many decisions are listed as asked for, the newest", async () => {
  const decisions = Array.from({ length: 80 }, (_, index) => sampleDecision({ id: 80 - index }));
  const { app } = await admin({ decisions });
  const listed = async (query: string) => (await app.inject(`/api/decisions${query}`)).json().decisions;
  assert.equal((await listed("")).length, 50);
  assert.deepEqual(
    (await listed("?limit=2")).map(({ id }: Decision) => id),
    [80, 79],
  );
  for (const limit of ["0", "many", "-1", "1001", "1.5"]) {
    const answer = await app.inject(`/api/decisions?limit=${limit}`);
    assert.equal(answer.statusCode, 400, limit);
    assert.match(answer.json().error, /whole number between 1 and 1000/);
  }
});

test("failover: an order is given, listed until it ends, and replaced by another for the same target", async () => {
  const { app, clock } = await admin();
  const given = { target: "region:aws/us-east-1", what: "drain", share: "50%", for: "30m", by: "ann k3y" };
  assert.deepEqual(await change(app, "POST", given), {
    status: 201,
    id: 1,
    target: "region:aws/us-east-1",
    what: "drain",
    share: 0.5,
    until: "2023-11-14T22:44:20.000Z",
    for: "30m",
    by: "ann ***",
  });
  assert.equal((await change(app, "POST", { target: "region:aws/us-east-1", what: "force" })).share, 1);
  const listed = async () => (await app.inject("/api/failover")).json().orders;
  assert.deepEqual(
    (await listed()).map(({ id, what, for: left, by }: Record<string, string>) => [id, what, left, by]),
    [[2, "force", "1h", "an operator"]],
  );
  await clock.advance(3_600_000);
  assert.deepEqual(await listed(), []);
});

test("failover: without a share a drain takes everything away", async () => {
  const { app } = await admin();
  assert.equal((await change(app, "POST", { target: "upstream:aws-1", what: "drain" })).share, 0);
});

test("failover: orders are listed where they are given", async () => {
  const { app } = await admin();
  const listed = async () => (await app.inject(orders)).json();
  assert.deepEqual(await listed(), { orders: [] });
  const { status, ...given } = await change(app, "POST", { target: "provider:aws", what: "drain", by: "ann" });
  assert.equal(status, 201);
  assert.deepEqual(await listed(), { orders: [given] });
});

test("failover: a drain of the last ones that serve a network needs to be confirmed, and is warned of", async () => {
  // Both of AWS are ejected, so that the one of Hetzner serves alone.
  const drain = { target: "provider:hetzner", what: "drain" };
  const { app } = await admin();
  const wrong = await change(app, "POST", drain);
  assert.deepEqual(
    [wrong.status, wrong.error],
    [409, 'nobody else may serve ethereum now. To drain it nonetheless, say "confirm": true'],
  );
  assert.deepEqual((await app.inject(orders)).json().orders, []);
  const confirmed = await change(app, "POST", { ...drain, confirm: true });
  assert.deepEqual([confirmed.status, confirmed.warning], [201, "nobody else may serve ethereum now"]);
  for (const harmless of [{ share: "1%" }, { what: "force" }, { target: "provider:aws" }]) {
    const answer = await change(app, "POST", { ...drain, ...harmless });
    assert.deepEqual([answer.status, answer.warning], [201, undefined], JSON.stringify(harmless));
  }
  assert.match((await change(app, "POST", { ...drain, confirm: "yes" })).error, /^confirm: must be true or false/);
});

test("failover: a drain that leaves too little for what is asked for now is warned of", async () => {
  const { app } = await admin({ survival: { demand: 40, capacity: 30 } });
  const answer = await change(app, "POST", { target: "provider:aws", what: "drain" });
  assert.deepEqual([answer.status, answer.warning], [201, "the others bear 75 % of what ethereum is asked for now"]);
});

test("failover: a network all of whose upstreams would be drained has none left, whoever drained the others", () => {
  const one = sampleUpstream("a", { provider: "aws" });
  const other = sampleUpstream("b", { provider: "ovh" }, { drained: "drained with provider:ovh by ann" });
  const away = sampleUpstream("c", { provider: "ovh" });
  const mine = { ...sampleNetwork([one, other]), view: { ...sampleNetwork([]).view, network: "mine" } };
  const others = { ...sampleNetwork([away]), view: { ...sampleNetwork([]).view, network: "others" } };
  assert.deepEqual(effectsOfDrain("provider:aws", [mine, others]).unserved, ["mine would have no upstream left"]);
  assert.deepEqual(effectsOfDrain("upstream:c", [mine, others]).unserved, ["others would have no upstream left"]);
  assert.deepEqual(effectsOfDrain("provider:aws & region:aws/us-east-1", [mine, others]).unserved, []);
});

test("failover: an order is lifted before its time, and what has none is told with those that have", async () => {
  const { app } = await admin();
  await change(app, "POST", { target: "provider:aws", what: "drain" });
  const wrong = await change(app, "DELETE", { target: "provider:hetzner" });
  assert.deepEqual(
    [wrong.status, wrong.error],
    [404, "there is no order for this target; there are orders for provider:aws"],
  );
  assert.equal((await change(app, "DELETE", { target: "provider:aws" })).lifted.target, "provider:aws");
  assert.match((await change(app, "DELETE", { target: "provider:aws" })).error, /there is none at all$/);
});

test("failover: a domain of two labels is found whichever stands first", async () => {
  const both = sampleDomain("provider:aws & region:aws/us-east-1", [first, second]);
  const { app } = await admin({ domains: [both] });
  const target = "region:aws/us-east-1 & provider:aws";
  assert.equal((await change(app, "POST", { target, what: "drain" })).target, both.domain);
  assert.equal((await change(app, "DELETE", { target })).lifted.target, both.domain);
});

const unknown: [target: string, nearest: string[]][] = [
  ["region:aws/us-est-1", ["region:aws/us-east-1"]],
  ["region:mars/olympus-mons-1", ["region:aws/us-east-1", "region:hetzner/fsn1"]],
  ["provider:aw", ["provider:aws"]],
  ["h1", ["upstream:h1"]],
  ["upstream:aws-3", ["upstream:aws-1", "upstream:aws-2"]],
  ["planet:mars", []],
];

for (const [target, nearest] of unknown) {
  test(`failover: an order for ${target} is refused, with ${nearest.length} names that may have been meant`, async () => {
    const { app } = await admin();
    const answer = await change(app, "POST", { target, what: "drain" });
    assert.equal(answer.status, 404);
    assert.deepEqual(answer.nearest, nearest);
    for (const one of nearest) assert.ok(answer.error.includes(one), answer.error);
  });
}

const refused: [body: unknown, problem: RegExp][] = [
  [{ what: "drain" }, /^target: must be a failure domain/],
  [{ target: "provider:aws" }, /^what: must be "drain" or "force"/],
  [{ target: "provider:aws", what: "open" }, /^what: must be/],
  [{ target: "provider:aws", what: "drain", share: "150%" }, /^share: must lie between/],
  [{ target: "provider:aws", what: "force", share: "50%" }, /^share: goes with drain only/],
  [{ target: "provider:aws", what: "drain", for: 30 }, /^for: needs a unit: 30s/],
  [{ target: "provider:aws", what: "drain", by: " " }, /^by: must not be empty/],
  [{ target: "provider:aws", what: "drain", until: "12:00" }, /until/],
  [{ target: "provider:aws", what: "drain", by: "nobody" }, /^nobody may not order anything$/],
];

for (const [body, problem] of refused) {
  test(`failover: the order ${JSON.stringify(body)} is refused`, async () => {
    const { app } = await admin();
    const answer = await change(app, "POST", body);
    assert.equal(answer.status, 400);
    assert.match(answer.error, problem);
  });
}

test("failover: the status holds what the page shows of it, the newest decisions alone", async () => {
  const decisions = Array.from({ length: 80 }, (_, index) => sampleDecision({ id: 80 - index }));
  const { app } = await admin({ decisions, domains: [out] });
  const { summary, failover } = (await app.inject("/api/status")).json();
  assert.match(summary, /^Serving\. Out of service: region aws\/us-east-1\. 1 of 3 upstreams/);
  assert.deepEqual([failover.domains.length, failover.decisions.length, failover.decisions[0].id], [1, 8, 80]);
});

test("failover: a process that is cut off is not ready, and says why", async () => {
  const { app } = await admin({ impaired: "3 of 3 upstreams fell silent within 1 s" });
  const answer = await app.inject("/readyz");
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().impaired, "this process seems to be cut off: 3 of 3 upstreams fell silent within 1 s");
});

test("failover: of the steps in which a domain comes back the status shows the last one", async () => {
  const actions = ["ramp", "close", "ramp", "ramp", "half_open", "open", "ramp", "ramp"] as const;
  const decisions = actions.map((action, index) => sampleDecision({ id: 20 - index, action }));
  const other = sampleDecision({ id: 1, action: "ramp", subject: "provider:ovh" });
  const { app } = await admin({ decisions: [...decisions, other] });
  const { failover } = (await app.inject("/api/status")).json();
  assert.deepEqual(
    failover.decisions.map(({ id }: Decision) => id),
    [20, 19, 18, 16, 15, 14, 1],
  );
});

test("failover: in shadow mode it is said that nothing is done, before anything was decided too", async () => {
  const acting = (await (await admin({ domains: [out] })).app.inject("/api/failover")).json();
  assert.deepEqual([acting.mode, acting.shadow], ["act", false]);
  const { app } = await admin({ domains: [out], mode: "shadow" });
  const { summary, failover } = (await app.inject("/api/status")).json();
  assert.deepEqual([failover.mode, failover.shadow], ["shadow", true]);
  assert.match(summary, /Would be out of service: region aws/);
});

test("failover: what is out is shown before what comes back, and that before what is only watched", async () => {
  const phases = ["watch", "ramping", "closed", "open", "half_open"] as const;
  const { app } = await admin({ domains: phases.map((phase) => sampleDomain(`provider:${phase}`, [], { phase })) });
  const { domains } = (await app.inject("/api/failover")).json();
  assert.deepEqual(
    domains.map(({ phase }: { phase: string }) => phase),
    ["open", "half_open", "ramping", "watch"],
  );
});
