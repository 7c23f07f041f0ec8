import type { Call } from "../core/call.ts";
import type { Attempt, AttemptReason, CallContext } from "../core/context.ts";
import { type Fault, fault, type Outcome } from "../core/outcome.ts";
import type { Handler } from "../core/policy.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Cancellable, Link } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { discard } from "./discard.ts";
import { preferred } from "./preferred.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** What the races of one chain have in common. */
export interface Track {
  readonly next: Handler;
  readonly clock: Clock;
  readonly budget: RetryBudget;
  /** May a copy be sent although nothing is known against the upstream that has the last one? */
  readonly hedges: boolean;
  /** The longest that one copy is given before another is considered, in milliseconds. */
  readonly maxMs: number;
}

/** The most copies of one call in one race. */
const mostCopies = 4;
/** A copy is given at least this many times what a probe takes at the same upstream. */
const farFactor = 2;
/** What is held against an upstream that was found to be out while it had a copy. */
const silence = fault("timeout", "the upstream went out of service");

/**
 * One call and its copies: the first answer wins, the other copies are cancelled and stay in the journal. A fault of
 * one copy is not the end while others are under way: if it was the last hope, the youngest, it is replaced at once.
 * Cancelling the race cancels them all.
 */
export class Race implements Cancellable {
  readonly #track: Track;
  readonly #call: Call;
  readonly #context: CallContext;
  readonly #delay: number;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #reject: (bug: unknown) => void;
  /** The copies under way, the youngest last. */
  readonly #running: CallContext[] = [];
  /** The attempt of the copy that was sent last. */
  #youngest: Attempt | undefined;
  #sent = 0;
  #timer: Scheduled | undefined;
  #link: Link | undefined;
  #fault: Fault | undefined;
  #over = false;

  /** `delay` is how long a copy is given before another is considered, in milliseconds. */
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
    this.#youngest = this.#context.attempts.at(-1);
    this.#timer?.cancel();
    if (this.#sent < mostCopies) this.#wait();
    outcome.then((result) => this.#finish(result, copy), this.#reject);
  }

  /** One that was sent far away is not slow for being far. */
  #wait(): void {
    const { clock, maxMs } = this.#track;
    const probeMs = this.#youngest?.upstream.status.probeMs ?? 0;
    const ms = farFactor * probeMs > this.#delay ? Math.min(farFactor * probeMs, maxMs) : this.#delay;
    this.#timer = clock.schedule(ms, () => this.#look());
  }

  /** The youngest copy took long. Sends another if that may help, and else looks again later. */
  #look(): void {
    const { budget, hedges } = this.#track;
    const from = this.#youngest?.upstream;
    if (this.#isLost()) {
      if (this.#retry(silence, from)) return;
    } else if (hedges && !this.#isQueueing() && budget.allowsHedge(from) && this.#send("hedge")) {
      budget.hedged({ from, to: this.#youngest?.upstream });
      return;
    }
    this.#wait();
  }

  #retry(after: Fault, from: Upstream | undefined): boolean {
    const { budget } = this.#track;
    if (!budget.allowsRetry(after, from) || !this.#send("retry")) return false;
    budget.retried(after, { from, to: this.#youngest?.upstream });
    return true;
  }

  /** Does the youngest copy only wait for others before it, at an upstream that goes on answering? Another one would, too. */
  #isQueueing(): boolean {
    const attempt = this.#youngest;
    if (!attempt) return false;
    const { waiting } = attempt.upstream;
    if (waiting.answeredAt <= attempt.startedAt) return false;
    return this.#track.clock.now() - attempt.startedAt < this.#delay + waiting.behindMs(attempt);
  }

  /** Was the upstream of the youngest copy taken out of service meanwhile? */
  #isLost(): boolean {
    const status = this.#youngest?.upstream.status;
    return status?.verdict === "ejected" || status?.verdict === "quarantined" || status?.breaker === "open";
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
    if (youngest && this.#sent < mostCopies && !this.#context.cancellation.cancelled) {
      this.#retry(outcome, this.#youngest?.upstream);
    }
  }

  #end(outcome: Outcome): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#link?.unlink();
    for (const { cancellation } of this.#running) cancellation.cancel();
    this.#resolve(outcome);
  }
}
