import type { AttemptRecord, CallRecord, ChangeRecord, Journal } from "./journal.ts";

/** A time in which a fault was active, and whom it struck; milliseconds of the virtual clock. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly affected: readonly string[];
}

/** Milliseconds that clients waited for calls that came in during a part of the run; NaN when there were none. */
interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What a run comes to. Times in milliseconds, shares 0..1; what never happened is absent. */
export interface Figures {
  readonly calls: number;
  readonly failed: number;
  readonly wrong: number;
  /** Answers that told a client of an older head than it knew. */
  readonly wentBack: number;
  /** Share of calls answered rightly, in the whole run and from the first fault until a minute after the last. */
  readonly availability: number;
  readonly availabilityInOutage: number;
  readonly before: Latency;
  readonly during: Latency;
  readonly after: Latency;
  /** From the first fault until somebody struck was no longer trusted, and until nobody struck was. */
  readonly timeToDetect: number | undefined;
  readonly timeToAllOut: number | undefined;
  /** From the first fault until the last call was sent to a member that it struck, and how many were sent by then. */
  readonly timeToMove: number | undefined;
  readonly sentToStruck: number;
  readonly attemptsPerCall: number;
  readonly hedgeShare: number;
  readonly wrongEjections: number;
  /** Share of answers by provider. */
  readonly shares: Readonly<
    Record<string, { readonly before: number; readonly during: number; readonly after: number }>
  >;
}

/** How long after the last fault its aftermath counts, in milliseconds. */
const aftermathMs = 60_000;

/** How long after a fault a late judgement on those it struck still counts as right, in milliseconds. */
const graceMs = 5_000;

/** Reads the figures of a run from its journal and the faults that were injected. Without faults all is `before`. */
export function figuresOf(journal: Journal, windows: readonly Window[]): Figures {
  const start = Math.min(...windows.map((one) => one.from));
  const end = Math.max(...windows.map((one) => one.to));
  const phase = (at: number) => (!(at >= start) ? "before" : at < end ? "during" : "after");
  const { calls, attempts, changes } = journal;
  const outage = calls.filter(({ at }) => at >= start && at < end + aftermathMs);
  const latencyIn = (which: string) => latencyOf(calls.filter(({ at }) => phase(at) === which));
  const sent = attempts.filter((one) => isStruck(windows, one.upstream, one.startedAt));
  const outs = changes.filter((one) => isStruck(windows, one.upstream, one.at) && distrusts(one));
  return {
    calls: calls.length,
    failed: count(calls, "failed"),
    wrong: count(calls, "wrong"),
    wentBack: journal.wentBack,
    availability: availabilityOf(calls),
    availabilityInOutage: availabilityOf(outage),
    before: latencyIn("before"),
    during: latencyIn("during"),
    after: latencyIn("after"),
    timeToDetect: sinceOf(start, outs[0]?.at),
    timeToAllOut: sinceOf(start, allOutAt(windows, outs)),
    timeToMove: sinceOf(start, lastOf(sent)),
    sentToStruck: sent.length,
    attemptsPerCall: attempts.length / Math.max(1, calls.length),
    hedgeShare: attempts.filter((one) => one.hedge).length / Math.max(1, calls.length),
    wrongEjections: changes.filter((one) => takesOut(one) && !isStruck(windows, one.upstream, one.at, graceMs)).length,
    shares: sharesOf(attempts, phase),
  };
}

/** The value below which a share `q` of sorted numbers lies; NaN when there are none. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
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

function isStruck(windows: readonly Window[], upstream: string, at: number, grace = 0): boolean {
  return windows.some((one) => at >= one.from && at < one.to + grace && one.affected.includes(upstream));
}

/** Does a change say that an upstream is no longer trusted with traffic? */
function distrusts({ change }: ChangeRecord): boolean {
  if (change.what === "verdict")
    return change.to === "suspect" || change.to === "ejected" || change.to === "quarantined";
  return change.what === "breaker" ? change.to === "open" : change.from === "none";
}

/** Does a change take an upstream out of service because of its health? */
function takesOut({ change }: ChangeRecord): boolean {
  if (change.what === "verdict") return change.to === "ejected" || change.to === "quarantined";
  return change.what === "breaker" && change.to === "open";
}

/** When the last of those struck was first distrusted; `undefined` while one still is trusted. */
function allOutAt(windows: readonly Window[], outs: readonly ChangeRecord[]): number | undefined {
  const struck = new Set(windows.flatMap((one) => one.affected));
  const first = [...struck].map((upstream) => outs.find((one) => one.upstream === upstream)?.at);
  return first.every((at) => at !== undefined) && first.length > 0 ? Math.max(...first) : undefined;
}

/** When the last of these attempts was made; `undefined` when there are none. */
function lastOf(attempts: readonly AttemptRecord[]): number | undefined {
  if (attempts.length === 0) return undefined;
  return attempts.reduce((last, one) => Math.max(last, one.startedAt), 0);
}

function sinceOf(start: number, at: number | undefined): number | undefined {
  return at === undefined ? undefined : at - start;
}

function sharesOf(attempts: readonly AttemptRecord[], phase: (at: number) => "before" | "during" | "after") {
  const totals = { before: 0, during: 0, after: 0 };
  const counts: Record<string, { before: number; during: number; after: number }> = {};
  for (const { provider, endedAt, ok } of attempts) {
    if (!ok) continue;
    counts[provider] ??= { before: 0, during: 0, after: 0 };
    counts[provider][phase(endedAt)]++;
    totals[phase(endedAt)]++;
  }
  for (const one of Object.values(counts)) {
    one.before /= totals.before || 1;
    one.during /= totals.during || 1;
    one.after /= totals.after || 1;
  }
  return counts;
}
