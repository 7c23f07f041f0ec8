import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import type { DutyDesk, DutyProtocol } from "../core/duty.ts";
import { type Fault, fault, type Outcome } from "../core/outcome.ts";
import type { Handler } from "../core/policy.ts";
import type { Selector } from "../core/selector.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Cancellable, Cancellation, Link } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import type { Detached } from "./detached.ts";
import { discard } from "./discard.ts";
import { preferred } from "./preferred.ts";

/** What policies for validators' duties are made of. */
export interface DutyParts {
  readonly desk: DutyDesk;
  readonly protocol: DutyProtocol;
  readonly selector: Selector;
  /** Counts the legs that nothing calls off; whoever ends the process waits for them. */
  readonly detached: Detached;
  /** Told of a bug in one leg of a call. The leg then counts as failed, and the others are not lost. */
  readonly crashed: (bug: unknown) => void;
}

/** One upstream's part of a call that several get. */
export interface Leg {
  readonly upstream: Upstream;
  readonly cancellation: Cancellation;
  /** `undefined` while it is under way. */
  outcome: Outcome | undefined;
}

/** What the legs of one policy have in common. */
export interface Legwork {
  readonly next: Handler;
  readonly clock: Clock;
  readonly crashed: (bug: unknown) => void;
  /** Given, the legs are never called off, and each ends by the timeout of its attempt. */
  readonly detached: Detached | undefined;
  /**
   * How long legs may go on, in milliseconds, when they are not waited for any more; none if absent. To call a request off
   * is to close its connection, and the next call would have to open another.
   */
  readonly graceMs?: number;
}

/** So long before the deadline the call is ended with what came, in milliseconds: it says more than that time is up. */
const headMs = 5;

const crash = fault("interrupted", "a bug in Breakwater");

/** Sends a call to one upstream, and tells `heard` of its end, which must not throw. */
export function sendLeg(
  { next, crashed, detached }: Legwork,
  call: Call,
  context: CallContext,
  upstream: Upstream,
  heard: (outcome: Outcome) => void,
): Leg {
  const branch = context.fork("fan_out");
  branch.only = upstream;
  // What is compared with others must be there whole.
  branch.shared = true;
  const leg: Leg = { upstream, cancellation: branch.cancellation, outcome: undefined };
  const end = (outcome: Outcome): void => {
    leg.outcome = outcome;
    heard(outcome);
    // Only now: what was heard may have sent another leg, and between the two nobody was idle.
    detached?.leave(upstream);
  };
  detached?.enter(upstream);
  begin(next, call, branch).then(end, (bug) => {
    crashed(bug);
    end(crash);
  });
  return leg;
}

/** Even what a handler throws at once becomes a rejection. */
async function begin(next: Handler, call: Call, context: CallContext): Promise<Outcome> {
  return next(call, context);
}

/** Makes one outcome of what came of the legs. */
export interface Judge {
  /** The outcome if what came is enough, or `undefined` to wait for more. `late`: it is time to be content with less. */
  enough(legs: readonly Leg[], late: boolean): Outcome | undefined;
  /** The outcome if what came is enough when those who have not said a word are given up; see {@link askAll}. */
  resigned?(legs: readonly Leg[]): Outcome | undefined;
  /** The outcome when nothing more is waited for. */
  last(legs: readonly Leg[]): Outcome;
}

/** Who is asked: all at once, or as many as the width says, and the others when those fail. */
export interface Asked {
  readonly upstreams: readonly Upstream[];
  readonly width?: number | undefined;
  /** From when on it is wanted, and from when on those who are silent are given up; the clock's milliseconds. */
  readonly soft: number;
  readonly resignAt?: number | undefined;
}

/**
 * While nobody has brought anything of use, others are asked too: after half of the time until the soft one as many again,
 * and at the soft one four times as many.
 */
const reserves = { after: 0.5, late: 4 };

/**
 * Puts a call to several upstreams at once and has what came judged: after each leg, at the soft time (the clock's
 * milliseconds), from `resignAt` on without those who are silent, and at last when all ended or the deadline is near. What is still under way when there is an outcome is
 * called off after its grace, and at once when the caller leaves before, unless legs are detached.
 */
export function askAll(work: Legwork, call: Call, context: CallContext, asked: Asked, judge: Judge): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    new FanOut(work, call, context, asked, judge, resolve, reject).start();
  });
}

