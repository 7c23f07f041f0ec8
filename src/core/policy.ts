import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Call, MethodTraits } from "./call.ts";
import type { CallContext } from "./context.ts";
import type { Outcome } from "./outcome.ts";

/** Turns a call into an outcome. Never rejects but for a bug. */
export type Handler = (call: Call, context: CallContext) => Promise<Outcome>;

/** Wraps a handler. A policy with nothing to do after the answer returns `next(call, context)` and is not async. */
export type Policy = (next: Handler) => Handler;

/** Nests policies around each other, once, at load: the first listed is the outermost. */
export function compose(policies: readonly Policy[], innermost: Handler): Handler {
  return policies.reduceRight((next, policy) => policy(next), innermost);
}

/** What policies may need from outside. */
export interface PolicyEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  /** Usual latency of a class of methods in this network, in milliseconds, or `undefined` before enough was seen. */
  readonly latency: (className: string, quantile: number) => number | undefined;
  /**
   * Calls in flight at the network's upstreams in service, over what these bear (the sums of `inFlight` and `bearable` of
   * their status): 0 while one of them is not known to be near its limit, 1 and a little more when all are at theirs, and
   * NaN, which counts as 0, when there are none. Asked for ten times a second at most; without it, pressure sheds nothing.
   */
  readonly pressure?: () => number;
  /** Have the network's upstreams so many calls that answers of all come late? Then nothing is sent twice for being late. */
  readonly strained?: () => boolean;
  /** Is the process cut off itself? Then nothing is sent again at all: whoever else is asked, it would not help. */
  readonly impaired?: () => boolean;
}

/** A policy and the methods that it is for; which those are it reads from traits. */
export interface RoutedPolicy {
  readonly name: string;
  serves(traits: MethodTraits): boolean;
  readonly policy: Policy;
}
