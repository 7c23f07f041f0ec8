import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import { type Outcome, ruleOf } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Cancellable, Link } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { candidates } from "./candidates.ts";
import { discard } from "./discard.ts";
import { type DutyParts, isSuccess, type Leg, type Legwork, outcomeOf, sendLeg } from "./legs.ts";

/** How often in a slot the next one is asked while nobody says a word: every 400 ms of 12 s. */
const stepsPerSlot = 30;

/**
 * For what only one node has (the payload of the block that it produced): asks that one, the first of the desk's
 * candidates; the next when it failed, or is silent for a 30th of a slot, as nodes with the same relays may have the
 * payload too; and so on. The first success is the answer. A no of the first is final; one of another is not, as it only
 * shows that it is another: when nobody succeeds, what the first said is told.
 *
 * What is written is never called off, and goes on to the next whatever became of its client. Signed bytes are the same
 * everywhere, so that they may be sent again also when it is not known what the node did with them.
 */
export function producer(parts: DutyParts, clock: Clock): Policy {
  const { desk, crashed, detached } = parts;
  return (next) => {
    const reading = { next, clock, crashed, detached: undefined };
    const writing = { next, clock, crashed, detached };
    return (call, context) => {
      const upstreams = candidates(parts, call, context, "possible");
      if ("ok" in upstreams) return Promise.resolve(upstreams);
      const work = call.traits.access === "write" ? writing : reading;
      // The time until the soft one is so much of a slot, or less when that is cut short.
      const left = Math.max(0, desk.timing(call).soft - clock.now());
      const step = left / (stepsPerSlot * (call.traits.duty?.budget.soft || 1));
      return new Promise((resolve) => {
        const told = (outcome: Outcome, legs: readonly Leg[]) => {
          if (!isSuccess(outcome) && call.traits.access === "write") desk.untaken(call, legs.map(outcomeOf));
          resolve(outcome);
        };
        new Turn(work, call, context, upstreams, step, told).start();
      });
    };
  };
}

/** One call that goes from upstream to upstream. Cancelling it ends a read, and leaves a write alone. */
class Turn implements Cancellable {
  readonly #work: Legwork;
  readonly #call: Call;
  readonly #context: CallContext;
  readonly #upstreams: readonly Upstream[];
  readonly #step: number;
  readonly #told: (outcome: Outcome, legs: readonly Leg[]) => void;
  readonly #legs: Leg[] = [];
  #running = 0;
  #timer: Scheduled | undefined;
  #link: Link | undefined;
  #done = false;

  constructor(
    work: Legwork,
    call: Call,
    context: CallContext,
    upstreams: readonly Upstream[],
    step: number,
    told: (outcome: Outcome, legs: readonly Leg[]) => void,
  ) {
    this.#work = work;
    this.#call = call;
    this.#context = context;
    this.#upstreams = upstreams;
    this.#step = step;
    this.#told = told;
  }

  start(): void {
    this.#ask();
    if (!this.#work.detached) this.#link = this.#context.cancellation.onCancel(this);
  }

  cancel(): void {
    for (const { cancellation } of this.#legs) cancellation.cancel();
  }

  /** Asks the next one, if there is one. */
  #ask(): void {
    const place = this.#legs.length;
    const upstream = this.#upstreams[place];
    if (!upstream) return;
    this.#timer?.cancel();
    this.#timer = this.#work.clock.schedule(this.#step, () => this.#ask());
    this.#running++;
    this.#legs.push(sendLeg(this.#work, this.#call, this.#context, upstream, (outcome) => this.#hear(place, outcome)));
  }

  #hear(place: number, outcome: Outcome): void {
    this.#running--;
    if (this.#done) {
      discard(outcome);
      return;
    }
    if (isSuccess(outcome) || (place === 0 && this.#isFinal(outcome))) {
      this.#end(outcome);
      return;
    }
    const youngest = place === this.#legs.length - 1;
    const wanted = this.#work.detached !== undefined || !this.#context.cancellation.cancelled;
    if (youngest && wanted) this.#ask();
    if (this.#running === 0) this.#end(this.#legs[0]?.outcome ?? outcome);
  }

  /** Has the first one said no, or failed so that nobody else must get the call? */
  #isFinal(outcome: Outcome): boolean {
    if (outcome.ok) return true;
    const { next, delivered } = ruleOf(outcome.kind);
    // Who does not know what the call is about has done nothing with it.
    const untouched = delivered === "no" || outcome.kind === "missing_data";
    return next === "never" || !(untouched || this.#call.traits.repeat === "always");
  }

  #end(outcome: Outcome): void {
    this.#done = true;
    this.#timer?.cancel();
    this.#link?.unlink();
    if (!this.#work.detached) this.cancel();
    this.#told(outcome, this.#legs);
  }
}
