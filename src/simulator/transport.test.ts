import assert from "node:assert/strict";
import { test } from "node:test";
import { collect } from "../core/bytes.ts";
import type { Fault } from "../core/outcome.ts";
import type { WireResponse } from "../core/transport.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { faultSchema } from "./faults.ts";
import { createSimulatedFleet, type SimulatedFleet } from "./fleet.ts";
import { faultTable, oneUpstream, requestFor, resultOf, told } from "./testing.ts";
import { createSimulatedTransport } from "./transport.ts";

interface Question {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly streamAbove: number;
}

const balance: Question = {
  method: "eth_getBalance",
  params: [`0x${"11".repeat(20)}`, "latest"],
  streamAbove: Number.POSITIVE_INFINITY,
};

/** Asks a fleet of its own, ten seconds after a fault struck. */
async function ask(question: Partial<Question> = {}, fault?: object) {
  const clock = new ManualClock();
  const fleet = createSimulatedFleet(oneUpstream, clock);
  if (fault) fleet.faults.inject(faultSchema.parse({ where: {}, ...fault }));
  await clock.advance(10_000);
  return send(clock, fleet, { ...balance, ...question }, 60_000);
}

async function send(clock: ManualClock, fleet: SimulatedFleet, question: Question, waitMs: number) {
  const provider = fleet.provider("ethereum", "aws-1");
  assert.ok(provider);
  const cancellation = new Cancellation();
  const startedAt = clock.now();
  const seen: { result?: WireResponse | Fault; ms?: number } = {};
  const pending = createSimulatedTransport(provider, clock)
    .send(requestFor(question.method, question.params), cancellation, question.streamAbove)
    .then((result) => Object.assign(seen, { result, ms: clock.now() - startedAt }));
  await clock.advance(waitMs);
  return { ...seen, cancellation, pending };
}

test("simulated transport: each fault does what its name says, as over real HTTP", async () => {
  assert.equal(told((await ask()).result), "200 result");
  for (const [fault, seen] of faultTable) assert.equal(told((await ask({}, { fault })).result), seen, fault);
});

test("simulated transport: 5xx and 429 come fast, with the status and the pause asked for", async () => {
  const errors = await ask({}, { fault: "errors", status: 502 });
  assert.ok(errors.result?.ok && errors.result.status === 502 && (errors.ms ?? 1e9) < 1_000);
  const limited = await ask({}, { fault: "rate_limited", retryAfter: "5s" });
  assert.ok(limited.result?.ok);
  assert.deepEqual([limited.result.status, limited.result.header("retry-after")], [429, "5"]);
});

test("simulated transport: a slow upstream answers later by what was asked", async () => {
  const [usual, slow] = [await ask(), await ask({}, { fault: "slow", latency: "3s" })];
  assert.ok(Math.abs((slow.ms ?? 0) - (usual.ms ?? 0) - 3_000) < 1e-6);
});

test("simulated transport: a stale head stands still, or trails by the lag asked for", async () => {
  const head = async (fault?: object) => {
    const { result } = await ask({ method: "eth_blockNumber", params: [] }, fault);
    assert.ok(result?.ok);
    return Number(resultOf(result));
  };
  const usual = await head();
  assert.equal(usual - (await head({ fault: "stale_head" })), 5);
  assert.equal(usual - (await head({ fault: "stale_head", lag: 20 })), 20);
});

test("simulated transport: a wrong answer contradicts state alone, a wrong chain everything", async () => {
  const result = async (method: string, fault?: object) => {
    const { result } = await ask(method === "eth_getBalance" ? {} : { method, params: [] }, fault);
    return result?.ok ? resultOf(result) : undefined;
  };
  assert.notEqual(await result("eth_getBalance"), await result("eth_getBalance", { fault: "wrong_answer" }));
  assert.equal(await result("eth_chainId"), await result("eth_chainId", { fault: "wrong_answer" }));
  assert.notEqual(await result("eth_chainId"), await result("eth_chainId", { fault: "wrong_chain" }));
});

