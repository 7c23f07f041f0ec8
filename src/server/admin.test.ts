import assert from "node:assert/strict";
import { test } from "node:test";
import type { FastifyInstance, InjectOptions } from "fastify";
import { CallContext } from "../core/context.ts";
import { fault } from "../core/outcome.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { recentChanges } from "../observe/recent-changes.ts";
import { createRecorder } from "../observe/record.ts";
import { sampleAnswer, sampleAttempt, sampleCall, sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { createFaults, faultSchema, healSchema } from "../simulator/faults.ts";
import { type AdminOptions, createAdmin } from "./admin.ts";
import type { Runtime, SimulatorControl } from "./runtime.ts";
import { sampleRuntime } from "./sample-runtime.ts";

const aws = sampleUpstream("a1", { provider: "aws", region: "aws/us-east-1" }, { because: "https://rpc/k3y failed" });
const hetzner = sampleUpstream("h1", { provider: "hetzner", kind: "bare_metal" }, { verdict: "ejected", head: 90 });

interface Given extends Partial<Omit<AdminOptions, "runtime">> {
  readonly simulated?: boolean;
  readonly runtime?: Partial<Runtime>;
}

/** An admin listener on loopback over two upstreams, of which aws has answered three calls. */
function admin({ simulated = false, runtime, ...options }: Given = {}): FastifyInstance {
  const clock = new ManualClock();
  const recorder = createRecorder();
  for (let count = 0; count < 3; count++) {
    const attempt = sampleAttempt(aws, sampleAnswer, count === 0 ? "hedge" : "primary");
    recorder.attempted(sampleCall, attempt);
    recorder.answered(sampleCall, sampleAnswer, new CallContext(new Cancellation(), 0, [attempt]), 30);
  }
  recorder.attempted(sampleCall, sampleAttempt(aws, fault("timeout", "late")));
  const changes = recentChanges(clock);
  changes.changed?.(hetzner, { what: "verdict", from: "suspect", to: "ejected", because: "k3y refused" });
  const simulator = simulated
    ? ({ faultSchema, healSchema, ...createFaults(clock, [aws, hetzner]) } as SimulatorControl)
    : undefined;
  return createAdmin({
    runtime: sampleRuntime([aws, hetzner], { recorder, changes, clock, simulator, ...runtime }),
    token: "t0ken",
    host: "127.0.0.1",
    log: { error: () => {} },
    ...options,
  });
}

const faults = "/api/simulator/faults";
const outage = { where: { provider: "aws" }, fault: "black_hole", for: "30s" };

test("admin: metrics, health and status are there to be read, and never kept", async () => {
  const app = admin();
  const table: [url: string, status: number, type: RegExp, body: RegExp][] = [
    ["/metrics", 200, /text\/plain; version=0.0.4/, /breakwater_attempts_total/],
    ["/livez", 200, /text\/plain/, /alive/],
    ["/readyz", 200, /json/, /"ready":true/],
    ["/readyz?network=ethereum", 200, /json/, /"ready":true/],
    ["/readyz?network=nowhere", 404, /json/, /no network/],
    [
      "/api/status",
      200,
      /json/,
      /"summary":"Serving\. 1 of 2 upstreams on 1 of 2 providers; effective number of providers 1\.0\."/,
    ],
    ["/", 200, /text\/html/, /<!doctype html>/],
    ["/elsewhere", 404, /json/, /nothing here/],
  ];
  for (const [url, status, type, body] of table) {
    const answer = await app.inject(url);
    assert.equal(answer.statusCode, status, url);
    assert.match(String(answer.headers["content-type"]), type, url);
    assert.match(answer.body, body, url);
    assert.equal(answer.headers["cache-control"], "no-store", url);
  }
});

test("admin: not ready is 503, with the reason", async () => {
  const networks = [{ ...sampleNetwork([hetzner]), protocol: "evm", isDefault: true }];
  const answer = await admin({ runtime: { networks } }).inject("/readyz");
  assert.equal(answer.statusCode, 503);
  assert.deepEqual(answer.json().unready, [{ network: "ethereum", because: "none of 1 upstreams may serve" }]);
});

test("admin: status counts calls by how long they took, and what each upstream answered, since the start", async () => {
  const { networks, durationBoundsMs } = (await admin().inject("/api/status")).json();
  const [{ calls, upstreams }] = networks;
  assert.deepEqual([calls.total, calls.unserved], [3, 0]);
  assert.equal(calls.durations.length, durationBoundsMs.length + 1);
  assert.deepEqual(calls.durations, [...durationBoundsMs.map((bound: number) => (bound === 50 ? 3 : 0)), 0]);
  assert.deepEqual(
    upstreams.map(({ answers }: { answers: number }) => answers),
    [3, 0],
  );
});

test("admin: status tells where upstreams stand, how they are and what they hold, and no secret", async () => {
  const answer = await admin().inject("/api/status");
  assert.ok(!answer.body.includes("k3y"), "redacted");
  const { networks, changes, uptimeSeconds, simulated } = answer.json();
  const [first, second] = networks[0].upstreams;
  assert.deepEqual([uptimeSeconds, simulated], [5, false]);
  assert.deepEqual(
    [first.region, first.because, first.lag, first.share, first.held],
    ["aws/us-east-1", "https://rpc/*** failed", 0, 1, null],
  );
  assert.deepEqual([second.region, second.verdict, second.eligible, second.lag], [null, "ejected", false, 10]);
  assert.deepEqual(changes[0].because, "*** refused");
  const group = networks[0].concentration.find(
    (one: { dimension: string; basis: string }) => one.dimension === "provider" && one.basis === "requests",
  );
  assert.deepEqual(group.shares[0], { entity: "aws", weight: 3, share: 1 });
  assert.deepEqual([group.indices.hhi, group.indices.effective, group.indices.nakamoto.third], [10_000, 1, 1]);
});

const origin = (value: string): InjectOptions => ({ headers: { host: "localhost:9545", origin: value } });
const from = (remoteAddress: string, headers = {}): InjectOptions => ({
  remoteAddress,
  headers: { host: "localhost", ...headers },
});
const bearer = { authorization: "Bearer t0ken" };

const order = (address: string, headers = {}): InjectOptions => ({
  method: "POST",
  url: "/api/failover/orders",
  payload: { target: "provider:hetzner", what: "drain" },
  ...from(address, headers),
});

const guarded: [name: string, given: Given, request: InjectOptions, status: number][] = [
  ["a page whose name was pointed at this machine", {}, { headers: { host: "evil.example" } }, 403],
  [
    "a foreign name, on a listener that is not loopback",
    { host: "0.0.0.0" },
    { headers: { host: "proxy.example" } },
    200,
  ],
  ["an IPv6 loopback name", {}, { headers: { host: "[::1]:9545" } }, 200],
  [
    "a change from a page of another site",
    { simulated: true },
    { method: "POST", ...origin("https://evil.example") },
    403,
  ],
  [
    "a change from another port of this machine",
    { simulated: true },
    { method: "POST", ...origin("http://localhost:3000") },
    403,
  ],
  ["a change from a sandboxed page", { simulated: true }, { method: "POST", ...origin("null") }, 403],
  [
    "a change from the status page itself",
    { simulated: true },
    { method: "POST", ...origin("http://localhost:9545") },
    201,
  ],
  ["a simulated fault from this machine", { simulated: true }, { method: "POST", ...from("::ffff:127.0.0.1") }, 201],
  ["a simulated fault from elsewhere", { simulated: true }, { method: "POST", ...from("10.0.0.9") }, 401],
  [
    "a simulated fault from elsewhere, with the token",
    { simulated: true },
    { method: "POST", ...from("10.0.0.9", bearer) },
    201,
  ],
  ["a fault on real upstreams, without the token", {}, { method: "POST" }, 401],
  ["a fault on real upstreams, with the token", {}, { method: "POST", headers: bearer }, 404],
  ["an order from this machine to a simulated fleet", { simulated: true }, order("127.0.0.1"), 201],
  ["an order from elsewhere to a simulated fleet", { simulated: true }, order("10.0.0.9"), 401],
  ["an order to a real fleet, without the token", {}, order("127.0.0.1"), 401],
  ["an order to a real fleet, with the token", {}, order("10.0.0.9", bearer), 201],
  ["a change where no token is configured", { token: undefined }, { method: "POST", headers: bearer }, 403],
];

for (const [name, given, request, status] of guarded) {
  test(`admin: ${name} gets ${status}`, async () => {
    const answer = await admin(given).inject({
      method: "GET",
      url: faults,
      payload: outage,
      ...request,
    } as InjectOptions);
    const expected = status === 200 ? [200, 404] : [status];
    assert.ok(expected.includes(answer.statusCode), `${answer.statusCode}: ${answer.body}`);
  });
}

test("admin: a fault is injected, listed, and healed by naming it again", async () => {
  const app = admin({ simulated: true });
  const injected = await app.inject({ method: "POST", url: faults, payload: outage });
  assert.deepEqual(injected.json(), {
    id: 1,
    where: { provider: "aws" },
    fault: "black_hole",
    for: "30s",
    affected: ["a1"],
    endsInMs: 30_000,
  });
  assert.equal((await app.inject(faults)).json().faults.length, 1);
  assert.equal((await app.inject("/api/status")).json().faults.length, 1);
  const healed = await app.inject({ method: "DELETE", url: faults, payload: { fault: "black_hole" } });
  assert.deepEqual(
    healed.json().healed.map(({ id }: { id: number }) => id),
    [1],
  );
  assert.deepEqual((await app.inject(faults)).json(), { faults: [] });
});

test("admin: without a body everything is healed", async () => {
  const app = admin({ simulated: true });
  await app.inject({ method: "POST", url: faults, payload: outage });
  assert.equal((await app.inject({ method: "DELETE", url: faults })).json().healed.length, 1);
});

test("admin: what is posted as a form, as curl does, is read as JSON", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await admin({ simulated: true }).inject({
    method: "POST",
    url: faults,
    headers,
    payload: JSON.stringify(outage),
  });
  assert.equal(answer.statusCode, 201);
});

