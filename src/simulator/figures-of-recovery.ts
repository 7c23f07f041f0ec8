import type { AttemptRecord, CallRecord } from "./journal.ts";
import type { Outages } from "./outages.ts";

/** How service came back. Times in milliseconds, shares 0..1; what never happened is absent. */
export interface RecoveryFigures {
  /** From the first fault, and from the end of the last, until 99.9 % of calls are answered rightly in each of ten seconds. */
  readonly timeTo999: number | undefined;
  readonly timeToRecover: number | undefined;
  /**
   * From the end of the faults until those struck get nine tenths of the attempts that they got before. This and the
   * next are not told of those who are struck one by one.
   */
  readonly timeToRestore: number | undefined;
  /**
   * Their largest share of attempts in five seconds after the faults, over the largest before, minus 1; at least 0. Of
   * few calls the share is never even, so peaks are compared with peaks, and over so long that there are 250 attempts.
   */
  readonly overshoot: number | undefined;
}

const binMs = 1_000;
const goodBins = 10;
const goodShare = 0.999;

/** Shares are taken over at least so many bins, and as many as usually hold so many attempts. */
const shareBins = 5;
const shareAttempts = 250;

/** Those who had less of the attempts than this have too few for a ratio to mean anything. */
const leastShare = 0.1;

/** What counts as restored, as a part of the share before. */
const restored = 0.9;

/** Reads them from the calls and attempts of a run. */
export function recoveryFigures(
  calls: readonly CallRecord[],
  attempts: readonly AttemptRecord[],
  outages: Outages,
): RecoveryFigures {
  return {
    timeTo999: goodAfter(calls, outages.start),
    timeToRecover: goodAfter(calls, outages.end),
    ...sharesAfter(attempts, outages),
  };
}

/** How long after a time calls begin to be answered rightly for ten seconds. */
function goodAfter(calls: readonly CallRecord[], start: number): number | undefined {
  if (!Number.isFinite(start)) return undefined;
  const bins: { calls: number; right: number }[] = [];
  for (const { at, verdict } of calls) {
    if (at < start) continue;
    const index = Math.floor((at - start) / binMs);
    while (bins.length <= index) bins.push({ calls: 0, right: 0 });
    const bin = bins[index] as { calls: number; right: number };
    bin.calls++;
    if (verdict === "answered") bin.right++;
  }
  let inRow = 0;
  for (const [index, bin] of bins.entries()) {
    inRow = bin.right >= goodShare * bin.calls ? inRow + 1 : 0;
    if (inRow === goodBins) return (index + 1 - goodBins) * binMs;
  }
  return undefined;
}

function sharesAfter(
  attempts: readonly AttemptRecord[],
  { struckTogether: struck, start, end }: Outages,
): Pick<RecoveryFigures, "timeToRestore" | "overshoot"> {
  const none = { timeToRestore: undefined, overshoot: undefined };
  const before = attempts.filter((one) => one.startedAt < start);
  const usual = before.filter((one) => struck.has(one.upstream)).length / before.length;
  if (!(usual >= leastShare)) return none;
  const after = attempts.filter((one) => one.startedAt >= end);
  const back = sharesOf(after, struck, end, shareBins).findIndex((share) => share >= restored * usual);
  const seconds = Math.max(shareBins, Math.ceil((shareAttempts * start) / binMs / before.length));
  const peak = Math.max(...sharesOf(after, struck, end, seconds)) / Math.max(...sharesOf(before, struck, 0, seconds));
  return {
    timeToRestore: back < 0 ? undefined : back * binMs,
    overshoot: Number.isFinite(peak) ? Math.max(0, peak - 1) : undefined,
  };
}

/** The share of attempts that went to some, in the seconds from each second on. */
function sharesOf(
  attempts: readonly AttemptRecord[],
  some: ReadonlySet<string>,
  from: number,
  seconds: number,
): readonly number[] {
  const bins: { all: number; theirs: number }[] = [];
  for (const { startedAt, upstream } of attempts) {
    const index = Math.floor((startedAt - from) / binMs);
    while (bins.length <= index) bins.push({ all: 0, theirs: 0 });
    const bin = bins[index] as { all: number; theirs: number };
    bin.all++;
    if (some.has(upstream)) bin.theirs++;
  }
  return bins.slice(0, -seconds).map((_, index) => {
    const span = bins.slice(index, index + seconds);
    return span.reduce((sum, { theirs }) => sum + theirs, 0) / (span.reduce((sum, { all }) => sum + all, 0) || 1);
  });
}
