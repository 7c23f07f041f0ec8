import type { AttemptRecord, Journal } from "./journal.ts";
import type { Outages } from "./outages.ts";
import { quantileOf } from "./quantile.ts";

/** What the outage made of the load, and of calls in it. Times in milliseconds, shares 0..1. */
export interface LoadFigures {
  /** From the first fault until the last call was sent to a member that it struck, and how many were sent by then. */
  readonly timeToMove: number | undefined;
  readonly sentToStruck: number;
  /** Of those, the calls that may be hedged and took more than twice the hedge delay: what the outage made slow. */
  readonly slow: number;
  readonly attemptsPerCall: number;
  /** Attempts for each first attempt, in the outage and the minute after it: 1 when nothing is sent twice. */
  readonly amplification: number;
  readonly hedgeShare: number;
  /** Calls refused for want of room, by priority 0 to 3. */
  readonly shed: readonly [number, number, number, number];
  /** The most that somebody who was not struck had to do in five seconds, over what it bears. */
  readonly peakLoad: number;
}

export interface LoadParts {
  readonly journal: Pick<Journal, "calls" | "attempts" | "served">;
  readonly outages: Outages;
  /** What each upstream bears, in balance reads a second. */
  readonly capacities: ReadonlyMap<string, number>;
  /** Bounds of the wait before a second copy, in milliseconds; `undefined` when none is sent. */
  readonly hedge: { readonly minMs: number; readonly maxMs: number } | undefined;
}

/** The hedge delay of a class that is hardly used: what the policy takes while it knows nothing, in milliseconds. */
const unknownDelayMs = 300;
const fewAnswers = 20;

/** Load is taken over so long, in milliseconds: a few times as long as simulated upstreams let work wait. */
const loadBinMs = 5_000;

/** Reads them from the journal of a run. */
export function loadFigures({ journal, outages, capacities, hedge }: LoadParts): LoadFigures {
  const { calls, attempts, served } = journal;
  const sent = attempts.filter((one) => outages.isStruck(one.upstream, one.startedAt));
  const last = sent.reduce((latest, one) => Math.max(latest, one.startedAt), Number.NEGATIVE_INFINITY);
  const counted = attempts.filter((one) => outages.counts(one.startedAt));
  const firsts = counted.filter(({ reason }) => reason === "primary").length;
  const shed = (priority: number) =>
    served.filter((one) => one.fault === "overloaded" && one.priority === priority).length;
  return {
    timeToMove: sent.length === 0 ? undefined : last - outages.start,
    sentToStruck: sent.length,
    slow: hedge ? slowOf(journal, outages, hedge) : 0,
    attemptsPerCall: attempts.length / Math.max(1, calls.length),
    amplification: counted.length / Math.max(1, firsts),
    hedgeShare: attempts.filter(({ reason }) => reason === "hedge").length / Math.max(1, calls.length),
    shed: [shed(0), shed(1), shed(2), shed(3)],
    peakLoad: peakLoadOf(attempts, outages, capacities),
  };
}

/**
 * Calls that were sent to somebody struck and took more than twice the hedge delay. That is, for each class of method,
 * the time within which 95 of 100 answers came, before the outage or in it from those who were not struck, whichever is
 * longer, within the bounds of the policy: so what is slow anyway does not count.
 */
function slowOf(
  { attempts, served }: LoadParts["journal"],
  outages: Outages,
  { minMs, maxMs }: NonNullable<LoadParts["hedge"]>,
): number {
  const times = new Map<string, Record<"before" | "during", number[]>>();
  for (const { ok, upstream, class: name, startedAt, endedAt } of attempts) {
    const phase = outages.phase(startedAt);
    if (!ok || phase === "after" || outages.isStruck(upstream, startedAt)) continue;
    const own = times.get(name) ?? { before: [], during: [] };
    times.set(name, own);
    own[phase].push(endedAt - startedAt);
  }
  const delays = new Map<string, number>();
  for (const [name, { before, during }] of times) {
    const known = [before, during].filter(({ length }) => length >= fewAnswers).map(usualOf);
    const usual = known.length === 0 ? unknownDelayMs : Math.max(...known);
    delays.set(name, Math.min(maxMs, Math.max(minMs, usual)));
  }
  return served.filter(
    (one) =>
      one.hedged &&
      one.ms > 2 * (delays.get(one.class) ?? unknownDelayMs) &&
      one.sentTo.some((upstream) => outages.isStruck(upstream, one.at)),
  ).length;
}

function usualOf(times: readonly number[]): number {
  return quantileOf(Float64Array.from(times).sort(), 0.95);
}

function peakLoadOf(attempts: readonly AttemptRecord[], outages: Outages, capacities: LoadParts["capacities"]): number {
  const work = new Map<string, number>();
  let peak = 0;
  for (const { upstream, startedAt, work: some } of attempts) {
    if (outages.isStruck(upstream, startedAt)) continue;
    const bin = Math.floor(startedAt / loadBinMs);
    const name = `${upstream} ${bin}`;
    const sum = (work.get(name) ?? 0) + some;
    work.set(name, sum);
    const capacity = outages.capacityOf(upstream, capacities.get(upstream) ?? Number.POSITIVE_INFINITY, startedAt);
    peak = Math.max(peak, (sum * 1_000) / loadBinMs / capacity);
  }
  return peak;
}
