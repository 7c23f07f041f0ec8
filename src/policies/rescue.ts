import type { Policy } from "../core/policy.ts";
import type { Clock } from "../lib/clock.ts";
import { Race, type Track } from "./race.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** How often a waiting call looks whether its upstream is still in service, in milliseconds. */
const lookMs = 250;

/**
 * For calls that may be repeated but are not raced (a signed transaction, a trace): sends another copy when the
 * upstream that has the call is taken out of service before it answered. Such calls are granted long timeouts, and
 * without this one sent into a black hole would wait there until its client gives up.
 */
export function rescue(clock: Clock, budget: RetryBudget): Policy {
  return (next) => {
    const track: Track = { next, clock, budget, hedges: false, maxMs: lookMs };
    return (call, context) =>
      new Promise((resolve, reject) => {
        new Race(track, call, context, lookMs, resolve, reject).start();
      });
  };
}
