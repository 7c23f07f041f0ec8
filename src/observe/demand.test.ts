import assert from "node:assert/strict";
import { test } from "node:test";
import { CallContext } from "../core/context.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { createDemand, type Demand } from "./demand.ts";
import { sampleAnswer, sampleAttempt, sampleCall, sampleUpstream } from "./sample-fleet.ts";

const upstream = sampleUpstream("a1", { provider: "aws" });
const busy = fault("overloaded", "too many calls");
const left = fault("cancelled", "the client left");

/** One call that ended so, after this many attempts. */
function call(demand: Demand, outcome: Outcome, attempts: number, joined = false): void {
  const journal = Array.from({ length: attempts }, () => sampleAttempt(upstream, outcome));
  const context = new CallContext(new Cancellation(), 0, journal);
  context.joined = joined;
  demand.answered?.(sampleCall, outcome, context, 7);
}

test("demand: a call counts once if an upstream was, or should have been, asked for it", () => {
  const table: [name: string, outcome: Outcome, attempts: number, joined: boolean, counts: number][] = [
    ["answered", sampleAnswer, 1, false, 1],
    ["answered by the third", sampleAnswer, 3, false, 1],
    ["failed everywhere", fault("timeout", "late"), 2, false, 1],
    ["shed", busy, 0, false, 1],
    ["shared the answer of another", sampleAnswer, 1, true, 0],
    ["answered by Breakwater itself", sampleAnswer, 0, false, 0],
    ["given up by the client before anybody was asked", left, 0, false, 0],
  ];
  for (const [name, outcome, attempts, joined, counts] of table) {
    const demand = createDemand({ now: () => 0 });
    call(demand, outcome, attempts, joined);
    assert.deepEqual(demand.calls("ethereum"), [0, 0, counts, 0], name);
  }
});

test("demand: it is of the last minute, of one network, by priority", () => {
  let now = 0;
  const demand = createDemand({ now: () => now });
  for (; now < 90_000; now += 100) call(demand, sampleAnswer, 1);
  assert.ok(Math.abs((demand.calls("ethereum")[2] ?? 0) - 10) < 0.2);
  assert.deepEqual(demand.calls("gnosis"), [0, 0, 0, 0]);
  now += 60_000;
  assert.deepEqual(demand.calls("ethereum"), [0, 0, 0, 0]);
});

test("demand: the load of an upstream is every attempt at it", () => {
  let now = 0;
  const demand = createDemand({ now: () => now });
  const other = sampleUpstream("h1", { provider: "hetzner" });
  for (; now < 60_000; now += 500) {
    for (const reason of ["primary", "retry"] as const) {
      demand.attempted?.(sampleCall, sampleAttempt(upstream, busy, reason, now));
    }
  }
  assert.ok(Math.abs(demand.load(upstream) - 4) < 0.1);
  assert.equal(demand.load(other), 0);
});
