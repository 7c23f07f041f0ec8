import type { Figures } from "../report/figures.ts";
import { count, time } from "../report/words.ts";
import { quantile, type Sample } from "./samples.ts";

/** One outage as one contender went through it. */
export interface Played {
  readonly contender: string;
  readonly figures: Figures;
  readonly samples: readonly Sample[];
  /** As the fleet saw it: milliseconds until a struck upstream was last asked, and requests while faults were at work. */
  readonly lastToStruck: number | undefined;
  readonly requests: number;
  readonly toStruck: number;
}

/** What a contender's run comes to. Times in milliseconds. */
export interface Row {
  readonly contender: string;
  readonly calls: number;
  /** Calls that failed or were answered wrongly from the onset on, with those that no client was free to make. */
  readonly failed: number;
  /** Until a struck upstream was last asked for a client; `undefined` where nobody could see it. */
  readonly timeToMove: number | undefined;
  /** It asked struck upstreams until the outage was over. */
  readonly neverMoved: boolean;
  readonly toStruck: number;
  /** How much longer than usual clients waited, all together, from the onset to the end; and after the outage alone. */
  readonly debt: number;
  readonly debtAfter: number;
  readonly p99Before: number;
  readonly p99During: number;
  readonly timeTo999: number | undefined;
  /** Of Breakwater: who is better at what; empty when nobody is. */
  readonly ahead: readonly string[] | undefined;
}

/** A contender that still asks the struck this short before the end of the outage did not move. */
const lateMs = 1_000;

/** Differences in time and waiting below these are called none: the time between two calls, and a twentieth. */
const sameMs = 10;
const sameShare = 0.05;

/**
 * The rows for one outage. What clients usually wait is the median over the contenders of the 99th percentile before the
 * outage: all stand before the same fleet and prefer the same upstreams.
 */
export function rowsOf(played: readonly Played[]): readonly Row[] {
  const before = played.map(({ samples }) => p99(samples, /^before$/)).sort((a, b) => a - b);
  const usual = before[before.length >> 1] ?? 0;
  const rows = played.map((one) => rowOf(one, usual));
  return rows.map((row) => (row.contender === "breakwater" ? { ...row, ahead: aheadOf(row, rows) } : row));
}

function rowOf({ contender, figures, samples, lastToStruck, toStruck }: Played, usual: number): Row {
  const { schedule } = figures.plan;
  const since = samples.filter(({ phase }) => phase !== "warm-up" && phase !== "before");
  const outageMs = schedule.relief - schedule.onset;
  const failed = since.filter(({ answered }) => !answered).length;
  return {
    contender,
    calls: since.length,
    failed: failed + figures.unmade,
    timeToMove: lastToStruck,
    neverMoved: lastToStruck !== undefined && lastToStruck > outageMs - lateMs,
    toStruck,
    debt: debtOf(since, usual),
    debtAfter: debtOf(
      since.filter(({ phase }) => phase === "recovery" || phase === "after"),
      usual,
    ),
    p99Before: p99(samples, /^before$/),
    p99During: p99(samples, /^(onset|outage)$/),
    timeTo999: figures.timeTo999,
    ahead: undefined,
  };
}

function debtOf(samples: readonly Sample[], usual: number): number {
  return samples.reduce((sum, { ms }) => sum + Math.max(0, ms - usual), 0);
}

function p99(samples: readonly Sample[], phases: RegExp): number {
  const times = samples.filter(({ phase }) => phases.test(phase)).map(({ ms }) => ms);
  return quantile(
    times.sort((a, b) => a - b),
    0.99,
  );
}

/** In what others did better than a row, in words. */
function aheadOf(own: Row, rows: readonly Row[]): readonly string[] {
  const others = rows.filter((row) => row !== own);
  const better = (what: string, value: (row: Row) => number | undefined, slack: number, text: (ms: number) => string) =>
    others.flatMap((row) => {
      const [theirs, ours] = [value(row), value(own)];
      if (theirs === undefined || ours === undefined) return [];
      const clear = theirs < ours - slack && theirs < ours * (1 - sameShare);
      const price = row.failed > own.failed ? `, having failed ${count(row.failed)} calls` : "";
      return clear ? [`${row.contender} in ${what} (${text(theirs)} against ${text(ours)}${price})`] : [];
    });
  return [
    ...better("failed requests", ({ failed }) => failed, 0, count),
    ...better("time to move", ({ timeToMove }) => timeToMove, sameMs, time),
    ...better("latency debt", ({ debt }) => debt, sameMs, time),
  ];
}

const columns: readonly [string, (row: Row) => string][] = [
  ["", (row) => row.contender],
  ["calls", (row) => count(row.calls)],
  ["failed", (row) => count(row.failed)],
  ["time to move", (row) => (row.neverMoved ? `never (${time(row.timeToMove)})` : time(row.timeToMove))],
  ["asked the struck", (row) => count(row.toStruck)],
  ["latency debt", (row) => time(row.debt)],
  ["of that, after", (row) => time(row.debtAfter)],
  ["p99 before", (row) => time(row.p99Before)],
  ["p99 in the outage", (row) => time(row.p99During)],
  ["99.9 % again after", (row) => time(row.timeTo999)],
];

/** The rows as a Markdown table that also reads well in a terminal, and a line on where Breakwater is behind. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, show]) => show(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => (line[column] as string).length)));
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0));
  const line = (texts: readonly string[]) => `| ${texts.map(pad).join(" | ")} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const [title = [], ...body] = cells;
  const behind = rows.flatMap(({ ahead }) => ahead ?? []);
  const verdict =
    rows.length < 2 || rows.every(({ ahead }) => ahead === undefined)
      ? []
      : ["", behind.length === 0 ? "Nobody is ahead of breakwater." : `Ahead of breakwater: ${behind.join("; ")}.`];
  return [line(title), rule, ...body.map(line), ...verdict].join("\n");
}
