import type { Call } from "./call.ts";
import type { Attempt, CallContext } from "./context.ts";
import type { Duty } from "./duty.ts";
import type { Decision } from "./failover.ts";
import type { Outcome } from "./outcome.ts";
import type { Upstream } from "./upstream.ts";

export type Cause = "failing" | "stale" | "identity" | "disproved" | "order" | "well";

/** What may change about an upstream and is worth telling. */
export type Change =
  | {
      readonly what: "verdict";
      readonly from: string;
      readonly to: string;
      readonly because: string;
      /**
       * What the verdict rests on: calls and probes that fail (`failing`), answers of the past (`stale`), the wrong chain
       * (`identity`), what it said that is not so (`disproved`), a domain or an operator (`order`), that it is well again
       * (`well`).
       */
      readonly cause?: Cause;
    }
  | { readonly what: "breaker"; readonly from: string; readonly to: string; readonly because: string }
  | { readonly what: "hold"; readonly from: string; readonly to: string; readonly because: string };

/** A chain that stands still: the newest block, and since when there is no newer one, in the clock's milliseconds. */
export interface Halt {
  readonly since: number;
  readonly height: number;
}

/**
 * What an operator of validators should hear of: a message that contradicts an earlier one was held back; a block was not
 * used because of whom it pays, or an answer for another reason; two clients have the same validators; nodes disagree on
 * the chain, or agree again; a node's constants are others.
 */
export const alarms = [
  "would_slash",
  "fee_recipient",
  "objection",
  "two_clients",
  "disagreement",
  "agreement",
  "constants",
] as const;

export interface Alarm {
  readonly what: (typeof alarms)[number];
  readonly because: string;
  /** The id of the upstream that it is about, where it is about one. */
  readonly upstream: string | undefined;
}

/** A node that had forgotten, or never heard, what validators told was told so many entries of one kind again. */
export interface Retelling {
  readonly kind: string;
  readonly entries: number;
  /** Did it acknowledge them? */
  readonly well: boolean;
}

/** How one audit of an upstream's answers ended. */
export interface Audit {
  /** What was checked: `state`, `logs`, ... */
  readonly check: string;
  /** `agreed`, `proved`, `outvoted`, `unstable`, `undecided`, `unanswered`. */
  readonly finding: string;
  /** In words, where it is not what one expects. */
  readonly because: string | undefined;
  /** It gets no more calls for that; or would not, if it were not only observed. */
  readonly convicted: boolean;
}

/**
 * What a light client of a network found: that it `follows` the chain, is `stuck`, was given what does not verify
 * (`refused`), or that final headers for which upstreams vouched are not those that the sync committee signed
 * (`contradicted`).
 */
export interface LightClientNews {
  readonly what: "follows" | "stuck" | "refused" | "contradicted";
  readonly because: string;
  /** The id of the upstream that it is about, where it is about one. */
  readonly upstream: string | undefined;
}

/** Hears what happened. Runs on the request path: an observer adds to plain numbers and returns. */
export interface Observer {
  /** An attempt has its outcome. */
  attempted?(call: Call, attempt: Attempt): void;
  /** A call has its outcome; `elapsedMs` is what the client waited. */
  answered?(call: Call, outcome: Outcome, context: CallContext, elapsedMs: number): void;
  /** An upstream changed. */
  changed?(upstream: Upstream, change: Change): void;
  /** The coordinates and failure domains of an upstream changed: something was observed of it. */
  relabelled?(upstream: Upstream): void;
  /** The chain of a network stands still, although its upstreams answer; `undefined`: it moves again. */
  halted?(network: string, halt: Halt | undefined): void;
  /** Something about the validators of a network is worth an operator's attention. */
  alarmed?(network: string, alarm: Alarm): void;
  /** A node was told again what validators told before. */
  retold?(upstream: Upstream, retelling: Retelling): void;
  /** A node is no longer asked for a duty, and why; or, with no reason, is asked again. */
  refitted?(upstream: Upstream, duty: Duty, because: string | undefined): void;
  /** An answer of an upstream was checked. */
  audited?(upstream: Upstream, audit: Audit): void;
  /** The light client of a network found something. */
  enlightened?(network: string, news: LightClientNews): void;
  /** Failover decided something about a failure domain, an upstream, a network or the proxy itself. */
  decided?(decision: Decision): void;
}

/** One observer that tells several, in order. */
export function observers(all: readonly Observer[]): Required<Observer> {
  const attempted = all.flatMap((one) => (one.attempted ? [one.attempted.bind(one)] : []));
  const answered = all.flatMap((one) => (one.answered ? [one.answered.bind(one)] : []));
  const changed = all.flatMap((one) => (one.changed ? [one.changed.bind(one)] : []));
  const relabelled = all.flatMap((one) => (one.relabelled ? [one.relabelled.bind(one)] : []));
  const halted = all.flatMap((one) => (one.halted ? [one.halted.bind(one)] : []));
  const alarmed = all.flatMap((one) => (one.alarmed ? [one.alarmed.bind(one)] : []));
  const retold = all.flatMap((one) => (one.retold ? [one.retold.bind(one)] : []));
  const refitted = all.flatMap((one) => (one.refitted ? [one.refitted.bind(one)] : []));
  const audited = all.flatMap((one) => (one.audited ? [one.audited.bind(one)] : []));
  const enlightened = all.flatMap((one) => (one.enlightened ? [one.enlightened.bind(one)] : []));
  const decided = all.flatMap((one) => (one.decided ? [one.decided.bind(one)] : []));
  return {
    attempted(call, attempt) {
      for (const hear of attempted) hear(call, attempt);
    },
    answered(call, outcome, context, elapsedMs) {
      for (const hear of answered) hear(call, outcome, context, elapsedMs);
    },
    changed(upstream, change) {
      for (const hear of changed) hear(upstream, change);
    },
    relabelled(upstream) {
      for (const hear of relabelled) hear(upstream);
    },
    halted(network, halt) {
      for (const hear of halted) hear(network, halt);
    },
    alarmed(network, alarm) {
      for (const hear of alarmed) hear(network, alarm);
    },
    retold(upstream, retelling) {
      for (const hear of retold) hear(upstream, retelling);
    },
    refitted(upstream, duty, because) {
      for (const hear of refitted) hear(upstream, duty, because);
    },
    audited(upstream, audit) {
      for (const hear of audited) hear(upstream, audit);
    },
    enlightened(network, news) {
      for (const hear of enlightened) hear(network, news);
    },
    decided(decision) {
      for (const hear of decided) hear(decision);
    },
  };
}
