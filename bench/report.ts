import type { Contender } from "./contenders.ts";
import type { Size } from "./load.ts";
import type { Sample } from "./measure.ts";

/** A promise about CPU time per request: `contender` costs at most `limit` x `against`. */
interface Target {
  readonly contender: string;
  readonly against: string;
  readonly size: Size;
  readonly limit: number;
}

const targets: readonly Target[] = [
  { contender: "breakwater", against: "fastify", size: "small", limit: 1.15 },
  { contender: "breakwater", against: "http-proxy", size: "small", limit: 0.5 },
  { contender: "breakwater", against: "fastify", size: "large", limit: 1.0 },
  { contender: "breakwater-1000", against: "breakwater", size: "small", limit: 1.1 },
];

/** A target with what was measured: the median of the rounds' ratios, and the rounds' extremes. */
export interface Judged extends Target {
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly met: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Ratios of CPU per request, round by round, so that what changes from round to round cancels out. */
function ratios(samples: readonly Sample[], contender: string, against: string, size: Size): number[] {
  const of = (name: string) => samples.filter((sample) => sample.contender === name && sample.size === size);
  const base = new Map(of(against).map((sample) => [sample.round, sample.cpu]));
  return of(contender)
    .map(({ round, cpu }) => cpu / (base.get(round) ?? Number.NaN))
    .filter((ratio) => !Number.isNaN(ratio));
}

/** The targets for which both sides were measured. */
export function judge(samples: readonly Sample[]): Judged[] {
  return targets.flatMap((target) => {
    const all = ratios(samples, target.contender, target.against, target.size);
    if (all.length === 0) return [];
    const ratio = median(all);
    return [{ ...target, ratio, lowest: Math.min(...all), highest: Math.max(...all), met: ratio <= target.limit }];
  });
}

/** One row of the table: medians over the rounds. */
export interface Row {
  readonly contender: string;
  readonly perSecond: number;
  readonly cpu: number;
  readonly timesFastify: number;
  readonly timesHttpProxy: number;
  readonly p50: number;
  readonly p99: number;
  readonly aloneP50: number;
  readonly added: number;
  readonly peakMegabytes: number;
  readonly errors: number;
}

/** The medians for one size. `added` is the single-connection median latency over that of `direct`, round by round. */
export function summarize(samples: readonly Sample[], contenders: readonly Contender[], size: Size): Row[] {
  const direct = new Map(
    samples.filter((one) => one.contender === "direct" && one.size === size).map((one) => [one.round, one.aloneP50]),
  );
  return contenders.flatMap(({ name }) => {
    const own = samples.filter((one) => one.contender === name && one.size === size);
    if (own.length === 0) return [];
    const middle = (pick: (sample: Sample) => number) => median(own.map(pick));
    return {
      contender: name,
      perSecond: middle((one) => one.perSecond),
      cpu: middle((one) => one.cpu),
      timesFastify: median(ratios(samples, name, "fastify", size)),
      timesHttpProxy: median(ratios(samples, name, "http-proxy", size)),
      p50: middle((one) => one.p50),
      p99: middle((one) => one.p99),
      aloneP50: middle((one) => one.aloneP50),
      added: middle((one) => one.aloneP50 - (direct.get(one.round) ?? Number.NaN)),
      peakMegabytes: middle((one) => one.peakMegabytes),
      errors: own.reduce((sum, one) => sum + one.errors + one.complaints.length, 0),
    };
  });
}

const columns: readonly [string, (row: Row) => string][] = [
  ["", (row) => row.contender],
  ["req/s", (row) => number(row.perSecond, 0)],
  ["CPU µs", (row) => number(row.cpu, 1)],
  ["x fastify", (row) => number(row.timesFastify, 2)],
  ["x http-proxy", (row) => number(row.timesHttpProxy, 2)],
  ["p50 ms", (row) => number(row.p50 / 1_000, 2)],
  ["p99 ms", (row) => number(row.p99 / 1_000, 1)],
  ["c1 p50 µs", (row) => number(row.aloneP50, 0)],
  ["added µs", (row) => number(row.added, 0)],
  ["RSS MB", (row) => number(row.peakMegabytes, 0)],
  ["errors", (row) => number(row.errors, 0)],
];

/** The rows as a Markdown table that also reads well in a terminal. */
export function table(rows: readonly Row[]): string {
  return tableOf(columns, rows);
}

/** A table with these columns: a title, and how a row shows in it. The first one is aligned to the left. */
export function tableOf<Any>(
  shown: readonly (readonly [string, (row: Any) => string])[],
  rows: readonly Any[],
): string {
  const cells = [shown.map(([title]) => title), ...rows.map((row) => shown.map(([, show]) => show(row)))];
  const widths = shown.map((_, column) => Math.max(...cells.map((line) => (line[column] as string).length)));
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const [title = [], ...body] = cells;
  return [line(title), rule, ...body.map(line)].join("\n");
}

/** One line for each target: PASS or MISS, the ratio, and how far the rounds lay apart. */
export function verdicts(judged: readonly Judged[]): string {
  return judged
    .map(({ met, contender, against, size, ratio, lowest, highest, limit }) => {
      const range = `rounds ${lowest.toFixed(2)} to ${highest.toFixed(2)}`;
      return `${met ? "PASS" : "MISS"}  CPU/request, ${size}: ${contender} = ${ratio.toFixed(2)} x ${against} (at most ${limit.toFixed(2)}; ${range})`;
    })
    .join("\n");
}

export function number(value: number, digits: number): string {
  if (Number.isNaN(value)) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
