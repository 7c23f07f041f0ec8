import assert from "node:assert/strict";
import { test } from "node:test";
import { CallContext } from "../core/context.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleDecision } from "../server/sample-failover.ts";
import { createLog, type Level } from "./log.ts";
import { logObserver } from "./log-observer.ts";
import { sampleAnswer, sampleAttempt, sampleCall, sampleUpstream } from "./sample-fleet.ts";

const aws = sampleUpstream("a1", { provider: "aws", region: "aws/us-east-1" });

function observed(sampleCalls = 0, level: Level = "info") {
  const clock = new ManualClock();
  let text = "";
  const sink = (chunk: Buffer, done: () => void) => {
    text += chunk;
    done();
  };
  const log = createLog({ level, format: "json", colors: false, clock, sink, redact: (line) => line });
  const observer = logObserver(log, clock, sampleCalls);
  const lines = () =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const answered = (outcome: Outcome) => {
    const context = new CallContext(new Cancellation(), 0, [sampleAttempt(aws, outcome)]);
    observer.answered?.(sampleCall, outcome, context, 8.04);
  };
  return { clock, observer, lines, answered };
}

test("log: a change of an upstream is told with its place and its cause, alarming ones as warnings", () => {
  const { observer, lines } = observed();
  observer.changed?.(aws, { what: "verdict", from: "suspect", to: "ejected", because: "5 failures" });
  observer.changed?.(aws, { what: "breaker", from: "open", to: "closed", because: "trial passed" });
  const [first, second] = lines();
  delete first.time;
  assert.deepEqual(first, {
    level: "warn",
    message: "upstream a1: verdict suspect -> ejected",
    network: "ethereum",
    provider: "aws",
    region: "aws/us-east-1",
    because: "5 failures",
  });
  assert.equal(second.level, "info");
});

test("log: a failed call is told with its attempts; an answer and a client's own fault are not", () => {
  const { lines, answered } = observed();
  answered(sampleAnswer);
  answered({ ...sampleAnswer, failed: true });
  answered(fault("cancelled", "the client left"));
  answered(fault("timeout", "no answer within 7 ms"));
  const [only, ...others] = lines();
  assert.deepEqual(others, []);
  delete only.time;
  assert.deepEqual(only, {
    level: "warn",
    message: "call failed",
    network: "ethereum",
    method: "eth_getBalance",
    outcome: "timeout",
    ms: 8,
    attempts: "a1:primary:timeout:7ms",
    detail: "no answer within 7 ms",
  });
});

test("log: of a storm ten failures of each kind are told per second, and then how many were not", async () => {
  const { clock, lines, answered } = observed();
  for (let count = 0; count < 250; count++) answered(fault("timeout", "late"));
  answered(fault("server_error", "500"));
  assert.equal(lines().length, 11);
  await clock.advance(1_000);
  assert.equal(lines()[11].message, "suppressed 240 more within a second: call failed: timeout");
  answered(fault("timeout", "late"));
  await clock.advance(1_000);
  assert.equal(lines().length, 13);
});

test("log: a share of all calls is told, evenly", () => {
  const { lines, answered } = observed(0.25);
  for (let count = 0; count < 40; count++) answered(sampleAnswer);
  assert.equal(lines().length, 10);
  assert.equal(lines()[0].message, "call");
});

test("log: failed attempts are told at level debug only, and otherwise not even listened to", () => {
  assert.equal(observed().observer.attempted, undefined);
  const { observer, lines } = observed(0, "debug");
  observer.attempted?.(sampleCall, sampleAttempt(aws, fault("interrupted", "socket closed"), "retry"));
  observer.attempted?.(sampleCall, sampleAttempt(aws, sampleAnswer));
  assert.deepEqual(
    lines().map(({ level, message, attempts }) => [level, message, attempts]),
    [["debug", "attempt failed", "a1:retry:interrupted:7ms"]],
  );
});

test("log: a method's name, which clients choose, is cut short", () => {
  const { observer, lines } = observed(1);
  const context = new CallContext(new Cancellation(), 0);
  observer.answered?.({ ...sampleCall, method: "x".repeat(5_000) }, sampleAnswer, context, 1);
  assert.equal(lines()[0].method.length, 64);
});

