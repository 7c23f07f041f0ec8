/** Where a fault strikes: all that is given must match, as in `POST /api/simulator/faults`. */
export interface Where {
  readonly upstream?: string;
  readonly kind?: string;
  readonly provider?: string;
  readonly region?: string;
  readonly operator?: string;
  readonly client?: string;
  readonly edge?: string;
}

/** A fault in the words of `POST /api/simulator/faults`, without its end. */
export interface Fault {
  readonly where: Where;
  readonly fault: string;
  readonly rate?: number;
  readonly latency?: string;
  readonly retryAfter?: string;
  readonly lag?: number;
  readonly capacity?: string;
  readonly status?: number;
}

/** A fault and when it is at work: seconds after the onset; to the end when `to` is absent. */
export interface Strike extends Fault {
  readonly from: number;
  readonly to?: number;
}

/** What clients must be able to say of an outage; it becomes k6 thresholds. */
export interface Expectation {
  /** The least share of calls answered rightly from the onset on, 0..1. */
  readonly answered: number;
  /** The longest that 99 of 100 calls take while faults are at work, after the onset, in milliseconds. */
  readonly p99: number;
}

/** An outage to rehearse: what strikes whom when, and what must hold. All times are seconds. */
export interface Outage {
  readonly name: string;
  /** What happens, in one sentence without a full stop. */
  readonly about: string;
  /** A published account, for the replay of something that happened. */
  readonly source?: string;
  /** What one second of a replay stands for. */
  readonly pace?: string;
  /** The simulated fleet that it is made for, a file in `loadtest/fleets`; the default fleet when absent. */
  readonly fleet?: string;
  /** How long clients are watched before the first fault, and after the last one. */
  readonly before: number;
  readonly recovery: number;
  readonly after: number;
  readonly strikes: readonly Strike[];
  /** How long an outage that nobody heals is watched. */
  readonly lasts?: number;
  readonly expect: Expectation;
}

/** Faults that come and go: every `every` seconds for `for` seconds. */
export function flapping(
  fault: Fault,
  times: { readonly from: number; readonly to: number; readonly every: number; readonly for: number },
): Strike[] {
  const strikes: Strike[] = [];
  for (let from = times.from; from < times.to; from += times.every) {
    strikes.push({ ...fault, from, to: Math.min(times.to, from + times.for) });
  }
  return strikes;
}