test("simulated transport: half of the requests fail in a brown-out, and half of the others are slow", async () => {
  const clock = new ManualClock();
  const fleet = createSimulatedFleet(oneUpstream, clock);
  fleet.faults.inject(faultSchema.parse({ where: {}, fault: "brown_out" }));
  const counts = { failed: 0, slow: 0, fine: 0 };
  for (let index = 0; index < 400; index++) {
    const { result, ms } = await send(clock, fleet, balance, 5_000);
    if (result?.ok && result.status !== 200) counts.failed++;
    else counts[(ms ?? 0) > 1_000 ? "slow" : "fine"]++;
  }
  assert.ok(Math.abs(counts.failed - 200) < 40 && Math.abs(counts.slow - 100) < 35, JSON.stringify(counts));
});

test("simulated transport: a rate strikes that share of requests", async () => {
  const clock = new ManualClock();
  const fleet = createSimulatedFleet(oneUpstream, clock);
  fleet.faults.inject(faultSchema.parse({ where: {}, fault: "errors", rate: 0.25 }));
  let failed = 0;
  for (let index = 0; index < 400; index++) {
    const { result } = await send(clock, fleet, balance, 1_000);
    if (result?.ok && result.status === 500) failed++;
  }
  assert.ok(Math.abs(failed - 100) < 30, `${failed} of 400`);
});

/** A fleet of one, its clock, and one transport that keeps its connections from question to question. */
function keepingConnections() {
  const clock = new ManualClock();
  const fleet = createSimulatedFleet(oneUpstream, clock);
  const provider = fleet.provider("ethereum", "aws-1");
  assert.ok(provider);
  const transport = createSimulatedTransport(provider, clock);
  const ask = async () => {
    const startedAt = clock.now();
    let seen = "nothing yet";
    const pending = transport.send(requestFor("eth_chainId", []), new Cancellation(), 1e9).then((result) => {
      seen = `${told(result)} after ${Math.floor((clock.now() - startedAt) / 1_000)} s`;
      if (!result.ok) seen += `: ${result.detail}`;
    });
    await clock.advance(10_000);
    await pending;
    return seen;
  };
  const inject = (spec: object) => fleet.faults.inject(faultSchema.parse({ where: {}, ...spec }));
  return { clock, fleet, ask, inject };
}

test("simulated transport: without its name, live connections go on until they are idle for too long", async () => {
  const { clock, ask, inject } = keepingConnections();
  assert.equal(await ask(), "200 result after 0 s");
  inject({ fault: "dns" });
  assert.equal(await ask(), "200 result after 0 s");
  await clock.advance(75_000);
  assert.equal(await ask(), "unreachable after 0 s: host name not found");
});

test("simulated transport: a handshake that hangs breaks live connections, and no new one comes about", async () => {
  const { fleet, ask, inject } = keepingConnections();
  assert.equal(await ask(), "200 result after 0 s");
  inject({ fault: "tls_hang" });
  assert.equal(await ask(), "unreachable after 5 s: no connection within the time limit");
  fleet.faults.heal({ where: undefined, fault: undefined });
  assert.equal(await ask(), "200 result after 0 s");
});

/** How long a plan makes a read of one balance wait. */
function delayOf(fleet: SimulatedFleet): number {
  const plan = fleet.provider("ethereum", "aws-1")?.plan(requestFor("eth_getBalance", balance.params));
  return plan?.delayMs ?? Number.NaN;
}

test("simulated transport: a cold upstream takes five times as long, which fades", async () => {
  const usual = keepingConnections();
  const cold = keepingConnections();
  cold.inject({ fault: "cold", for: "60s" });
  const ratios: number[] = [];
  for (const ms of [0, 30_000, 30_000]) {
    await Promise.all([usual.clock.advance(ms), cold.clock.advance(ms)]);
    ratios.push(delayOf(cold.fleet) / delayOf(usual.fleet));
  }
  assert.deepEqual(
    ratios.map((one) => one.toFixed(3)),
    ["5.000", "3.000", "1.000"],
  );
});