test("log: a decision is one line with its evidence, its rivals and where the load goes", () => {
  const { lines, observer } = observed();
  observer.decided?.(sampleDecision({ spared: ["aws-3"] }));
  const [line] = lines();
  delete line.time;
  assert.deepEqual(line, {
    level: "warn",
    message: "failover: open region:aws/us-east-1",
    decision: 1,
    because: "3 of 3 members became suspect within 310 ms",
    logOdds: 14.3,
    evidence: "aws-1:310.4ms:timeout, aws-2:12ms:probe: unreachable",
    rivals: "provider:aws:9.1",
    spared: "aws-3",
    moved: "hetzner:60%, gcp:40%",
  });
});

test("log: what somebody should look at is a warning, other decisions are not, and shadow is told", () => {
  const { lines, observer } = observed();
  const bare = { logOdds: undefined, evidence: [], rivals: [], moved: [] };
  for (const action of ["watch", "open", "withhold", "self", "close", "drain"] as const) {
    observer.decided?.(sampleDecision({ action, ...bare }));
  }
  observer.decided?.(sampleDecision({ shadow: true, ...bare }));
  assert.deepEqual(
    lines().map(({ level }) => level),
    ["info", "warn", "warn", "warn", "info", "info", "warn"],
  );
  const { time, ...shadow } = lines()[6];
  assert.deepEqual(shadow, {
    level: "warn",
    message: "failover: would open region:aws/us-east-1",
    decision: 1,
    because: "3 of 3 members became suspect within 310 ms",
    shadow: true,
  });
});

test("log: of the members of a large domain twenty are told, and how many more there are", () => {
  const { lines, observer } = observed();
  observer.decided?.(sampleDecision({ spared: Array.from({ length: 50 }, (_, index) => `u${index}`) }));
  assert.match(lines()[0].spared, /^u0, .*u19, and 30 more$/);
});

test("log: alarms of validators are warnings, that nodes agree again is not, and of a storm ten a second are told", async () => {
  const { lines, observer, clock } = observed();
  const disagreement = "nodes disagree about the target to attest to: teku+geth (t) against lighthouse+geth (l)";
  observer.alarmed?.("beacon", { what: "disagreement", because: disagreement, upstream: undefined });
  observer.alarmed?.("beacon", { what: "agreement", because: "nodes agree on the chain again", upstream: undefined });
  for (let count = 0; count < 30; count++) {
    observer.alarmed?.("beacon", { what: "objection", because: "its target is of epoch 3", upstream: "a1" });
  }
  await clock.advance(1_000);
  const [first, second, third] = lines();
  delete first.time;
  assert.deepEqual(first, {
    level: "warn",
    message: "validators: disagreement",
    network: "beacon",
    because: disagreement,
  });
  assert.deepEqual([second.level, second.message], ["info", "validators: agreement"]);
  assert.deepEqual([third.level, third.upstream], ["warn", "a1"]);
  assert.equal(lines().length, 13);
  assert.match(lines()[12].message, /^suppressed 20 more/);
});

test("log: that a node is told again is worth a line, that it cannot be told only to who looks for it", () => {
  const { lines, observer } = observed();
  observer.retold?.(aws, { kind: "prepare_beacon_proposer", entries: 64, well: true });
  observer.retold?.(aws, { kind: "prepare_beacon_proposer", entries: 64, well: false });
  const [only, ...others] = lines();
  delete only.time;
  assert.deepEqual(others, []);
  assert.deepEqual(only, {
    level: "info",
    message: "upstream a1: told again what validators told",
    network: "ethereum",
    kind: "prepare_beacon_proposer",
    entries: 64,
  });
});

test("log: which duties a node is no longer asked for is told with the reason, and its return", () => {
  const { lines, observer } = observed();
  observer.refitted?.(aws, "attest", "it is syncing, 40 slots to go");
  observer.refitted?.(aws, "attest", undefined);
  assert.deepEqual(
    lines().map(({ level, message, because }) => [level, message, because]),
    [
      ["info", "upstream a1: is not asked to attest", "it is syncing, 40 slots to go"],
      ["info", "upstream a1: is asked to attest again", undefined],
    ],
  );
});

test("log: what a light client finds is told, as a warning where it does not follow the chain", () => {
  const { observer, lines } = observed();
  observer.enlightened?.("ethereum", { what: "follows", because: "block 7 is final", upstream: undefined });
  observer.enlightened?.("ethereum", { what: "refused", because: "what b1 says is refused", upstream: "b1" });
  assert.deepEqual(
    lines().map(({ level, message, upstream }) => [level, message, upstream]),
    [
      ["info", "light client: follows", undefined],
      ["warn", "light client: refused", "b1"],
    ],
  );
});
