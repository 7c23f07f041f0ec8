import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import type { Handler, Policy } from "../core/policy.ts";
import { BriefMap } from "../lib/brief-map.ts";
import type { Cancellable, Link } from "../lib/cancellation.ts";
import { discard } from "./discard.ts";

/**
 * Lets identical calls in flight (same `call.key`) share one answer. Each caller keeps its own deadline and may leave;
 * the flight itself is cancelled when the last one left. Callers that joined find the flight's attempts in their own
 * journal. A call that is to be explained flies alone, so that its explanation is its own.
 */
export function coalesce(): Policy {
  return (next) => {
    const flights = new BriefMap<Flight>();
    return (call, context) => {
      const { key } = call;
      if (key === undefined || context.explanation !== undefined) return next(call, context);
      if (context.cancellation.cancelled) return Promise.resolve(gone);
      return flights.get(key)?.join(context) ?? new Flight(flights, key, call, next).start(context);
    };
  };
}

const gone = fault("cancelled", "the caller left");

/** A call under way, and those who wait for it. */
class Flight {
  readonly #flights: BriefMap<Flight>;
  readonly #key: string;
  readonly #call: Call;
  readonly #next: Handler;
  readonly #waiters: Waiter[] = [];
  #context!: CallContext;

  constructor(flights: BriefMap<Flight>, key: string, call: Call, next: Handler) {
    this.#flights = flights;
    this.#key = key;
    this.#call = call;
    this.#next = next;
  }

  start(leader: CallContext): Promise<Outcome> {
    this.#context = leader.fork(leader.reason);
    this.#flights.set(this.#key, this);
    const answered = this.#wait(leader);
    this.#next(this.#call, this.#context).then(
      (outcome) => this.#land(outcome),
      (bug) => this.#crash(bug),
    );
    return answered;
  }

  /** From now on the answer must arrive whole: a stream has one reader. */
  join(follower: CallContext): Promise<Outcome> {
    this.#context.shared = true;
    if (follower.deadline > this.#context.deadline) this.#context.deadline = follower.deadline;
    return this.#wait(follower);
  }

  leave(waiter: Waiter): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    this.#tell(waiter.context);
    waiter.resolve(gone);
    if (this.#waiters.length > 0) return;
    this.#flights.delete(this.#key);
    this.#context.cancellation.cancel();
  }

  #wait(context: CallContext): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiters.push(new Waiter(this, context, resolve, reject));
    });
  }

  #land(outcome: Outcome): void {
    const waiters = this.#end();
    const [first] = waiters;
    if (first === undefined) {
      discard(outcome);
      return;
    }
    this.#tell(first.context);
    first.resolve(outcome);
    for (let index = 1; index < waiters.length; index++) {
      const { context, resolve, reject } = waiters[index] as Waiter;
      if (outcome.ok && outcome.rest) {
        // They joined when the answer had already begun to stream to the first: they ask for themselves.
        this.#next(this.#call, context).then(resolve, reject);
      } else {
        this.#tell(context);
        resolve(outcome);
      }
    }
  }

  #crash(bug: unknown): void {
    for (const { reject } of this.#end()) reject(bug);
  }

  /** Nobody can join or leave any more. */
  #end(): readonly Waiter[] {
    const waiters = this.#waiters;
    if (waiters.length > 0) this.#flights.delete(this.#key);
    for (const waiter of waiters) waiter.link.unlink();
    return waiters;
  }

  /** Writes the flight's attempts into the journal of one who joined; its first caller shares the journal itself. */
  #tell(context: CallContext): void {
    if (context.attempts === this.#context.attempts) return;
    context.attempts.push(...this.#context.attempts);
    context.joined = true;
  }
}

/** One caller of a flight. Cancelling it is leaving. */
class Waiter implements Cancellable {
  readonly #flight: Flight;
  readonly context: CallContext;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (bug: unknown) => void;
  readonly link: Link;

  constructor(
    flight: Flight,
    context: CallContext,
    resolve: (outcome: Outcome) => void,
    reject: (bug: unknown) => void,
  ) {
    this.#flight = flight;
    this.context = context;
    this.resolve = resolve;
    this.reject = reject;
    this.link = context.cancellation.onCancel(this);
  }

  cancel(): void {
    this.#flight.leave(this);
  }
}
