import type { Figures } from "./figures.ts";
import type { PlainBreakers } from "./plain-breakers.ts";
import type { Server } from "./run.ts";
import { count, ms, percent, ratio } from "./wording.ts";

/** All runs of one scenario at one rate: the real proxy's and those of the plain breakers, one for each seed. */
export interface Comparison {
  readonly scenario: string;
  readonly about: string;
  /** Calls per second. */
  readonly rate: number;
  readonly seeds: readonly number[];
  readonly breakwater: readonly Figures[];
  readonly plain: readonly Figures[];
  /** Which plain breakers. */
  readonly against: PlainBreakers;
  /** What was expected and not reached, as sentences; empty when all was. */
  readonly misses: readonly string[];
}

/** How the two that are compared are called wherever people read of them. */
export const contenders: Readonly<Record<Server, string>> = {
  breakwater: "Breakwater",
  consecutive: "five-in-a-row breakers",
  window: "sliding-window breakers",
};

type Row = readonly [name: string, value: (figures: Figures) => number | undefined, text: (value: number) => string];

/** `more` for what is better when higher: decides which seed is the worst. */
const higherIsBetter = new Set(["availability", "in and after the outage"]);

const rows: readonly Row[] = [
  ["availability", (one) => one.availability, percent],
  ["in and after the outage", (one) => one.availabilityInOutage, percent],
  ["calls", (one) => one.calls, count],
  ["failed calls", (one) => one.failed, count],
  ["wrong or stale answers", (one) => one.wrong, count],
  ["heads that went back", (one) => one.wentBack, count],
  ["before: p50", (one) => one.before.p50, ms],
  ["before: p99", (one) => one.before.p99, ms],
  ["during: p50", (one) => one.during.p50, ms],
  ["during: p99", (one) => one.during.p99, ms],
  ["during: longest wait", (one) => one.during.max, ms],
  ["after: p99", (one) => one.after.p99, ms],
  ["first distrust after", (one) => one.timeToDetect, ms],
  ["all struck out after", (one) => one.timeToAllOut, ms],
  ["last call sent to the struck after", (one) => one.timeToMove, ms],
  ["calls sent to the struck", (one) => one.sentToStruck, count],
  ["slow because of the struck", (one) => one.slow, count],
  ["latency debt", (one) => one.latencyDebt, ms],
  ["99.9 % right after", (one) => one.timeTo999, ms],
  ["99.9 % right after the end after", (one) => one.timeToRecover, ms],
  ["share restored after the end after", (one) => one.timeToRestore, ms],
  ["overshoot of the share", (one) => one.overshoot, percent],
  ["attempts per call", (one) => one.attemptsPerCall, ratio],
  ["attempts per first attempt", (one) => one.amplification, ratio],
  ["hedged calls", (one) => one.hedgeShare, percent],
  ["peak load of a survivor", (one) => one.peakLoad, percent],
  ["calls shed, urgent", (one) => one.shed[0] + one.shed[1], count],
  ["calls shed, other", (one) => one.shed[2] + one.shed[3], count],
  ["wrong ejections", (one) => one.wrongEjections, count],
  ["flaps", (one) => one.flaps, count],
  ["domain named after", (one) => one.timeToName, ms],
  ["wrong domains", (one) => one.wrongDomains, count],
];

/** A comparison as a table for a terminal: the median over the seeds, and the worst where they differ. */
export function tableOf(comparison: Comparison): string {
  const { scenario, about, rate, seeds, breakwater, plain, against, misses } = comparison;
  const runs = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds: median (worst)`;
  const table = rows.map((row) => [row[0], cellOf(row, breakwater), cellOf(row, plain)] as const);
  const shares = shareRows(breakwater, plain);
  const all = [["", contenders.breakwater, contenders[against]] as const, ...table, ["", "", ""] as const, ...shares];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const lines = all.map(([name, ours, theirs]) =>
    `  ${name.padEnd(widths[0] ?? 0)}  ${ours.padStart(widths[1] ?? 0)}  ${theirs.padStart(widths[2] ?? 0)}`.trimEnd(),
  );
  const verdict = misses.length === 0 ? "  as expected" : misses.map((miss) => `  MISSED: ${miss}`).join("\n");
  const title = `${scenario}, ${rate} calls a second, ${runs}`;
  return [title, ...(about === "" ? [] : [about]), "", ...lines, "", verdict, ""].join("\n");
}

function cellOf([name, value, text]: Row, runs: readonly Figures[]): string {
  const values = runs.map(value);
  const known = values.filter((one) => one !== undefined).sort((a, b) => a - b);
  if (known.length === 0) return "never";
  const middle = text(known[known.length >> 1] as number);
  const worst = (higherIsBetter.has(name) ? known[0] : known.at(-1)) as number;
  const extreme = known.length < values.length ? "never" : text(worst);
  return extreme === middle ? middle : `${middle} (${extreme})`;
}

/** Who answered: each provider's share before, during and after the faults, of the first seed. */
function shareRows(breakwater: readonly Figures[], plain: readonly Figures[]) {
  const cell = (figures: Figures | undefined, provider: string) => {
    const share = figures?.shares[provider];
    return share
      ? [share.before, share.during, share.after].map((one) => `${(100 * one).toFixed(0)} %`).join(" → ")
      : "–";
  };
  const ours = breakwater[0];
  const theirs = plain[0];
  const providers = [...new Set([...Object.keys(ours?.shares ?? {}), ...Object.keys(theirs?.shares ?? {})])].sort();
  return providers.map((provider) => [`share of ${provider}`, cell(ours, provider), cell(theirs, provider)] as const);
}
