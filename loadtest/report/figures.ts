import type { Plan } from "../plans/plan.ts";
import type { Phase } from "../plans/schedule.ts";

/** What k6 hands to a summary, as far as it is read here. */
export interface K6Data {
  readonly metrics: Readonly<Record<string, K6Metric>>;
  readonly setup_data?: Plan | null;
}

interface K6Metric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

/** A decision about a failure domain. */
interface Decided {
  /** Milliseconds from the onset. */
  readonly after: number;
  readonly action: string;
  readonly subject: string;
  readonly because: string;
}

/** What clients saw in one phase. Times in milliseconds, availability 0..1. */
interface PhaseFigures {
  readonly phase: Phase;
  readonly seconds: number;
  readonly calls: number;
  readonly failed: number;
  readonly availability: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly attemptsPerCall: number | undefined;
}

/** What a run comes to. Times in milliseconds from the onset, shares 0..1; what never happened or nobody told is absent. */
export interface Figures {
  readonly plan: Plan;
  readonly phases: readonly PhaseFigures[];
  readonly calls: number;
  readonly failed: number;
  /** Calls that were due while no client was free to make them; they are not among `calls`. */
  readonly unmade: number;
  readonly because: Readonly<Record<string, number>>;
  /** From the onset on; of the whole run where there is no outage. */
  readonly availability: number;
  /** When the proxy first distrusted somebody who was struck. */
  readonly timeToDetect: number | undefined;
  /** When a struck upstream was last asked for a client's sake, and how often one was. */
  readonly lastAskedStruck: number | undefined;
  readonly askedStruck: number;
  /** When ten seconds in a row began, after the first worse one, in each of which 99.9 % were answered; 0 when none was worse. */
  readonly timeTo999: number | undefined;
  /** Attempts per call while faults were at work. */
  readonly amplification: number | undefined;
  /** By how much the share of the struck, once they were well again, exceeded what it was before, at its peak over three seconds. */
  readonly overshoot: number | undefined;
  /** What the proxy decided about failure domains, in order. */
  readonly decisions: readonly Decided[];
  readonly flaps: number | undefined;
  readonly wrongEjections: number | undefined;
  readonly expectations: readonly { readonly what: string; readonly met: boolean }[];
}

const wellSeconds = 10;
const wellShare = 0.999;
const overshootSeconds = 3;

/** Reads the figures of a run from what k6 kept of it, and from the decisions that the proxy tells of, oldest first. */
export function figuresOf(
  metrics: K6Data["metrics"],
  plan: Plan,
  decisions: readonly (Omit<Decided, "after"> & { readonly at: string })[] = [],
): Figures {
  const { schedule } = plan;
  const value = (metric: string, name: string) => metrics[metric]?.values[name];
  const phases = schedule.phases
    .filter(({ name }) => name !== "warm-up")
    .map((phase): PhaseFigures => {
      const tag = `{phase:${phase.name}}`;
      const calls = total(metrics[`answered${tag}`]);
      const failed = value(`answered${tag}`, "fails") ?? 0;
      return {
        phase: phase.name,
        seconds: (phase.to - phase.from) / 1_000,
        calls,
        failed,
        availability: share(calls - failed, calls),
        p50: value(`waited${tag}`, "med") ?? Number.NaN,
        p99: value(`waited${tag}`, "p(99)") ?? Number.NaN,
        longest: value(`waited${tag}`, "max") ?? Number.NaN,
        attemptsPerCall: told(metrics[`attempts${tag}`], "avg"),
      };
    });
  const judged = metrics[schedule.strikes.length > 0 ? "answered{since:onset}" : "answered"];
  return {
    plan,
    phases,
    calls: phases.reduce((sum, { calls }) => sum + calls, 0),
    failed: phases.reduce((sum, { failed }) => sum + failed, 0),
    unmade: value("dropped_iterations", "count") ?? 0,
    because: reasonsIn(metrics),
    availability: share(judged?.values["passes"] ?? 0, total(judged)),
    timeToDetect: value("detected_after", "value"),
    lastAskedStruck: told(metrics["asked_struck"], "max"),
    askedStruck: value("asked_struck", "count") ?? 0,
    timeTo999: wellFrom(secondsOf(metrics, "answered")),
    amplification: amplificationIn(phases),
    overshoot: overshootOf(metrics, plan),
    decisions: decisions
      .map(({ at, action, subject, because }) => {
        const after = Date.parse(at) - (value("started_at", "value") ?? Number.NaN) - schedule.onset;
        return { after, action, subject, because };
      })
      .filter(({ after }) => after >= -schedule.onset),
    flaps: value("flaps", "value"),
    wrongEjections: value("wrong_ejections", "value"),
    expectations: Object.entries(metrics).flatMap(([name, { thresholds }]) =>
      Object.entries(thresholds ?? {}).map(([condition, { ok }]) => ({ what: `${name}: ${condition}`, met: ok })),
    ),
  };
}

