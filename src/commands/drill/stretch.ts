import { belongs, type Reading } from "./reading.ts";

/** What clients of one network felt between two readings. */
export interface Stretch {
  readonly network: string;
  readonly seconds: number;
  readonly calls: number;
  readonly unserved: number;
  /** Calls by how long they took: one count per bound, and one for what took longer. */
  readonly durations: readonly number[];
  readonly boundsMs: readonly number[];
  /** Answers of upstreams, and those of the members of the domain among them. */
  readonly answers: number;
  readonly memberAnswers: number;
}

/** What the networks that a target has members in went through between two readings of the same process. */
export function stretches(before: Reading, after: Reading, target: string): readonly Stretch[] {
  return before.networks.flatMap((from) => {
    const to = after.networks.find(({ network }) => network === from.network);
    if (!to || !from.upstreams.some((one) => belongs(one, target))) return [];
    const answersOf = (id: string) => from.upstreams.find((one) => one.id === id)?.answers ?? 0;
    const answers = to.upstreams.map((one) => ({ one, count: one.answers - answersOf(one.id) }));
    return {
      network: from.network,
      seconds: (after.at - before.at) / 1_000,
      calls: to.calls.total - from.calls.total,
      unserved: to.calls.unserved - from.calls.unserved,
      durations: to.calls.durations.map((count, index) => count - (from.calls.durations[index] ?? 0)),
      boundsMs: after.durationBoundsMs,
      answers: sum(answers.map(({ count }) => count)),
      memberAnswers: sum(answers.filter(({ one }) => belongs(one, target)).map(({ count }) => count)),
    };
  });
}

/** 0..1 of the calls that were served; `undefined` without calls. */
export function availabilityOf({ calls, unserved }: Stretch): number | undefined {
  return calls > 0 ? 1 - unserved / calls : undefined;
}

/** 0..1 of the answers that came from the domain; `undefined` without answers. */
export function shareOf({ answers, memberAnswers }: Stretch): number | undefined {
  return answers > 0 ? memberAnswers / answers : undefined;
}

/**
 * The time within which 99 of 100 calls ended, in milliseconds; +Infinity when it is beyond the last bound, `undefined`
 * without calls. Calls are taken to be spread evenly within their bucket.
 * Source: `histogram_quantile` of Prometheus.
 */
export function p99Of({ durations, boundsMs }: Stretch): number | undefined {
  const total = sum(durations);
  if (total === 0) return undefined;
  const rank = 0.99 * total;
  let below = 0;
  for (const [index, upper] of boundsMs.entries()) {
    const count = durations[index] ?? 0;
    if (count > 0 && below + count >= rank) {
      const lower = boundsMs[index - 1] ?? 0;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return Number.POSITIVE_INFINITY;
}

/** How many calls took longer than `limitMs`, by the same assumption; beyond the last bound it is all that did. */
export function slowerThan({ durations, boundsMs }: Stretch, limitMs: number): number {
  let slow = durations[boundsMs.length] ?? 0;
  for (const [index, upper] of boundsMs.entries()) {
    const lower = boundsMs[index - 1] ?? 0;
    const part = Math.min(1, Math.max(0, (upper - limitMs) / (upper - lower)));
    slow += part * (durations[index] ?? 0);
  }
  return slow;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
