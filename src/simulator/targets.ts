import type { Figures } from "./figures.ts";
import { quantileOf } from "./quantile.ts";
import type { Expectations } from "./scenario.ts";
import { count, ms, percent, ratio } from "./wording.ts";

/** One thing that can be expected of runs. */
interface Target {
  readonly name: Exclude<keyof Expectations, "named">;
  /** What it is called in a sentence about its value. */
  readonly what: string;
  value(figures: Figures): number;
  text(value: number): string;
  /** More is better. */
  readonly least?: true;
}

const never = Number.POSITIVE_INFINITY;

const targets: readonly Target[] = [
  { name: "availability", what: "availability", value: (one) => one.availabilityInOutage, text: percent, least: true },
  { name: "failed", what: "calls not answered rightly", value: (one) => one.badInOutage, text: count },
  { name: "timeToMove", what: "traffic moved after", value: (one) => one.timeToMove ?? 0, text: ms },
  { name: "timeToAllOut", what: "all struck out after", value: (one) => one.timeToAllOut ?? never, text: ms },
  { name: "timeToRecover", what: "recovered after", value: (one) => one.timeToRecover ?? never, text: ms },
  { name: "p99", what: "p99 during the faults", value: (one) => one.during.p99, text: ms },
  { name: "slow", what: "calls over twice the hedge delay", value: (one) => one.slow, text: count },
  { name: "amplification", what: "attempts for each first one", value: (one) => one.amplification, text: ratio },
  { name: "overshoot", what: "overshoot", value: (one) => one.overshoot ?? 0, text: percent },
  { name: "flaps", what: "flaps", value: (one) => one.flaps, text: count },
  { name: "wrongEjections", what: "wrong ejections", value: (one) => one.wrongEjections, text: count },
  { name: "wrongDomains", what: "wrong domains taken out", value: (one) => one.wrongDomains, text: count },
  { name: "shedUrgent", what: "urgent calls shed", value: (one) => one.shed[0] + one.shed[1], text: count },
];

/** Runs are judged by the one that is worse than 95 of 100; of up to twenty that is the worst. */
const judgedAt = 0.95;

/** An expectation that was not met: which, and a sentence about it. */
export interface Miss {
  readonly target: keyof Expectations;
  readonly text: string;
}

/** What runs of the real proxy at a rate, in calls per second, missed of what was expected. */
export function missesOf(expect: Expectations, rate: number, runs: readonly Figures[]): readonly Miss[] {
  const misses = targets.flatMap(({ name, what, value, text, least }): Miss[] => {
    const limit = limitAt(expect[name], rate);
    if (limit === undefined) return [];
    const sorted = Float64Array.from(runs, (one) => (least ? -value(one) : value(one))).sort();
    const reached = quantileOf(sorted, judgedAt) * (least ? -1 : 1);
    if (least ? reached >= limit : reached <= limit) return [];
    const bound = least ? "at least" : "at most";
    return [{ target: name, text: `${what} ${text(reached)}, expected ${bound} ${text(limit)}` }];
  });
  return [...misses, ...namesOf(expect, runs)];
}

/** The limit for a rate: that of the step which begins at it or last below it, or else of the first. */
function limitAt(steps: Expectations[Target["name"]], rate: number): number | undefined {
  return (steps?.findLast(({ from }) => from <= rate) ?? steps?.[0])?.value;
}

/** What is expected must be named, and besides it nobody but parts of it. */
function namesOf({ named }: Expectations, runs: readonly Figures[]): Miss[] {
  if (named === undefined) return [];
  const wrong = runs.flatMap(({ domains }) => {
    const whole = domains.find(({ domain }) => domain === named);
    if (whole && domains.every(({ members }) => members.every((one) => whole.members.includes(one)))) return [];
    return [[...new Set(domains.map(({ domain }) => domain))].join(", ") || "nothing"];
  });
  if (wrong.length === 0) return [];
  const text = `${wrong.length} of ${runs.length} runs named ${[...new Set(wrong)].join("; ")}, expected ${named}`;
  return [{ target: "named", text }];
}
