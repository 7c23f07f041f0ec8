import type { Call } from "../core/call.ts";
import type { AttemptReason, CallContext } from "../core/context.ts";
import type { Fault, Outcome } from "../core/outcome.ts";
import type { Handler, Policy, PolicyEnvironment } from "../core/policy.ts";
import type { Cancellable, Link } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { discard } from "./discard.ts";
import { preferred } from "./preferred.ts";
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
/** A copy may take this many times what a probe takes at the same upstream. */
const farFactor = 2;
/** The most copies of one call in one race. */
const mostCopies = 4;
/** How long a delay is used before it is worked out anew, in milliseconds. */
const delayLifeMs = 1_000;

/**
 * Sends another copy to another upstream when the last one is slower than calls of its class usually are; the first
 * answer wins, the other copies are cancelled and stay in the journal. A fault of one copy is not the end while others
 * are under way: if it was the last hope, the youngest, it is replaced at once. Source of the rule: Dean and Barroso,
 * The Tail at Scale (hedging at the 95th percentile adds at most about 5 % of load).
 */
export function hedge(
  options: HedgeOptions,
  environment: Pick<PolicyEnvironment, "clock" | "latency">,
  budget: RetryBudget,
): Policy {
  const { clock } = environment;
  const delays = new Delays(options, environment);
  return (next) => {
    const track: Track = { next, clock, budget, maxMs: options.maxMs };
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

/** What the races of one chain have in common. */
interface Track {
  readonly next: Handler;
  readonly clock: Clock;
  readonly budget: RetryBudget;
  readonly maxMs: number;
}

/** One call and its copies. Cancelling it cancels them. */
class Race implements Cancellable {
  readonly #track: Track;
  readonly #call: Call;
  readonly #context: CallContext;
  readonly #delay: number;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #reject: (bug: unknown) => void;
  /** The copies under way, the youngest last. */
  readonly #running: CallContext[] = [];
  #sent = 0;
  #timer: Scheduled | undefined;
  #link: Link | undefined;
  #fault: Fault | undefined;
  #over = false;

  constructor(
    track: Track,
    call: Call,
    context: CallContext,
    delay: number,
    resolve: (outcome: Outcome) => void,
    reject: (bug: unknown) => void,
  ) {
    this.#track = track;
    this.#call = call;
    this.#context = context;
    this.#delay = delay;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    this.#link = this.#context.cancellation.onCancel(this);
    const first = this.#context.fork(this.#context.reason);
    this.#follow(this.#track.next(this.#call, first), first);
  }

  cancel(): void {
    this.#timer?.cancel();
    for (const { cancellation } of this.#running) cancellation.cancel();
  }

  /** Sends one more copy; false when there is no upstream for it. */
  #send(reason: AttemptReason): boolean {
    const { attempts } = this.#context;
    const before = attempts.length;
    const copy = this.#context.fork(reason);
    const outcome = this.#track.next(this.#call, copy);
    // An upstream is picked before `next` returns: no new attempt, nobody to pick.
    if (attempts.length === before) return false;
    this.#follow(outcome, copy);
    return true;
  }

  #follow(outcome: Promise<Outcome>, copy: CallContext): void {
    this.#sent++;
    this.#running.push(copy);
    this.#timer?.cancel();
    if (this.#sent < mostCopies) this.#timer = this.#track.clock.schedule(this.#patience(), () => this.#hedge());
    outcome.then((result) => this.#finish(result, copy), this.#reject);
  }

  /** How long the youngest copy may take: one that was sent far away is not slow for being far. */
  #patience(): number {
    const probeMs = this.#context.attempts.at(-1)?.upstream.status.probeMs ?? 0;
    return farFactor * probeMs > this.#delay ? Math.min(farFactor * probeMs, this.#track.maxMs) : this.#delay;
  }

  #hedge(): void {
    if (this.#track.budget.allowsHedge() && this.#send("hedge")) this.#track.budget.hedged();
  }

  #finish(outcome: Outcome, copy: CallContext): void {
    if (this.#over) {
      discard(outcome);
      return;
    }
    const running = this.#running;
    const youngest = running.at(-1) === copy;
    running.splice(running.indexOf(copy), 1);
    if (outcome.ok || running.length === 0) {
      this.#end(outcome.ok || !this.#fault ? outcome : preferred(this.#fault, outcome));
      return;
    }
    this.#fault = this.#fault ? preferred(this.#fault, outcome) : outcome;
    // The others are known to be slow, so the one that failed is replaced at once.
    const replace = youngest && this.#sent < mostCopies && !this.#context.cancellation.cancelled;
    if (replace && this.#track.budget.takeRetry(outcome)) this.#send("retry");
  }

  #end(outcome: Outcome): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#link?.unlink();
    for (const { cancellation } of this.#running) cancellation.cancel();
    this.#resolve(outcome);
  }
}
