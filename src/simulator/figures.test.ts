import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../core/failover.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { figuresOf } from "./figures.ts";
import { type AttemptRecord, Journal } from "./journal.ts";
import type { Run } from "./run.ts";
import type { Window } from "./windows.ts";

const attempt = { provider: "aws", reason: "primary", class: "state", work: 1, ok: true } as const;
const outage: Window = {
  from: 60_000,
  to: 120_000,
  affected: ["a"],
  effect: "struck",
  outage: 0,
  alone: false,
  label: "errors: a",
  capacity: undefined,
};

function runOf(journal: Journal, parts: Partial<Run> = {}): Run {
  const domains = new Map([
    ["provider:x", new Set(["a", "b"])],
    ["client:y", new Set(["b", "c", "d"])],
  ]);
  return { journal, windows: [outage], capacities: new Map(), domains, hedge: { minMs: 50, maxMs: 2_000 }, ...parts };
}

function emptyJournal(): Journal {
  return new Journal(new ManualClock(), 0);
}

function change(journal: Journal, at: number, upstream: string, from: string, to: string): void {
  journal.changes.push({ at, upstream, change: { what: "verdict", from, to, because: "" } });
}

/** Ten calls a second for three minutes with a fault on `a` in the second minute. */
function aRun() {
  const journal = emptyJournal();
  for (let at = 0; at < 180_000; at += 100) {
    const failed = at >= 60_000 && at < 60_500;
    journal.calls.push({ at, ms: failed ? 2_000 : 10, verdict: failed ? "failed" : "answered" });
    const upstream = at < 61_000 || at >= 130_000 ? "a" : "b";
    journal.attempts.push({ ...attempt, upstream, provider: upstream, startedAt: at, endedAt: at + 10 });
  }
  change(journal, 30_000, "b", "healthy", "ejected");
  change(journal, 60_700, "a", "healthy", "suspect");
  change(journal, 61_000, "a", "suspect", "ejected");
  return figuresOf(runOf(journal));
}

test("figures: availability counts the whole run, and the outage with the minute after it", () => {
  const { availability, availabilityInOutage, failed, badInOutage } = aRun();
  assert.deepEqual([failed, badInOutage], [5, 5]);
  assert.equal(availability, 1 - 5 / 1_800);
  assert.equal(availabilityInOutage, 1 - 5 / 1_200);
});

test("figures: waits are told apart by when the call came in, and those over the usual add up to a debt", () => {
  const { before, during, after, latencyDebt } = aRun();
  assert.deepEqual([before.max, during.p50, during.max, after.max], [10, 10, 2_000, 10]);
  assert.equal(latencyDebt, 5 * 1_990);
});

test("figures: detection, and the last call to one that was struck, count from the first fault", () => {
  const figures = aRun();
  assert.equal(figures.timeToDetect, 700);
  assert.equal(figures.timeToAllOut, 700);
  assert.equal(figures.timeToMove, 900);
  assert.equal(figures.sentToStruck, 10);
});

test("figures: service is back at the first of ten good seconds, the share when nine tenths are back", () => {
  const { timeTo999, timeToRecover, timeToRestore, overshoot } = aRun();
  assert.deepEqual([timeTo999, timeToRecover], [1_000, 0]);
  assert.equal(timeToRestore, 10_000);
  assert.equal(overshoot, 0);
});

test("figures: the overshoot is by how much their largest share afterwards is over the largest before", () => {
  const journal = emptyJournal();
  // A hundred a second: half of them to `a` before, none in the outage, then three quarters, then a fifth.
  const wanted = (at: number) => (at < 60_000 ? 0.5 : at < 120_000 ? 0 : at < 130_000 ? 0.75 : 0.2);
  for (let at = 0, due = 0; at < 180_000; at += 10) {
    due += wanted(at);
    const upstream = due >= 1 ? "a" : "b";
    if (due >= 1) due--;
    journal.attempts.push({ ...attempt, upstream, startedAt: at, endedAt: at + 10 });
  }
  const scattered = figuresOf(runOf(journal, { windows: [{ ...outage, alone: true }] }));
  assert.deepEqual([scattered.overshoot, scattered.timeToRestore], [undefined, undefined]);
  const { overshoot, timeToRestore } = figuresOf(runOf(journal));
  assert.ok(overshoot !== undefined && Math.abs(overshoot - 0.5) < 0.01, `${overshoot}`);
  assert.equal(timeToRestore, 0);
});

test("figures: shares are of answers, by phase", () => {
  const { a, b } = aRun().shares;
  assert.deepEqual([a?.before, b?.before, a?.during], [1, 0, 10 / 600]);
});

test("figures: without faults everything is before them, and nothing is detected", () => {
  const journal = emptyJournal();
  journal.calls.push({ at: 5, ms: 7, verdict: "answered" });
  const figures = figuresOf(runOf(journal, { windows: [] }));
  assert.deepEqual([figures.before.max, figures.availability, figures.timeToAllOut], [7, 1, undefined]);
  assert.deepEqual(
    [figures.timeTo999, figures.timeToRestore, figures.slow, figures.flaps],
    [undefined, undefined, 0, 0],
  );
});