test("simulated transport: with its capacity capped an upstream bears so much less, at once or in time", async () => {
  const { clock, fleet, inject } = keepingConnections();
  inject({ fault: "capacity_cap", capacity: "10/s", ramp: "10s" });
  await clock.advance(10_000);
  delayOf(fleet);
  assert.ok(delayOf(fleet) > 100, "the second waits for the first, which takes a tenth of a second");
  const ramping = keepingConnections();
  ramping.inject({ fault: "capacity_cap", capacity: "10/s", ramp: "10s" });
  await ramping.clock.advance(1_000);
  for (let index = 0; index < 100; index++) delayOf(ramping.fleet);
  const waited = delayOf(ramping.fleet);
  assert.ok(waited > 200 && waited < 500, `a hundred at ${500 - 49} a second take ${waited} ms`);
});

test("simulated transport: a fault that grows hits ever more requests", async () => {
  const { clock, fleet, inject } = keepingConnections();
  inject({ fault: "errors", ramp: "100s" });
  const counts: number[] = [];
  for (const ms of [25_000, 50_000, 25_000]) {
    await clock.advance(ms);
    let failed = 0;
    for (let index = 0; index < 200; index++) {
      await clock.advance(5);
      const plan = fleet.provider("ethereum", "aws-1")?.plan(requestFor("eth_chainId", []));
      if (plan?.respond().status === 500) failed++;
    }
    counts.push(failed);
  }
  const [early = 0, late = 0, grown = 0] = counts;
  assert.ok(Math.abs(early - 50) < 25 && Math.abs(late - 150) < 25, `${counts}`);
  assert.equal(grown, 200);
});

test("simulated transport: while the chain halts every head stands, and goes on from there", async () => {
  const { clock, fleet, inject } = keepingConnections();
  const chain = fleet.chain("ethereum");
  assert.ok(chain);
  inject({ fault: "halt", for: "60s" });
  const standing = chain.headAt(clock.epoch());
  await clock.advance(59_000);
  assert.equal(chain.headAt(clock.epoch()), standing);
  await clock.advance(11_000);
  assert.equal(chain.headAt(clock.epoch()), standing + 5);
});

test("simulated transport: a cancelled request comes back as cancelled and is not answered later", async () => {
  const { result, cancellation, pending } = await ask({}, { fault: "black_hole" });
  assert.equal(result, undefined);
  cancellation.cancel();
  assert.equal((await pending).result?.ok, false);
});

test("simulated transport: a large body streams, whole or broken off", async () => {
  const large = { method: "eth_getLogs", params: [{ fromBlock: "0x0", toBlock: "0x64" }], streamAbove: 1_024 };
  const whole = (await ask(large)).result;
  assert.ok(whole?.ok && whole.rest);
  const bytes = await collect(whole.body, whole.rest, 1e9);
  assert.ok(JSON.parse(Buffer.from(bytes as Uint8Array).toString()).result.length > 100);
  const broken = (await ask(large, { fault: "reset_midbody" })).result;
  assert.ok(broken?.ok && broken.rest);
  const cut = await collect(broken.body, broken.rest, 1e9);
  assert.equal("kind" in cut && cut.kind, "interrupted");
});

test("simulated transport: above capacity callers wait, then are turned away", async () => {
  const clock = new ManualClock();
  const fleet = createSimulatedFleet(oneUpstream, clock);
  const provider = fleet.provider("ethereum", "aws-1");
  assert.ok(provider);
  const delays: number[] = [];
  const statuses: number[] = [];
  for (let index = 0; index < 600; index++) {
    const plan = provider.plan(requestFor("eth_chainId", []));
    delays.push(plan.delayMs);
    statuses.push(plan.respond().status);
  }
  assert.ok((delays[400] ?? 0) > 700, `the 400th waits ${delays[400]} ms at 500 a second`);
  assert.equal(statuses[100], 200);
  assert.equal(statuses[599], 429);
});
