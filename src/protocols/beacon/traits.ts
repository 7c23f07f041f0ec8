import type { MethodTraits } from "../../core/call.ts";
import type { Budget, Duty, FanOut } from "../../core/duty.ts";

/** A kind of endpoint: what is done for a call to it, and in which words the documentation says so. */
export interface Kind extends Omit<MethodTraits, "name" | "duty"> {
  readonly duty: Duty;
  readonly fanOut: FanOut;
  readonly budget: Budget;
}

/** What reads have in common that nobody signs; they may outlast a slot. */
const read: Kind = {
  duty: "read",
  fanOut: "one",
  budget: { soft: 1, hard: 5, until: undefined },
  access: "read",
  freshness: "recent",
  priority: 2,
  repeat: "always",
  hedge: true,
  coalesce: true,
  cost: 1,
  timeoutMs: 10_000,
};

/** Reads before a signature: never shared with another caller in flight, who may have heard of another head since. */
const signing: Kind = {
  ...read,
  freshness: "head",
  priority: 0,
  hedge: false,
  coalesce: false,
  timeoutMs: 4_000,
};

/**
 * What was signed, on its way out: the same bytes twice are one message, so they may be sent again whatever became of
 * them. Its legs go on for up to a slot of twelve seconds.
 */
const publish: Kind = {
  ...signing,
  duty: "publish",
  fanOut: "broadcast",
  budget: { soft: 0.1, hard: 1, until: undefined },
  access: "write",
  cost: 2,
  timeoutMs: 12_000,
};

/** What a node must know beforehand; telling it twice changes nothing. */
const prepare: Kind = { ...publish, duty: "prepare", budget: { soft: 0.1, hard: 1, until: undefined } };

/**
 * The kinds of endpoint. Budgets are shares of a slot from when the call was made: half a second of twelve is 0.04.
 *
 * - Attestation data and roots are wanted within half a second, and are waited for a third of a slot at most: by then
 *   aggregates are due. What Vouch (soft 1 s, hard 2 s) and Vero (0.5 s, 1 s) wait.
 * - The best block after one second; where there is none, the first until the middle of the slot. A late block may still
 *   be included, no block cannot be. Lighthouse's validator client waits two thirds of a slot.
 * - No moment bounds a call but the end of its slot: what is asked for late is still worth an answer.
 *
 * `cost` is relative to a small read; `timeoutMs` is for one attempt, and leaves room for a second within the budget on
 * chains with slots of twelve seconds.
 */
export const kinds = {
  /** The constants of the chain. */
  constant: { ...read, freshness: "immutable", priority: 1, timeoutMs: 5_000 },
  /** What one node says of itself; from the node that the fleet shows as its face. */
  node: {
    ...read,
    freshness: "head",
    budget: { soft: 0.25, hard: 0.42, until: undefined },
    hedge: false,
    coalesce: false,
    timeoutMs: 5_000,
  },
  /** Read by every validator client before it signs anything. */
  fork: { ...read, priority: 1, timeoutMs: 5_000 },
  /** Up to hundreds of megabytes, so nobody asks for a second copy; a validator client cannot start without. */
  validators: { ...read, priority: 1, hedge: false, cost: 10, timeoutMs: 30_000 },
  /** The head's root, which sync committees sign. */
  root: { ...signing, duty: "attest", fanOut: "quorum", budget: { soft: 0.04, hard: 0.33, until: undefined } },
  attest: { ...signing, duty: "attest", fanOut: "quorum", budget: { soft: 0.04, hard: 0.33, until: "end" } },
  /** Who is on duty; by POST too it changes nothing. */
  schedule: {
    ...read,
    duty: "schedule",
    budget: { soft: 0.25, hard: 1, until: undefined },
    priority: 0,
    cost: 4,
    timeoutMs: 6_000,
  },
  aggregate: { ...signing, duty: "aggregate", fanOut: "best", budget: { soft: 0.06, hard: 0.25, until: "end" } },
  propose: {
    ...signing,
    duty: "propose",
    fanOut: "best",
    budget: { soft: 0.083, hard: 0.5, until: "end" },
    cost: 10,
    timeoutMs: 6_000,
  },
  publish,
  /** With blobs a block has megabytes. */
  publishBlock: { ...publish, cost: 5 },
  /** Only its producer can reveal what belongs to it. */
  publishAtProducer: { ...publish, fanOut: "producer", cost: 5 },
  readAtProducer: {
    ...signing,
    duty: "propose",
    fanOut: "producer",
    budget: { soft: 0.1, hard: 0.25, until: "end" },
    cost: 4,
  },
  prepare,
  /** Relays answer slowly, and each node that is told asks all of its relays. */
  register: { ...prepare, budget: { soft: 0.5, hard: 2.5, until: undefined }, cost: 5, timeoutMs: 30_000 },
  liveness: {
    ...signing,
    duty: "liveness",
    fanOut: "union",
    budget: { soft: 1, hard: 1, until: undefined },
    cost: 4,
    timeoutMs: 12_000,
  },
  /** The middleware of distributed validators; an ordinary node has no answer. */
  selections: { ...read, duty: "schedule", priority: 0, hedge: false, coalesce: false, timeoutMs: 12_000 },
  block: { ...read, cost: 2 },
  state: { ...read, cost: 5, timeoutMs: 20_000 },
  bulk: { ...read, priority: 3, hedge: false, cost: 5, timeoutMs: 30_000 },
  pool: { ...read, freshness: "head", coalesce: false },
  /** Nothing is known of it, so nothing is done that might matter. */
  unknown: { ...read, hedge: false, coalesce: false, cost: 2, timeoutMs: 30_000 },
  unknownWrite: {
    ...read,
    access: "write",
    priority: 3,
    repeat: "undelivered",
    hedge: false,
    coalesce: false,
    cost: 2,
    timeoutMs: 30_000,
  },
} as const satisfies Record<string, Kind>;

const named = new Map<string, { readonly kind: Kind; readonly traits: MethodTraits }>();

/** The traits of a class of endpoints: one frozen object for each name, so that chains of policies are built once. */
export function traitsOf(name: string, kind: Kind): MethodTraits {
  const known = named.get(name);
  if (known) {
    if (known.kind !== kind) throw new Error(`${name} is two kinds of endpoint`);
    return known.traits;
  }
  const { duty, fanOut, budget, ...rest } = kind;
  const traits: MethodTraits = Object.freeze({
    name,
    ...rest,
    duty: Object.freeze({ duty, fanOut, budget: Object.freeze({ ...budget }) }),
  });
  named.set(name, { kind, traits });
  return traits;
}
