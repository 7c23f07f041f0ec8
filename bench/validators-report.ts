import { median, number, tableOf } from "./report.ts";
import type { HeadTimes } from "./validators-events.ts";
import type { Trial } from "./validators-failover.ts";
import type { Kind } from "./validators-kinds.ts";
import type { Turn } from "./validators-latency.ts";

/** What one kind of call costs on its way through Breakwater. Latencies in milliseconds, CPU in microseconds a call. */
export interface CallRow {
  readonly name: string;
  readonly direct: Spread;
  readonly through: Spread;
  /** The rounds' medians of the added latency: the least and the most. */
  readonly least: number;
  readonly most: number;
  readonly cpu: number;
  readonly failed: number;
}

interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** What failover must keep to, in milliseconds. Source: the promise that a validator client waits 1.5 s at most. */
const mostWaitMs = 1_500;

function spread(values: readonly number[]): Spread {
  return { p50: median(values), p99: quantile(values, 0.99) };
}

/** The smallest value that so large a share of all values does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function rowsOf(turns: readonly Turn[], kinds: readonly Kind[]): CallRow[] {
  return kinds.flatMap(({ name }) => {
    const own = turns.filter(({ kind }) => kind === name);
    if (own.length === 0) return [];
    const added = own.map(({ direct, through }) => median(through) - median(direct));
    return [
      {
        name,
        direct: spread(own.flatMap(({ direct }) => direct)),
        through: spread(own.flatMap(({ through }) => through)),
        least: Math.min(...added),
        most: Math.max(...added),
        cpu: median(own.map(({ cpu }) => cpu)),
        failed: own.reduce((sum, { failed }) => sum + failed, 0),
      },
    ];
  });
}

/** The row of head events. Their CPU is not told apart from that of following the chain. */
export function eventRow({ direct, through, missed }: HeadTimes): CallRow {
  const added = median(through) - median(direct);
  return {
    name: "head event",
    direct: spread(direct),
    through: spread(through),
    least: added,
    most: added,
    cpu: Number.NaN,
    failed: missed,
  };
}

const callColumns: readonly (readonly [string, (row: CallRow) => string])[] = [
  ["", ({ name }) => name],
  ["direct p50 ms", ({ direct }) => number(direct.p50, 2)],
  ["p99", ({ direct }) => number(direct.p99, 1)],
  ["through p50 ms", ({ through }) => number(through.p50, 2)],
  ["p99", ({ through }) => number(through.p99, 1)],
  ["added p50 ms", ({ direct, through }) => number(through.p50 - direct.p50, 2)],
  ["p99", ({ direct, through }) => number(through.p99 - direct.p99, 1)],
  ["rounds", ({ least, most }) => `${number(least, 2)} to ${number(most, 2)}`],
  ["x p50", ({ direct, through }) => number(through.p50 / direct.p50, 1)],
  ["x p99", ({ direct, through }) => number(through.p99 / direct.p99, 1)],
  ["CPU µs", ({ cpu }) => number(cpu, 0)],
  ["failed", ({ failed }) => number(failed, 0)],
];

export function callTable(rows: readonly CallRow[]): string {
  return tableOf(callColumns, rows);
}

/** The worst of all trials of a kind and a way to lose a node. */
export interface LossRow extends Trial {
  readonly trials: number;
  readonly met: boolean;
}

export function lossRows(trials: readonly Trial[]): LossRow[] {
  const groups = Map.groupBy(trials, ({ kind, loss }) => `${kind} ${loss}`);
  return [...groups.values()].map((own) => {
    const worst = (pick: (trial: Trial) => number) => Math.max(...own.map(pick));
    const sum = (pick: (trial: Trial) => number) => own.reduce((total, one) => total + pick(one), 0);
    const longest = worst((one) => one.longest);
    const failed = sum((one) => one.failed);
    return {
      ...(own[0] as Trial),
      longest,
      before: worst((one) => one.before),
      slowUntil: worst((one) => one.slowUntil),
      calls: sum((one) => one.calls),
      failed,
      trials: own.length,
      met: longest <= mostWaitMs && failed === 0,
    };
  });
}

const how = { SIGKILL: "dies", SIGSTOP: "stands still" } as const;

const lossColumns: readonly (readonly [string, (row: LossRow) => string])[] = [
  ["while a node is lost", ({ kind }) => kind],
  ["the node", ({ loss }) => how[loss]],
  ["longest wait ms", ({ longest }) => number(longest, 0)],
  ["before ms", ({ before }) => number(before, 0)],
  ["slow until s", ({ slowUntil }) => number(slowUntil / 1_000, 1)],
  ["trials", ({ trials }) => number(trials, 0)],
  ["calls", ({ calls }) => number(calls, 0)],
  ["failed", ({ failed }) => number(failed, 0)],
  ["at most 1,500 ms", ({ met }) => (met ? "met" : "missed")],
];

export function lossTable(rows: readonly LossRow[]): string {
  return tableOf(lossColumns, rows);
}
