import type { Priority } from "../core/call.ts";
import { type Fault, fault, type Outcome } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Random } from "../lib/random.ts";
import type { Restraint } from "./restraint.ts";

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
 * Refuses the least important calls when the process has too many (bulk above 70 % of the limit, interactive reads above
 * 90 %, transactions above 100 %, validator duties only above twice the limit), and when the network's upstreams do, as
 * `restraint` says where there is one. Refused callers, and those for whom no upstream had room, are asked to come back
 * after 1 or 2 s, at random, so that they do not come back together.
 */
export function shed(admission: Admission, random: Random, restraint: Restraint | undefined): Policy {
  const refuse = (detail: string) => Promise.resolve(later(fault("overloaded", detail), random));
  const done = (outcome: Outcome): Outcome => {
    admission.inFlight--;
    return !outcome.ok && outcome.kind === "busy" ? later(outcome, random) : outcome;
  };
  const failed = (bug: unknown): never => {
    admission.inFlight--;
    throw bug;
  };
  return (next) => (call, context) => {
    const { priority } = call.traits;
    if (!admission.admits(priority)) {
      return refuse(`${admission.inFlight} calls in flight are too many for one of priority ${priority}`);
    }
    if (restraint && !restraint.admits(priority)) {
      return refuse(`the upstreams have as many calls as they bear, too many for one of priority ${priority}`);
    }
    admission.inFlight++;
    return next(call, context).then(done, failed);
  };
}

/** The header has whole seconds, so there are two of them to draw from. */
function later(refusal: Fault, random: Random): Fault {
  return { ...refusal, retryAfterMs: refusal.retryAfterMs ?? (random() < 0.5 ? 1_000 : 2_000) };
}