const refused: [payload: string, status: number, problem: RegExp][] = [
  ["{", 400, /not JSON/],
  ["", 400, /not JSON/],
  ['{"where":{}}', 400, /^fault: /],
  ['{"where":{"planet":"mars"},"fault":"errors"}', 400, /^where: .*planet/],
  ['{"where":{"provider":"mars"},"fault":"errors"}', 404, /no upstream/],
  [`{"where":"${"x".repeat(70_000)}"}`, 413, /too large/],
];

for (const [payload, status, problem] of refused) {
  test(`admin: a fault ${payload.slice(0, 44)} is refused with ${status} and says why`, async () => {
    const answer = await admin({ simulated: true }).inject({ method: "POST", url: faults, payload });
    assert.equal(answer.statusCode, status);
    assert.match(answer.json().error, problem);
  });
}

test("admin: a bug in a view is answered with 500 and told to the log, not to the caller", async () => {
  const told: string[] = [];
  const draining = () => {
    throw new Error("secret detail");
  };
  const app = admin({ runtime: { draining }, log: { error: (message) => told.push(message) } });
  const answer = await app.inject("/readyz");
  assert.equal(answer.statusCode, 500);
  assert.ok(!answer.body.includes("secret"));
  assert.deepEqual(told, ["admin request failed"]);
});
