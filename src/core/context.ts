import { Cancellation } from "../lib/cancellation.ts";
import type { Room } from "./bytes.ts";
import type { Outcome } from "./outcome.ts";
import type { Upstream } from "./upstream.ts";

/** Why an attempt was made. */
export type AttemptReason = "primary" | "retry" | "hedge" | "confirm" | "fan_out";

/**
 * One call sent to one upstream. The record that metrics, logs, evidence, concentration and reports all read.
 * Times are milliseconds of the injected clock.
 */
export class Attempt {
  readonly upstream: Upstream;
  readonly reason: AttemptReason;
  readonly startedAt: number;
  /** NaN while it still waits. */
  endedAt = Number.NaN;
  outcome: Outcome | undefined;
  /** What the upstream's list of waiting attempts needs; see `core/waiting.ts`. */
  older: Attempt | undefined;
  newer: Attempt | undefined;
  /** The name of the method's class, for latency statistics. */
  readonly class: string;
  /** Its waiting was already counted as evidence. */
  overdue = false;
  /** How many others waited at the upstream when it was sent there. */
  ahead = 0;
  /** How many answers the upstream will have given when its turn comes, if it answers in order. */
  turn = 0;

  constructor(upstream: Upstream, reason: AttemptReason, startedAt: number, className: string) {
    this.upstream = upstream;
    this.reason = reason;
    this.startedAt = startedAt;
    this.class = className;
  }
}

/** An upstream that was not chosen, and why: for `x-breakwater-explain`. */
export interface PassedOver {
  readonly upstream: string;
  readonly because: string;
}

/** What `x-breakwater-explain: 1` gathers; present only when the client asked. */
export interface Explanation {
  readonly picks: { readonly chosen: string | undefined; readonly passedOver: readonly PassedOver[] }[];
}

/**
 * What travels with a call through the policies. Branches (a hedge, a quorum) get a fork: own cancellation,
 * shared journal of attempts, so that no two racers are sent to one upstream.
 */
export class CallContext {
  readonly cancellation: Cancellation;
  /** When the client stops waiting, in the clock's milliseconds. A shared flight waits as long as its most patient caller. */
  deadline: number;
  readonly attempts: Attempt[];
  readonly explanation: Explanation | undefined;
  /** Why the next attempt will be made. */
  reason: AttemptReason = "primary";
  /**
   * Where in the journal the present round begins. Attempts of earlier rounds do not bar their upstream from being
   * asked again, unless they still wait.
   */
  round = 0;
  /** The one upstream that this branch asks; the selector is not asked then. */
  only: Upstream | undefined;
  /** The outcome is that of an identical call which was in flight already. */
  joined = false;
  /** What large answers may take of one reply's memory together; for the calls of a batch. */
  room: Room | undefined;
  /** Whose answer the call ended with, where several were asked; otherwise it is the last in the journal that answered. */
  served: Upstream | undefined;
  readonly #parent: CallContext | undefined;
  #shared = false;

  constructor(
    cancellation: Cancellation,
    deadline: number,
    attempts: Attempt[] = [],
    explanation: Explanation | undefined = undefined,
    parent: CallContext | undefined = undefined,
  ) {
    this.cancellation = cancellation;
    this.deadline = deadline;
    this.attempts = attempts;
    this.explanation = explanation;
    this.#parent = parent;
  }

  /** Several callers wait for this answer, so it must arrive whole. What is said of a context holds for its branches. */
  get shared(): boolean {
    return this.#shared || (this.#parent?.shared ?? false);
  }

  set shared(value: boolean) {
    this.#shared = value;
  }

  /** A branch with its own cancellation. Whoever forks cancels the branch when its own context is cancelled. */
  fork(reason: AttemptReason): CallContext {
    const branch = new CallContext(new Cancellation(), this.deadline, this.attempts, this.explanation, this);
    branch.reason = reason;
    branch.round = this.round;
    branch.only = this.only;
    branch.room = this.room;
    return branch;
  }
}
