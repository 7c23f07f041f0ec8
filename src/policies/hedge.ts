import type { Policy, PolicyEnvironment } from "../core/policy.ts";
import { Race, type Track } from "./race.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface HedgeOptions {
  /** The share of calls of a class that are usually answered before a second copy is sent. */
  readonly quantile: number;
  /** Bounds of the delay that follows from it, in milliseconds. */
  readonly minMs: number;
  readonly maxMs: number;
}

/** The delay while the usual latency of a class is not known yet, in milliseconds. */
const unknownDelayMs = 300;
/** How long a delay is used before it is worked out anew, in milliseconds. */
const delayLifeMs = 1_000;

/**
 * Sends another copy to another upstream when the last one is slower than calls of its class usually are. Source of
 * the rule: Dean and Barroso, The Tail at Scale (hedging at the 95th percentile adds at most about 5 % of load).
 */
export function hedge(
  options: HedgeOptions,
  environment: Pick<PolicyEnvironment, "clock" | "latency">,
  budget: RetryBudget,
): Policy {
  const { clock } = environment;
  const delays = new Delays(options, environment);
  return (next) => {
    const track: Track = { next, clock, budget, hedges: true, maxMs: options.maxMs };
    return (call, context) => {
      const now = clock.now();
      const delay = delays.of(call.traits.name, now);
      if (now + delay >= context.deadline) return next(call, context);
      return new Promise((resolve, reject) => {
        new Race(track, call, context, delay, resolve, reject).start();
      });
    };
  };
}

/** How long to wait for the first copy, by class of method. */
class Delays {
  readonly #options: HedgeOptions;
  readonly #latency: PolicyEnvironment["latency"];
  readonly #known = new Map<string, { ms: number; until: number }>();

  constructor(options: HedgeOptions, environment: Pick<PolicyEnvironment, "latency">) {
    this.#options = options;
    this.#latency = environment.latency;
  }

  of(className: string, now: number): number {
    let delay = this.#known.get(className);
    if (!delay || now >= delay.until) {
      const { quantile, minMs, maxMs } = this.#options;
      const usual = this.#latency(className, quantile) ?? unknownDelayMs;
      delay = { ms: Math.min(maxMs, Math.max(minMs, usual)), until: now + delayLifeMs };
      this.#known.set(className, delay);
    }
    return delay.ms;
  }
}
