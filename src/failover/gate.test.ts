import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { type Demand, Gate } from "./gate.ts";

const fine = { passing: 3, failing: 0 };
const usual = { attempts: 50, patienceMs: 10_000 };

interface Felt {
  readonly answers?: number;
  readonly failures?: number;
  /** So many of the answers take twice as long as usual. */
  readonly slow?: number;
  /** What is usual before the outage, in milliseconds. */
  readonly usualMs?: number | undefined;
  readonly usualFailures?: number;
  readonly demand?: Demand;
}

/** A gate at a step that began at 1 s and felt this since. */
function gateThat(felt: Felt): Gate {
  const { answers = 0, failures = 0, slow = 0, usualMs, usualFailures } = { usualMs: 100, ...felt };
  const gate = new Gate(usualFailures);
  gate.begin(1_000, felt.demand ?? usual, fine);
  for (let count = 0; count < answers; count++) gate.answered(1_500, count < slow ? 200 : 90, usualMs);
  for (let count = 0; count < failures; count++) gate.failed(1_500);
  return gate;
}

test("gate: passes, fails or waits as the attempts say, and on thin traffic the probes", () => {
  const table: [string, Felt, number, string, { passing: number; failing: number }?][] = [
    ["nothing yet", {}, 10_999, "wait"],
    ["nothing for ten seconds", {}, 11_000, "pass"],
    ["nothing, and nobody passes probes", {}, 11_000, "fail", { passing: 0, failing: 0 }],
    ["nothing, and one more member fails than at first", {}, 11_000, "fail", { passing: 2, failing: 1 }],
    ["enough good answers", { answers: 50 }, 1_500, "pass"],
    ["enough good answers, whatever probes say", { answers: 50 }, 1_500, "pass", { passing: 0, failing: 3 }],
    ["almost enough", { answers: 49 }, 1_500, "wait"],
    ["almost enough, in ten seconds", { answers: 49 }, 11_000, "pass"],
    ["one of fifty failed", { answers: 49, failures: 1 }, 1_500, "pass"],
    ["two of fifty failed", { answers: 48, failures: 2 }, 1_500, "fail"],
    ["two of two failed", { failures: 2 }, 1_500, "fail"],
    ["one failed, nothing else", { failures: 1 }, 1_500, "wait"],
    ["one failed, nothing else for ten seconds", { failures: 1 }, 11_000, "fail"],
    ["one of forty failed in ten seconds", { answers: 39, failures: 1 }, 11_000, "pass"],
    ["one in 200 of a thousand failed", { answers: 995, failures: 5 }, 1_500, "pass"],
    ["one in a hundred of a thousand failed", { answers: 990, failures: 10 }, 1_500, "fail"],
    ["no more than usual", { answers: 970, failures: 30, usualFailures: 0.03 }, 1_500, "pass"],
    ["twice as many as usual", { answers: 930, failures: 70, usualFailures: 0.03 }, 1_500, "fail"],
    ["one in twenty is slow", { answers: 200, slow: 10 }, 1_500, "pass"],
    ["one in five is slow", { answers: 200, slow: 40 }, 1_500, "fail"],
    ["all are slow at first sight", { answers: 8, slow: 8 }, 1_500, "fail"],
    ["a few are slow", { answers: 7, slow: 7 }, 1_500, "wait"],
    ["a few are slow, nothing else for ten seconds", { answers: 5, slow: 5 }, 11_000, "fail"],
    ["two of ten are slow, nothing else for ten seconds", { answers: 10, slow: 2 }, 11_000, "pass"],
    ["slow, but nobody knows what is usual", { answers: 200, slow: 200, usualMs: undefined }, 1_500, "pass"],
  ];
  for (const [name, felt, now, verdict, probed = fine] of table) {
    assert.equal(gateThat(felt).verdict(probed, now), verdict, name);
  }
});

test("gate: a step that asks for little is passed by little, as far as all of that went well", () => {
  const demand = { attempts: 9, patienceMs: 3_000 };
  const table: [string, Felt, number, string, { passing: number; failing: number }?][] = [
    ["nine good answers", { answers: 9 }, 1_100, "pass"],
    ["eight good answers", { answers: 8 }, 1_100, "wait"],
    ["eight good answers in three seconds", { answers: 8 }, 4_000, "pass"],
    ["one of nine failed: more are waited for", { answers: 8, failures: 1 }, 1_100, "wait"],
    ["one of nine failed: three seconds are too few to forget it", { answers: 8, failures: 1 }, 4_000, "wait"],
    ["one of forty failed", { answers: 39, failures: 1 }, 1_100, "pass"],
    ["one of nine failed in ten seconds", { answers: 8, failures: 1 }, 11_000, "fail"],
    ["two of nine failed", { answers: 7, failures: 2 }, 1_100, "fail"],
    ["three of nine were slow: more are waited for", { answers: 9, slow: 3 }, 1_100, "wait"],
    ["nobody called for three seconds", {}, 4_000, "pass"],
    ["nobody called, and a member fails its probes", {}, 4_000, "wait", { passing: 2, failing: 1 }],
    ["nobody called, and a member fails its probes for ten seconds", {}, 11_000, "fail", { passing: 2, failing: 1 }],
  ];
  for (const [name, felt, now, verdict, probed = fine] of table) {
    assert.equal(gateThat({ ...felt, demand }).verdict(probed, now), verdict, name);
  }
});

