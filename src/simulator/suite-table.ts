import type { Figures } from "./figures.ts";
import { quantileOf } from "./quantile.ts";
import { contenders } from "./report.ts";
import { type SuiteResult, servers } from "./suite.ts";
import { count, ms, percent, ratio } from "./wording.ts";

interface Column {
  readonly head: readonly [string, string];
  /** `undefined` where there is nothing to tell. */
  value(figures: Figures): number | undefined;
  text(value: number): string;
  readonly width: number;
}

const never = Number.POSITIVE_INFINITY;

const columns: readonly Column[] = [
  { head: ["traffic moved", "after"], value: (one) => one.timeToMove, text: ms, width: 17 },
  { head: ["all struck", "out after"], value: allOut, text: ms, width: 17 },
  { head: ["domain", "named after"], value: (one) => one.timeToName, text: ms, width: 17 },
  { head: ["not answered", "rightly"], value: (one) => one.badInOutage, text: count, width: 16 },
  { head: ["slow for", "the struck"], value: (one) => one.slow, text: count, width: 13 },
  { head: ["99.9 % right", "after the end"], value: recovered, text: ms, width: 17 },
  { head: ["attempts", "per first"], value: (one) => one.amplification, text: ratio, width: 15 },
  { head: ["overshoot", ""], value: (one) => one.overshoot, text: percent, width: 18 },
  { head: ["flaps", ""], value: (one) => one.flaps, text: count, width: 9 },
  { head: ["wrongly", "ejected"], value: (one) => one.wrongEjections, text: count, width: 10 },
  { head: ["wrong", "domains"], value: (one) => one.wrongDomains, text: count, width: 9 },
  { head: ["peak load of", "a survivor"], value: (one) => one.peakLoad, text: percent, width: 19 },
  { head: ["share", "back after"], value: (one) => one.timeToRestore, text: ms, width: 17 },
];

function allOut({ timeToAllOut, sentToStruck }: Figures): number | undefined {
  return timeToAllOut ?? (sentToStruck > 0 ? never : undefined);
}

/** Without faults, and with those that last to the end, there is nothing to recover from. */
function recovered({ timeToRecover, timeTo999, after }: Figures): number | undefined {
  return timeToRecover ?? (timeTo999 === undefined || Number.isNaN(after.p50) ? undefined : never);
}

const nameWidth = 26;

/** The two lines above the table of a suite. */
export function headOf(seeds: number): string {
  const lines = [0, 1].map((line) =>
    columns.reduce((text, { head, width }) => text + (head[line] ?? "").padStart(width), "".padEnd(nameWidth)),
  );
  const what =
    seeds === 1 ? "one seed" : `${seeds} seeds: the median, and in brackets the 95th of a hundred where it differs`;
  return [what, "", ...lines, ""].join("\n");
}

/** A scenario's part of the table: a line for each server, and what the real proxy missed. */
export function rowsOf({ name, rate, figures, misses }: SuiteResult): string {
  const rows = servers.flatMap((server) => {
    const runs = figures[server];
    if (!runs) return [];
    const cells = columns.map(({ value, text, width }) => cellOf(runs.map(value), text).padStart(width));
    return [`  ${contenders[server].padEnd(nameWidth - 2)}${cells.join("")}`.trimEnd()];
  });
  const verdict = misses.length === 0 ? "  as expected" : misses.map(({ text }) => `  MISSED: ${text}`).join("\n");
  return [`${name}, ${rate < 1 ? `${Math.round(60 * rate)}/m` : `${rate}/s`}`, ...rows, verdict, ""].join("\n");
}

/** What remains to be said when all was played. */
export function verdictOf(results: readonly SuiteResult[]): string {
  const missed = results.filter(({ misses }) => misses.length > 0);
  const targets = missed.reduce((sum, { misses }) => sum + misses.length, 0);
  if (missed.length === 0) return `all ${results.length} as expected\n`;
  return `${results.length - missed.length} of ${results.length} as expected, ${targets} targets missed\n`;
}

function cellOf(values: readonly (number | undefined)[], text: (value: number) => string): string {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (known.length === 0) return "–";
  const [middle, high] = [0.5, 0.95].map((q) => text(quantileOf(known, q)));
  return middle === high ? `${middle}` : `${middle} (${high})`;
}