function total(rate: K6Metric | undefined): number {
  return (rate?.values["passes"] ?? 0) + (rate?.values["fails"] ?? 0);
}

function share(part: number, whole: number): number {
  return whole === 0 ? Number.NaN : part / whole;
}

/** A figure of a trend, unless nothing was ever added to it. */
function told(trend: K6Metric | undefined, name: string): number | undefined {
  return (trend?.values["count"] ?? 0) > 0 ? trend?.values[name] : undefined;
}

function reasonsIn(metrics: K6Data["metrics"]): Record<string, number> {
  const counts = Object.entries(metrics).flatMap(([name, { values }]) => {
    const because = /^failed_requests\{because:(.*)\}$/.exec(name)?.[1];
    const times = values["count"] ?? 0;
    return because !== undefined && times > 0 ? [[because, times] as const] : [];
  });
  return Object.fromEntries(counts);
}

/** The seconds of a rate from the onset on, in order. */
function secondsOf(metrics: K6Data["metrics"], name: string): readonly K6Metric[] {
  const seconds: K6Metric[] = [];
  for (let second = 0; ; second++) {
    const metric = metrics[`${name}{second:${second}}`];
    if (!metric) return seconds;
    seconds.push(metric);
  }
}

/** When enough good seconds in a row began after the first bad one, in milliseconds from the onset. */
function wellFrom(seconds: readonly K6Metric[]): number | undefined {
  const good = seconds.map((metric) => share(metric.values["passes"] ?? 0, total(metric)) >= wellShare);
  const firstBad = good.indexOf(false);
  if (firstBad < 0) return 0;
  for (let second = firstBad; second + wellSeconds <= good.length; second++) {
    if (good.slice(second, second + wellSeconds).every(Boolean)) return 1_000 * second;
  }
  return undefined;
}

function amplificationIn(phases: readonly PhaseFigures[]): number | undefined {
  const faulty = phases.filter(
    ({ phase, attemptsPerCall }) => /onset|outage/.test(phase) && attemptsPerCall !== undefined,
  );
  const calls = faulty.reduce((sum, phase) => sum + phase.calls, 0);
  return calls === 0 ? undefined : faulty.reduce((sum, one) => sum + one.calls * (one.attemptsPerCall ?? 0), 0) / calls;
}

function overshootOf(metrics: K6Data["metrics"], { schedule }: Plan): number | undefined {
  const before = metrics["from_struck{phase:before}"];
  const steady = share(before?.values["passes"] ?? 0, total(before));
  const seconds = secondsOf(metrics, "from_struck").slice(Math.ceil((schedule.relief - schedule.onset) / 1_000));
  if (!(steady > 0) || seconds.length < overshootSeconds) return undefined;
  const peaks = seconds.slice(overshootSeconds - 1).map((_, index) => {
    const together = seconds.slice(index, index + overshootSeconds);
    const passes = together.reduce((sum, { values }) => sum + (values["passes"] ?? 0), 0);
    return share(
      passes,
      together.reduce((sum, one) => sum + total(one), 0),
    );
  });
  return Math.max(0, Math.max(...peaks.filter((one) => !Number.isNaN(one))) / steady - 1);
}
