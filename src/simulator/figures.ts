import { type ChangeFigures, changeFigures } from "./figures-of-changes.ts";
import { type LoadFigures, loadFigures } from "./figures-of-load.ts";
import { type RecoveryFigures, recoveryFigures } from "./figures-of-recovery.ts";
import type { AttemptRecord, CallRecord } from "./journal.ts";
import { Outages } from "./outages.ts";
import { quantileOf } from "./quantile.ts";
import type { Run } from "./run.ts";

/** Milliseconds that clients waited for calls that came in during a part of the run; NaN when there were none. */
interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What a run comes to. Times in milliseconds, shares 0..1; what never happened is absent. */
export interface Figures extends ChangeFigures, RecoveryFigures, LoadFigures {
  readonly calls: number;
  readonly failed: number;
  readonly wrong: number;
  /** Answers that told a client of an older head than it knew. */
  readonly wentBack: number;
  /** Share of calls answered rightly, in the whole run and from the first fault until a minute after the last. */
  readonly availability: number;
  readonly availabilityInOutage: number;
  /** Calls not answered rightly in that time. */
  readonly badInOutage: number;
  readonly before: Latency;
  readonly during: Latency;
  readonly after: Latency;
  /** What calls took more than the 99th percentile before, in the outage and the minute after it, added up. */
  readonly latencyDebt: number;
  /** Share of answers by provider. */
  readonly shares: Readonly<
    Record<string, { readonly before: number; readonly during: number; readonly after: number }>
  >;
}

/** Reads the figures of a run from its journal and the faults that were injected. Without faults all is `before`. */
export function figuresOf({ journal, windows, capacities, domains, hedge }: Run): Figures {
  const outages = new Outages(windows);
  const { calls, attempts, changes, decisions } = journal;
  const outage = calls.filter(({ at }) => outages.counts(at));
  const latencyIn = (phase: string) => latencyOf(calls.filter(({ at }) => outages.phase(at) === phase));
  const before = latencyIn("before");
  return {
    calls: calls.length,
    failed: count(calls, "failed"),
    wrong: count(calls, "wrong"),
    wentBack: journal.wentBack,
    availability: availabilityOf(calls),
    availabilityInOutage: availabilityOf(outage),
    badInOutage: outage.length - count(outage, "answered"),
    before,
    during: latencyIn("during"),
    after: latencyIn("after"),
    latencyDebt: outage.reduce((sum, { ms }) => sum + Math.max(0, ms - (before.p99 || 0)), 0),
    ...changeFigures(changes, decisions, outages, domains),
    ...recoveryFigures(calls, attempts, outages),
    ...loadFigures({ journal, outages, capacities, hedge }),
    shares: sharesOf(attempts, outages),
  };
}

function latencyOf(calls: readonly CallRecord[]): Latency {
  const sorted = Float64Array.from(calls, (one) => one.ms).sort();
  const at = (q: number) => quantileOf(sorted, q);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function count(calls: readonly CallRecord[], verdict: CallRecord["verdict"]): number {
  return calls.reduce((sum, one) => sum + (one.verdict === verdict ? 1 : 0), 0);
}

function availabilityOf(calls: readonly CallRecord[]): number {
  return calls.length === 0 ? 1 : count(calls, "answered") / calls.length;
}

function sharesOf(attempts: readonly AttemptRecord[], outages: Outages) {
  const totals = { before: 0, during: 0, after: 0 };
  const counts: Record<string, { before: number; during: number; after: number }> = {};
  for (const { provider, endedAt, ok } of attempts) {
    if (!ok) continue;
    const phase = outages.phase(endedAt);
    counts[provider] ??= { before: 0, during: 0, after: 0 };
    counts[provider][phase]++;
    totals[phase]++;
  }
  for (const one of Object.values(counts)) {
    one.before /= totals.before || 1;
    one.during /= totals.during || 1;
    one.after /= totals.after || 1;
  }
  return counts;
}
