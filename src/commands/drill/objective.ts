import { availabilityOf, p99Of, type Stretch, slowerThan } from "./stretch.ts";

/** What clients were promised. */
export interface Objective {
  /** 0..1 of calls that are served. */
  readonly availability: number;
  /** What 99 of 100 calls take at most, in milliseconds. */
  readonly p99Ms: number;
}

/** What a percentile at 99 leaves for those that take longer. */
const slowPart = 0.01;

/** What is taken into account beside a stretch itself. */
interface Allowance {
  /** Calls that the whole drill is likely to see. */
  readonly expected?: number;
  /** So many calls may go wrong in any case: in a short look, one of few proves nothing. */
  readonly forgiven?: number;
}

/**
 * How an objective is broken over a stretch, in a sentence, or `undefined`. With `expected` calls: as soon as more went
 * wrong than the objective allows of all of them it cannot be met any more, and there is no need to wait for the end.
 */
export function breach(
  stretch: Stretch,
  { availability, p99Ms }: Objective,
  { expected = 0, forgiven = 0 }: Allowance = {},
): string | undefined {
  const calls = Math.max(stretch.calls, expected);
  const allowed = (part: number) => Math.max(forgiven, part * calls) + rounding;
  if (stretch.unserved > allowed(1 - availability)) {
    return `${stretch.network}: ${stretch.unserved} of ${stretch.calls} calls were not served (${percent(availabilityOf(stretch))} were; the objective is ${percent(availability)})`;
  }
  const slow = slowerThan(stretch, p99Ms);
  if (slow > allowed(slowPart)) {
    return `${stretch.network}: ${Math.round(slow)} of ${stretch.calls} calls took longer than ${p99Ms} ms (p99 ${milliseconds(p99Of(stretch))})`;
  }
  return undefined;
}

/** 1 - 0.999 is a little more than 0.001. */
const rounding = 1e-6;

/** `99.98 %`; rounded down, so that nothing short of all reads 100 %. */
export function percent(ratio: number | undefined): string {
  if (ratio === undefined) return "none";
  return `${Number((Math.floor(1e5 * ratio + rounding) / 1e3).toFixed(3))} %`;
}

/** `84 ms`, or that it is more than is measured. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return "unknown";
  return Number.isFinite(ms) ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : "beyond what is measured";
}
