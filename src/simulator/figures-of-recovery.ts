import type { AttemptRecord, CallRecord } from "./journal.ts";
import type { Outages } from "./outages.ts";

/** How service came back. Times in milliseconds, shares 0..1; what never happened is absent. */
export interface RecoveryFigures {
  /** From the first fault, and from the end of the last, until 99.9 % of calls are answered rightly in each of ten seconds. */
  readonly timeTo999: number | undefined;
  readonly timeToRecover: number | undefined;
  /** From the end of the faults until those struck get nine tenths of the attempts that they got before. */
  readonly timeToRestore: number | undefined;
  /** Their largest share of attempts in five seconds after that, over their share before, minus 1; at least 0. */
  readonly overshoot: number | undefined;
}

const binMs = 1_000;
const goodBins = 10;
const goodShare = 0.999;

/** Shares are taken over so many bins. */
const shareBins = 5;

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
  { struck, start, end }: Outages,
): Pick<RecoveryFigures, "timeToRestore" | "overshoot"> {
  const none = { timeToRestore: undefined, overshoot: undefined };
  const before = attempts.filter((one) => one.startedAt < start);
  const usual = before.filter((one) => struck.has(one.upstream)).length / before.length;
  if (!(usual >= leastShare)) return none;
  const bins: { all: number; theirs: number }[] = [];
  for (const { startedAt, upstream } of attempts) {
    if (startedAt < end) continue;
    const index = Math.floor((startedAt - end) / binMs);
    while (bins.length <= index) bins.push({ all: 0, theirs: 0 });
    const bin = bins[index] as { all: number; theirs: number };
    bin.all++;
    if (struck.has(upstream)) bin.theirs++;
  }
  const shares = bins.slice(0, -shareBins).map((_, index) => {
    const some = bins.slice(index, index + shareBins);
    return some.reduce((sum, { theirs }) => sum + theirs, 0) / (some.reduce((sum, { all }) => sum + all, 0) || 1);
  });
  if (shares.length === 0) return none;
  const back = shares.findIndex((share) => share >= restored * usual);
  return {
    timeToRestore: back < 0 ? undefined : back * binMs,
    overshoot: Math.max(0, Math.max(...shares) / usual - 1),
  };
}
