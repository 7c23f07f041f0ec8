import type { Clock } from "../lib/clock.ts";
import { TokenBucket } from "../lib/token-bucket.ts";

/** What one upstream may be given: its bulkhead, so that a slow one cannot hold all that the process has. */
export interface LimitOptions {
  /** The most calls without an outcome at once. */
  readonly concurrency: number;
  /** The most calls a second over time; unlimited when absent. */
  readonly ratePerSecond: number | undefined;
  /** The most calls at once after a quiet time; the rate's worth of one second, and at least one, when absent. */
  readonly burst: number | undefined;
}

/** Concurrency and rate of one upstream. */
export interface Limits {
  /** May one more call go, with `inFlight` on their way? Changes nothing. */
  hasRoom(inFlight: number): boolean;
  /** Notes that a call goes. */
  take(): void;
}

/** Builds the limits of one upstream; without a rate they read no clock. */
export function createLimits(options: LimitOptions, clock: Clock): Limits {
  const { concurrency, ratePerSecond } = options;
  if (ratePerSecond === undefined) return { hasRoom: (inFlight) => inFlight < concurrency, take: () => {} };
  const bucket = new TokenBucket(ratePerSecond, options.burst ?? Math.max(1, ratePerSecond), clock);
  return {
    hasRoom: (inFlight) => inFlight < concurrency && bucket.has(),
    take: () => {
      bucket.take();
    },
  };
}