test("gate: slow is more than one and a half times the usual p95, and what may have been a pause of our own", () => {
  for (const [ms, verdict] of [
    [150, "pass"],
    [170, "pass"],
    [171, "fail"],
  ] as const) {
    const gate = new Gate(undefined);
    gate.begin(0, usual, fine);
    for (let count = 0; count < 50; count++) gate.answered(0, ms, 100);
    assert.equal(gate.verdict(fine, 100), verdict, `${ms} ms`);
  }
});

test("gate: attempts that were called off late count as slow, early ones as nothing", () => {
  const gate = gateThat({ answers: 42 });
  for (let count = 0; count < 99; count++) {
    gate.calledOff(1_500, 120, 100);
    gate.calledOff(1_500, 1_000, undefined);
    gate.calledOff(999, 1_000, 100);
  }
  assert.equal(gate.verdict(fine, 1_600), "wait");
  for (let count = 0; count < 7; count++) gate.calledOff(1_500, 121, 100);
  assert.equal(gate.verdict(fine, 1_600), "wait");
  gate.calledOff(1_500, 121, 100);
  assert.equal(gate.verdict(fine, 1_600), "fail");
  assert.equal(gate.because(fine), "0 of 50 attempts failed, 8 of 50 answers were slow");
});

test("gate: each step is judged by its own attempts", () => {
  const gate = gateThat({ answers: 9, failures: 9, slow: 9 });
  assert.equal(gate.verdict(fine, 1_500), "fail");
  gate.begin(1_000, usual, fine);
  assert.equal(gate.verdict(fine, 1_500), "fail", "the same step goes on");
  gate.begin(2_000, usual, fine);
  assert.equal(gate.verdict(fine, 2_500), "wait");
  for (let count = 0; count < 9; count++) gate.failed(1_999);
  for (let count = 0; count < 99; count++) gate.answered(1_999, 9, 100);
  assert.equal(gate.verdict(fine, 2_500), "wait", "attempts from before tell of another share");
});

test("gate: a member that failed when the step began is not held against it", () => {
  const gate = new Gate(undefined);
  gate.begin(0, usual, { passing: 2, failing: 1 });
  assert.equal(gate.verdict({ passing: 2, failing: 1 }, 10_000), "pass");
  assert.equal(gate.verdict({ passing: 1, failing: 2 }, 10_000), "fail");
});

test("gate: says what it rests on", () => {
  assert.equal(
    gateThat({ answers: 98, failures: 2, slow: 4 }).because(fine),
    "2 of 100 attempts failed, 4 of 98 answers were slow",
  );
  assert.match(gateThat({ answers: 3 }).because({ passing: 2, failing: 1 }), /slow; probes: 2 pass, 1 fail$/);
});

test("gate: wrongs few sound domains, and lets few broken ones through", () => {
  /** The share of a thousand domains that pass a step of `attempts`, of which `failing` fail and `slow` are slow. */
  const passing = (attempts: number, failing: number, slow: number) => {
    const random = seededRandom(1);
    let passed = 0;
    for (let run = 0; run < 1_000; run++) {
      const gate = new Gate(undefined);
      gate.begin(0, usual, fine);
      let verdict = gate.verdict(fine, 0);
      for (let count = 0; count < attempts && verdict !== "fail"; count++) {
        if (random() < failing) gate.failed(0);
        else gate.answered(0, random() < slow ? 200 : 50, 100);
        verdict = gate.verdict(fine, 5_000);
      }
      if (verdict === "pass") passed++;
    }
    return passed / 1_000;
  };
  const table: [attempts: number, failing: number, slow: number, least: number, most: number][] = [
    [50, 0.001, 0.02, 0.99, 1],
    [1_000, 0.001, 0.02, 0.97, 1],
    [50, 0.005, 0.02, 0.95, 1],
    [50, 0.1, 0.02, 0, 0.05],
    [200, 0.05, 0.02, 0, 0.05],
    [1_000, 0.02, 0.02, 0, 0.05],
    [50, 0, 0.25, 0, 0.05],
  ];
  for (const [attempts, failing, slow, least, most] of table) {
    const share = passing(attempts, failing, slow);
    assert.ok(share >= least && share <= most, `${attempts} attempts, ${failing} fail, ${slow} slow: ${share} pass`);
  }
});
