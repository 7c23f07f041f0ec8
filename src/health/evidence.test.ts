import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { Evidence } from "./evidence.ts";

/** Evidence of an upstream that answered `samples` calls, `perSecond` of them each second, failing this share. */
function seasoned(perSecond = 1, samples = 2_000, share = 0, seed = 1): { evidence: Evidence; now: number } {
  const random = seededRandom(seed);
  const evidence = new Evidence(0);
  let now = 0;
  for (let sample = 0; sample < samples; sample++) {
    now += 1_000 / perSecond;
    if (random() < share) evidence.failed(now, 1, "timeout");
    else evidence.succeeded(now);
  }
  return { evidence, now };
}

test("evidence: two failures in a row make a sound upstream suspect, three condemn it", () => {
  const { evidence, now } = seasoned();
  const found = [1, 2, 3].map(() => {
    evidence.failed(now, 1, "server_error");
    return [evidence.uneasy, evidence.score > evidence.suspectAbove, evidence.score > evidence.ejectAbove];
  });
  assert.deepEqual(found, [
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});

test("evidence: a soft failure weighs half, and successes wash failures away", () => {
  const { evidence, now } = seasoned();
  evidence.failed(now, 1, "timeout");
  const hard = evidence.score;
  for (let count = 0; count < 6; count++) evidence.succeeded(now);
  assert.equal(evidence.score, 0);
  evidence.failed(now, 0.5, "node_timeout");
  assert.ok(Math.abs(evidence.score - hard / 2) < 0.1);
});

test("evidence: a brown-out of one half condemns though failures never come five in a row", () => {
  const { evidence, now } = seasoned(20);
  let samples = 0;
  for (; evidence.score <= evidence.ejectAbove; samples++) {
    if (samples % 2 === 0) evidence.failed(now, 1, "timeout");
    else evidence.succeeded(now);
  }
  assert.ok(samples <= 15, `${samples} calls`);
});

test("evidence: hours of ordinary noise condemn nobody", () => {
  for (const share of [0.005, 0.03]) {
    for (const perSecond of [1, 20]) {
      const { evidence, now } = seasoned(perSecond, 1_000, share);
      const random = seededRandom(7);
      let condemned = 0;
      for (let at = now; at < now + 10 * 3_600_000; at += 1_000 / perSecond) {
        if (random() < share) evidence.failed(at, 1, "timeout");
        else evidence.succeeded(at);
        if (evidence.score > evidence.ejectAbove) condemned++;
      }
      assert.equal(condemned, 0, `${share} of ${perSecond}/s`);
    }
  }
});

test("evidence: the baseline follows the upstream, is forgotten, and never calls the worst usual", () => {
  assert.ok(seasoned(1, 5_000, 0).evidence.baseline < 0.001);
  const noisy = seasoned(1, 5_000, 0.03);
  assert.ok(Math.abs(noisy.evidence.baseline - 0.03) < 0.015, String(noisy.evidence.baseline));
  for (let sample = 0; sample < 3_000; sample++) noisy.evidence.succeeded(noisy.now);
  assert.ok(noisy.evidence.baseline < 0.001);
  const awful = seasoned(1, 5_000, 0.45).evidence;
  assert.ok(awful.baseline <= 0.05);
  assert.ok(awful.score > awful.suspectAbove);
});

test("evidence: an outage does not become the usual, nor does what succeeds in between, and its score is bounded", () => {
  const { evidence, now } = seasoned(20, 5_000, 0.03);
  const usual = evidence.baseline;
  for (let sample = 0; sample < 5_000; sample++) {
    evidence.failed(now, 1, "timeout");
    evidence.failed(now, 1, "timeout");
    evidence.succeeded(now);
  }
  assert.ok(Math.abs(evidence.baseline - usual) < 0.01, `${usual} became ${evidence.baseline}`);
  assert.ok(evidence.score <= evidence.ejectAbove + 3);
});

test("evidence: the limits grow with the rate of calls, so that false alarms do not", () => {
  const limits = [0.2, 1, 20, 1_000].map((perSecond) => seasoned(perSecond, 5_000).evidence.ejectAbove);
  assert.deepEqual(
    limits.map((limit) => Math.round(10 * limit) / 10),
    [11, 11, 14, 17.9],
  );
  const { evidence, now } = seasoned(1_000, 5_000);
  for (let probe = 0; probe < 30; probe++) evidence.probePassed(now + 1_000 + probe * 200);
  assert.deepEqual([evidence.rate, evidence.ejectAbove], [0, 11]);
});

test("evidence: waiting too long counts as a failure until the answer comes", () => {
  const { evidence, now } = seasoned();
  evidence.overdue(now);
  evidence.overdue(now);
  assert.ok(evidence.score > evidence.suspectAbove);
  assert.ok(evidence.silent);
  evidence.forgiven();
  evidence.forgiven();
  assert.equal(evidence.score, 0);
});

test("evidence: a call that is called off weighs by how unusual its age was", () => {
  const weights = [1, 0.5, 0.1, 0.01, 0].map((slower) => {
    const { evidence, now } = seasoned();
    evidence.calledOff(now, slower);
    return Math.round(10 * evidence.score) / 10;
  });
  // By hand: ln((0.6 + 0.4 s) / (0.005 + 0.995 s)).
  assert.deepEqual(weights, [0, 0.5, 1.8, 3.7, 4.8]);
});

test("evidence: probes that pass do not outvote calls that fail", () => {
  const { evidence, now } = seasoned(0.5);
  let at = now;
  for (let call = 0; call < 8 && evidence.score <= evidence.ejectAbove; call++) {
    at += 2_000;
    evidence.failed(at, 1, "timeout");
    for (let probe = 1; probe <= 6; probe++) evidence.probePassed(at + probe * 300);
  }
  assert.ok(evidence.score > evidence.ejectAbove);
});

test("evidence: with no traffic, probes alone condemn and clear", () => {
  const evidence = new Evidence(0);
  for (let probe = 0; probe < 3; probe++) evidence.probeFailed(probe, 1, "timeout");
  assert.ok(evidence.score > evidence.ejectAbove);
  assert.equal(evidence.lastFailure, "probe: timeout");
  assert.equal(evidence.failingSince, 0);
  for (let probe = 0; probe < 14; probe++) evidence.probePassed(1_000 + probe);
  assert.equal(evidence.score, 0);
  assert.ok(Number.isNaN(evidence.failingSince));
});
