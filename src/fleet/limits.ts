import type { Clock } from "../lib/clock.ts";
import { TokenBucket } from "../lib/token-bucket.ts";
import type { LimitOptions } from "./schema.ts";

/** Concurrency and rate of one upstream. */
export interface Limits {
  /** May one more call go, with `inFlight` on their way? Changes nothing. */
  hasRoom(inFlight: number): boolean;
  /** Notes that a call goes. */
  take(): void;
}

/** Builds the limits of one upstream; without a rate they read no clock. */
export function createLimits(options: LimitOptions, clock: Clock): Limits {
  const { concurrency, rate } = options;
  if (rate === undefined) return { hasRoom: (inFlight) => inFlight < concurrency, take: () => {} };
  const bucket = new TokenBucket(rate, options.burst ?? Math.max(1, rate), clock);
  return {
    hasRoom: (inFlight) => inFlight < concurrency && bucket.has(),
    take: () => {
      bucket.take();
    },
  };
}
