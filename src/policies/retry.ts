import type { Call, MethodTraits } from "../core/call.ts";
import type { Attempt, CallContext } from "../core/context.ts";
import { type Fault, type Outcome, ruleOf } from "../core/outcome.ts";
import type { Handler, Policy, PolicyEnvironment } from "../core/policy.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { preferred } from "./preferred.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface RetryOptions {
  /** The most attempts of one call, the first included, that upstreams received. */
  readonly attempts: number;
}

/** The most attempts of one call, those that no upstream received included: nobody waits for a walk through a large fleet. */
const mostAttempts = 8;
/** How many other upstreams are asked for data that one does not have. */
const mostMissing = 3;
/** Pauses before the same upstreams are asked again: at least, at most the first time (doubles), and at most ever. */
const pauseMs = { least: 25, first: 100, most: 500 };

/**
 * Asks another upstream after a fault, as far as the fault's rule and the method's traits allow, the deadline has not
 * passed, and the network's retry budget lasts. Another upstream is asked at once; when all were asked, a transient
 * fault is followed by a short random pause and another round. What is returned in the end is the fault that says most.
 */
export function retry(
  options: RetryOptions,
  environment: Pick<PolicyEnvironment, "clock" | "random">,
  budget: RetryBudget,
): Policy {
  const retrier = new Retrier(options, environment, budget);
  return (next) => (call, context) => {
    budget.called();
    const first = context.attempts.length;
    return next(call, context).then((outcome) =>
      outcome.ok ? outcome : retrier.after(outcome, next, call, context, first),
    );
  };
}

class Retrier {
  readonly #most: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #budget: RetryBudget;

  constructor(options: RetryOptions, environment: Pick<PolicyEnvironment, "clock" | "random">, budget: RetryBudget) {
    this.#most = options.attempts;
    this.#clock = environment.clock;
    this.#random = environment.random;
    this.#budget = budget;
  }

  /**
   * Goes on after the fault of a call's first try until an answer, a final fault, or the end of what is allowed.
   * `first` is where in the journal the call's attempts begin.
   */
  async after(fault: Fault, next: Handler, call: Call, context: CallContext, first: number): Promise<Outcome> {
    const { attempts } = context;
    let last = fault;
    let best = fault;
    let journal = first;
    let pauses = 0;
    for (;;) {
      const asked = attempts.length > journal;
      if (asked && isFinal(last, call.traits, attempts, first)) return last;
      if (!this.#mayGoOn(context, first)) return best;
      if (!asked && !(await this.#newRound(context, last, best, pauses++))) return best;
      const from = attempts.at(-1)?.upstream;
      if (!this.#budget.allowsRetry(last, from)) return best;
      journal = attempts.length;
      context.reason = "retry";
      const asking = next(call, context);
      // An upstream is picked before `next` returns: no new attempt, nobody to pick, nothing to book.
      if (attempts.length > journal) this.#budget.retried(last, { from, to: attempts.at(-1)?.upstream });
      const outcome = await asking;
      if (outcome.ok) return outcome;
      last = outcome;
      best = preferred(best, outcome);
    }
  }

  #mayGoOn({ cancellation, deadline, attempts }: CallContext, first: number): boolean {
    if (cancellation.cancelled || this.#clock.now() >= deadline) return false;
    if (attempts.length - first >= mostAttempts) return false;
    const missing = count(attempts, first, ({ kind }) => kind === "missing_data");
    const received = count(attempts, first, ({ kind }) => ruleOf(kind).delivered !== "no");
    return missing <= mostMissing && received - missing < this.#most;
  }

  /** Nobody is left to ask: waits a little and begins a new round. False when there is no sense in that. */
  async #newRound(context: CallContext, last: Fault, best: Fault, pauses: number): Promise<boolean> {
    const nobodyAsked = context.attempts.length === context.round;
    if (!ruleOf(best.kind).transient || (nobodyAsked && last.kind === "no_upstream")) return false;
    const most = Math.min(pauseMs.most, pauseMs.first * 2 ** pauses);
    const ms = Math.max(pauseMs.least + (most - pauseMs.least) * this.#random(), last.retryAfterMs ?? 0);
    if (ms > pauseMs.most || this.#clock.now() + ms >= context.deadline) return false;
    await pause(this.#clock, ms, context.cancellation);
    context.round = context.attempts.length;
    return !context.cancellation.cancelled;
  }
}

/** Would asking anybody else change nothing, or be wrong? */
function isFinal(last: Fault, traits: MethodTraits, attempts: readonly Attempt[], first: number): boolean {
  const { next, delivered } = ruleOf(last.kind);
  if (next === "never") return true;
  if (next === "once" && count(attempts, first, ({ kind }) => ruleOf(kind).next === "once") > 1) return true;
  return delivered !== "no" && traits.repeat !== "always";
}

/** How many attempts from `first` on ended in such a fault. */
function count(attempts: readonly Attempt[], first: number, such: (fault: Fault) => boolean): number {
  let total = 0;
  for (let index = first; index < attempts.length; index++) {
    const outcome = attempts[index]?.outcome;
    if (outcome?.ok === false && such(outcome)) total++;
  }
  return total;
}

function pause(clock: Clock, ms: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.schedule(ms, () => {
      link.unlink();
      resolve();
    });
    const link = cancellation.onCancel({
      cancel() {
        timer.cancel();
        resolve();
      },
    });
  });
}