class FanOut implements Cancellable {
  readonly #work: Legwork;
  readonly #call: Call;
  readonly #context: CallContext;
  readonly #asked: Asked;
  readonly #judge: Judge;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #reject: (bug: unknown) => void;
  readonly #legs: Leg[] = [];
  #running = 0;
  #late = false;
  #resigned = false;
  #timers: readonly Scheduled[] = [];
  #link: Link | undefined;
  #done = false;
  #grace: Scheduled | undefined;

  constructor(
    work: Legwork,
    call: Call,
    context: CallContext,
    asked: Asked,
    judge: Judge,
    resolve: (outcome: Outcome) => void,
    reject: (bug: unknown) => void,
  ) {
    this.#work = work;
    this.#call = call;
    this.#context = context;
    this.#asked = asked;
    this.#judge = judge;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { clock, detached } = this.#work;
    const { upstreams, width = upstreams.length, soft, resignAt } = this.#asked;
    const now = clock.now();
    const over = this.#context.deadline - headMs;
    this.#send(width);
    this.#timers = [
      clock.schedule(soft - now, () => this.#hurry()),
      ...(resignAt === undefined ? [] : [clock.schedule(resignAt - now, () => this.#resign())]),
      ...(width < upstreams.length
        ? [clock.schedule(reserves.after * (soft - now), () => this.#reinforce(width))]
        : []),
      clock.schedule(over - now, () => this.#end(() => this.#judge.last(this.#legs))),
    ];
    if (!detached) this.#link = this.#context.cancellation.onCancel(this);
  }

  cancel(): void {
    for (const { cancellation } of this.#legs) cancellation.cancel();
  }

  /** Asks so many more, as far as there are any. No leg is heard of before it was sent: promises tell later. */
  #send(count: number): void {
    const asked = this.#legs.length;
    for (const upstream of this.#asked.upstreams.slice(asked, asked + count)) {
      this.#running++;
      this.#legs.push(sendLeg(this.#work, this.#call, this.#context, upstream, (outcome) => this.#hear(outcome)));
    }
  }

  #reinforce(count: number): void {
    if (!this.#legs.some(({ outcome }) => isSuccess(outcome))) this.#send(count);
  }

  #hear(outcome: Outcome): void {
    this.#running--;
    if (this.#done) {
      discard(outcome);
      if (this.#running === 0) this.#grace?.cancel();
      return;
    }
    const wanted = this.#work.detached !== undefined || !this.#context.cancellation.cancelled;
    if (!isSuccess(outcome) && wanted) this.#send(1);
    if (this.#running === 0) this.#end(() => this.#judge.last(this.#legs));
    else this.#look();
  }

  #hurry(): void {
    this.#late = true;
    this.#reinforce(reserves.late * (this.#asked.width ?? 0));
    this.#look();
  }

  #resign(): void {
    this.#resigned = true;
    this.#look();
  }

  #look(): void {
    this.#end(
      () =>
        this.#judge.enough(this.#legs, this.#late) ?? (this.#resigned ? this.#judge.resigned?.(this.#legs) : undefined),
    );
  }

  /** Ends the call with what is judged, if that is anything. */
  #end(judged: () => Outcome | undefined): void {
    try {
      const outcome = judged();
      if (!outcome) return;
      this.#resolve(outcome);
    } catch (bug) {
      this.#reject(bug);
    }
    this.#done = true;
    for (const timer of this.#timers) timer.cancel();
    this.#link?.unlink();
    const { detached, graceMs, clock } = this.#work;
    if (detached || this.#running === 0) return;
    if (graceMs === undefined) this.cancel();
    else this.#grace = clock.schedule(graceMs, () => this.cancel());
  }
}

/** What is told when no leg brought anything of use: a definitive no, or else the fault that says most. */
export function refusal(legs: readonly Leg[]): Outcome {
  let told: Fault | undefined;
  for (const leg of legs) {
    const said = outcomeOf(leg);
    if (said.ok && said.failed) return said;
    const failure = said.ok ? fault("bad_result", `${leg.upstream.id} answered with nothing of use`) : said;
    told = told ? preferred(told, failure) : failure;
  }
  return told ?? nobody;
}

const nobody = fault("no_upstream", "there is nobody to ask");

/** What became of a leg, also of one that is not waited for any more. */
export function outcomeOf({ upstream, outcome }: Leg): Outcome {
  return outcome ?? fault("timeout", `${upstream.id} did not answer in time`);
}

/** Did it bring what was asked for? */
export function isSuccess(outcome: Outcome | undefined): boolean {
  return outcome?.ok === true && !outcome.failed;
}