test("figures: an ejection is wrong of one that nothing struck, and of anybody when everybody is struck", () => {
  const wrongWith = (...windows: Window[]) => {
    const journal = emptyJournal();
    change(journal, 70_000, "a", "healthy", "ejected");
    change(journal, 71_000, "b", "suspect", "ejected");
    change(journal, 72_000, "b", "ejected", "quarantined");
    return figuresOf(runOf(journal, { windows })).wrongEjections;
  };
  assert.equal(wrongWith(outage), 1);
  assert.equal(wrongWith(outage, { ...outage, effect: "strained", affected: ["b"] }), 0);
  assert.equal(wrongWith({ ...outage, effect: "everybody", affected: ["a", "b"] }), 2);
  assert.equal(wrongWith({ ...outage, to: 66_000 }), 1, "within 5 s after the fault it is right");
  assert.equal(wrongWith({ ...outage, to: 64_000 }), 2);
});

test("figures: a flap is each return to service while the outage lasts, though the fault be off just then", () => {
  const flapsWith = (...windows: Window[]) => {
    const journal = emptyJournal();
    for (const at of [61_000, 71_000, 81_000]) {
      change(journal, at, "a", "suspect", "ejected");
      change(journal, at + 5_000, "a", "ejected", "ramping");
    }
    return figuresOf(runOf(journal, { windows })).flaps;
  };
  assert.equal(flapsWith(outage), 3);
  assert.equal(flapsWith({ ...outage, to: 80_000 }), 2);
  assert.equal(flapsWith({ ...outage, to: 65_000 }, { ...outage, from: 85_000 }), 3);
  assert.equal(flapsWith({ ...outage, to: 65_000 }, { ...outage, from: 85_000, outage: 1 }), 1);
});

test("figures: a domain is named rightly when half of it and two at least fail of one cause", () => {
  const namedWith = (subject: string, at: number, ...windows: Window[]) => {
    const journal = emptyJournal();
    const decision = { action: "open", subject, shadow: false } as Decision;
    journal.decisions.push({ at, decision }, { at, decision: { ...decision, shadow: true } });
    const { domains, timeToName, wrongDomains } = figuresOf(runOf(journal, { windows }));
    assert.equal(domains.length, wrongDomains + (timeToName === undefined ? 0 : 1));
    return wrongDomains === 0 && timeToName;
  };
  const both = { ...outage, affected: ["a", "b"] };
  assert.equal(namedWith("provider:x", 62_000, both), 2_000);
  assert.equal(namedWith("provider:x", 62_000, { ...both, effect: "strained" }), 2_000);
  assert.equal(namedWith("provider:x", 62_000, { ...both, effect: "everybody" }), false);
  assert.equal(namedWith("provider:x", 62_000, outage), false, "one of two");
  assert.equal(namedWith("client:y", 62_000, both), false, "one of three");
  assert.equal(namedWith("client:y", 62_000, { ...outage, affected: ["b", "c"] }), 2_000);
  assert.equal(namedWith("provider:x & client:y", 62_000, both), false, "a domain of one");
  assert.equal(namedWith("provider:x", 62_000, outage, { ...outage, affected: ["b"] }), false, "two causes");
  assert.equal(namedWith("provider:x", 50_000, both), false, "before the fault");
  assert.equal(namedWith("upstream:a", 62_000, both), undefined, "no domain");
});

test("figures: a call is slow because of the outage when it was sent to the struck and took twice the hedge delay", () => {
  const journal = emptyJournal();
  const usual: AttemptRecord = { ...attempt, upstream: "b", startedAt: 70_000, endedAt: 70_100 };
  for (let index = 0; index < 40; index++) journal.attempts.push(usual);
  const call = { at: 60_100, ms: 201, class: "state", priority: 2, hedged: true, fault: undefined } as const;
  journal.served.push(
    { ...call, sentTo: ["a", "b"] },
    { ...call, sentTo: ["a"], ms: 199 },
    { ...call, sentTo: ["b"] },
    { ...call, sentTo: ["a"], at: 50_000 },
    { ...call, sentTo: ["a"], hedged: false },
    { ...call, sentTo: ["a"], class: "logs", ms: 599 },
  );
  assert.equal(figuresOf(runOf(journal)).slow, 1);
});

test("figures: amplification counts what is sent for each first attempt, sheds are counted by priority", () => {
  const journal = emptyJournal();
  const sent = { ...attempt, upstream: "b", startedAt: 70_000, endedAt: 70_100 };
  journal.attempts.push(
    sent,
    sent,
    sent,
    sent,
    { ...sent, reason: "hedge" },
    { ...sent, startedAt: 10, reason: "retry" },
  );
  const call = { at: 60_100, ms: 0, class: "state", hedged: true, sentTo: [] };
  journal.served.push(
    { ...call, priority: 2, fault: "overloaded" },
    { ...call, priority: 3, fault: "overloaded" },
    { ...call, priority: 3, fault: "overloaded" },
    { ...call, priority: 1, fault: "timeout" },
  );
  const { amplification, shed } = figuresOf(runOf(journal));
  assert.deepEqual([amplification, shed], [1.25, [0, 0, 1, 2]]);
});

test("figures: the peak load is the most work in five seconds over the capacity, of those not struck", () => {
  const journal = emptyJournal();
  for (let index = 0; index < 50; index++) {
    const startedAt = 70_000 + index * 100;
    journal.attempts.push({ ...attempt, upstream: "b", work: 2, startedAt, endedAt: startedAt + 10 });
    journal.attempts.push({ ...attempt, upstream: "a", work: 100, startedAt, endedAt: startedAt + 10 });
  }
  const capacities = new Map([
    ["a", 1],
    ["b", 40],
  ]);
  assert.equal(figuresOf(runOf(journal, { capacities })).peakLoad, 0.5);
  const capped: Window = { ...outage, effect: "strained", affected: ["b"], capacity: 10 };
  assert.equal(figuresOf(runOf(journal, { capacities, windows: [outage, capped] })).peakLoad, 2);
});
