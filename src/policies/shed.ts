import type { Priority } from "../core/call.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Random } from "../lib/random.ts";

/** How full the process may be, as a share of its limit, for a call of each priority still to be let in. */
const fullest: Readonly<Record<Priority, number>> = { 0: 2, 1: 1, 2: 0.9, 3: 0.7 };

/** Counts the calls of the whole process, all networks together. */
export class Admission {
  inFlight = 0;
  readonly #limit: number;

  /** `limit` is `limits.concurrentCalls`. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  admits(priority: Priority): boolean {
    return this.inFlight < this.#limit * fullest[priority];
  }
}

/**
 * Refuses calls when the process has too many, the least important first: bulk above 70 % of the limit, interactive
 * reads above 90 %, transactions above 100 %, validator duties only above twice the limit. Refused callers are asked
 * to come back after 1 to 2 s, at random, so that they do not come back together.
 */
export function shed(admission: Admission, random: Random): Policy {
  const done = (outcome: Outcome): Outcome => {
    admission.inFlight--;
    return outcome;
  };
  const failed = (bug: unknown): never => {
    admission.inFlight--;
    throw bug;
  };
  return (next) => (call, context) => {
    const { priority } = call.traits;
    if (!admission.admits(priority)) {
      const detail = `${admission.inFlight} calls in flight are too many for one of priority ${priority}`;
      return Promise.resolve(fault("overloaded", detail, undefined, 1_000 * (1 + random())));
    }
    admission.inFlight++;
    return next(call, context).then(done, failed);
  };
}
