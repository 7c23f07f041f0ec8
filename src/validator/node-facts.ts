import type { Checkpoint, SyncFacts } from "../core/duty.ts";
import type { BlockRef } from "./ancestry.ts";
import type { ClientPair } from "./voters.ts";

/**
 * What a node may be trusted with: `trusted`, one's own, with everything; `verify` with what nobody signs, and with a
 * vote that breaks ties; `publish_only` with passing on what was signed.
 */
export type Trust = "trusted" | "verify" | "publish_only";

/** The newest block that a node follows. */
export interface KnownHead extends BlockRef {
  readonly optimistic: boolean;
  /** When it became its head; when the node was first seen with it, that is. */
  readonly at: number;
  /** The slot of the head before; its own slot for the first. */
  readonly before: number;
}

/**
 * What is known of one node: plain data that is replaced and never changed. Times are milliseconds of `Clock.now()`;
 * `undefined` and NaN stand for what is not known. Fields without a function below are set as they are:
 * `{ ...facts, skewMs: 12 }`.
 */
export interface NodeFacts {
  readonly id: string;
  readonly trust: Trust;
  /** Is it told of committees? One that is not has no aggregates. */
  readonly subscribe: boolean;
  /** Does the health verdict let it serve? */
  readonly inService: boolean;
  /** It has not been in service yet, and we have only begun. */
  readonly starting?: boolean;
  readonly sync: (SyncFacts & { readonly at: number }) | undefined;
  readonly head: KnownHead | undefined;
  readonly justified: Checkpoint | undefined;
  /** The last checkpoints that it called final, by rising epoch. */
  readonly finalized: readonly Checkpoint[];
  readonly versions: ClientPair | undefined;
  readonly identity: string | undefined;
  /** When it was seen to have restarted; `undefined` for never, so that one which ran before us counts as long up. */
  readonly restartedAt: number | undefined;
  /** Why its spec or genesis is not the fleet's. */
  readonly specDisagreement: string | undefined;
  /** By how many milliseconds its clock is ahead of ours. */
  readonly skewMs: number;
  /** Since when its event stream is open, and when that last told of a head. */
  readonly streamSince: number | undefined;
  readonly lastHeadEvent: number | undefined;
  /** The last epoch in which it acknowledged all that proposers must tell. */
  readonly prepared: number | undefined;
  /** Does it say whether validators are alive? Some must be told to watch. */
  readonly liveness: boolean | undefined;
}

/** So many final checkpoints are remembered, to compare with a node that is some epochs behind. */
const mostFinalized = 16;

/** A node of which nothing is known. */
export function newNode(id: string, { trust, subscribe }: Pick<NodeFacts, "trust" | "subscribe">): NodeFacts {
  return {
    id,
    trust,
    subscribe,
    inService: true,
    sync: undefined,
    head: undefined,
    justified: undefined,
    finalized: [],
    versions: undefined,
    identity: undefined,
    restartedAt: undefined,
    specDisagreement: undefined,
    skewMs: Number.NaN,
    streamSince: undefined,
    lastHeadEvent: undefined,
    prepared: undefined,
    liveness: undefined,
  };
}

/** It told of its state at `at`. An answer that is overtaken by a newer one is dropped. */
export function withSync(facts: NodeFacts, sync: SyncFacts, at: number): NodeFacts {
  if (facts.sync && facts.sync.at > at) return facts;
  return { ...facts, sync: { ...sync, at } };
}

/**
 * It follows this head: an event told so at `at`, or an answer to a question that was asked at `at`. What was asked before
 * the head became known that is known now may be older, and is dropped. That a head which was unverified is verified now
 * is news of the same head.
 */
export function withHead(facts: NodeFacts, head: BlockRef & { readonly optimistic: boolean }, at: number): NodeFacts {
  const { head: known } = facts;
  const { root, slot, optimistic } = head;
  if (!known) return { ...facts, head: { root, slot, optimistic, at, before: slot } };
  if (known.root === root) {
    return known.optimistic === optimistic || at < known.at ? facts : { ...facts, head: { ...known, optimistic } };
  }
  if (at < known.at) return facts;
  return { ...facts, head: { root, slot, optimistic, at, before: Math.min(known.slot, slot) } };
}

/** The same, told by its event stream. */
export function withHeadEvent(
  facts: NodeFacts,
  head: BlockRef & { readonly optimistic: boolean },
  at: number,
): NodeFacts {
  return { ...withHead(facts, head, at), lastHeadEvent: at };
}

/** Its event stream opened at `at`, or ended. What was missed in between is not known. */
export function withStream(facts: NodeFacts, since: number | undefined): NodeFacts {
  return { ...facts, streamSince: since };
}

/**
 * It calls these justified and final. One that goes back, or calls another block of the same epoch final, was synced
 * anew: what it said before no longer holds.
 */
export function withFinality(facts: NodeFacts, justified: Checkpoint, finalized: Checkpoint): NodeFacts {
  const last = facts.finalized.at(-1);
  if (last?.epoch === finalized.epoch && last.root === finalized.root) return { ...facts, justified };
  const goesOn = last !== undefined && finalized.epoch > last.epoch;
  const remembered = goesOn ? [...facts.finalized, finalized].slice(-mostFinalized) : [finalized];
  return { ...facts, justified, finalized: remembered };
}

/** A fingerprint of its process. Another one than before: it restarted or was replaced, and forgot what it was told. */
export function withIdentity(facts: NodeFacts, identity: string, at: number): NodeFacts {
  if (facts.identity === identity) return facts;
  return facts.identity === undefined ? { ...facts, identity } : { ...restarted(facts, at), identity };
}

/** It restarted, by whatever sign. */
export function restarted(facts: NodeFacts, at: number): NodeFacts {
  return { ...facts, restartedAt: at, prepared: undefined, liveness: undefined };
}

/** It acknowledged in this epoch all that proposers must tell. */
export function withPrepared(facts: NodeFacts, epoch: number): NodeFacts {
  if (facts.prepared !== undefined && facts.prepared >= epoch) return facts;
  return { ...facts, prepared: epoch };
}

/** A node forgets what proposers told it after two more epochs. Source: beacon-APIs, `prepareBeaconProposer`. */
const preparedEpochs = 2;

/** Does it know what proposers must tell, as of this epoch? */
export function isPrepared({ prepared }: NodeFacts, epoch: number): boolean {
  return prepared !== undefined && epoch - prepared <= preparedEpochs;
}

/** A node this near to the present is not syncing, whatever it calls it: some say so whenever a block is missing. */
const nearlySlots = 2;

/**
 * Is it syncing? It must say so, and be behind the present `slot` by its own word, or by its head if that is newer. Source:
 * Lighthouse's validator client goes by the slot of the head alone.
 */
export function isSyncing({ sync, head }: NodeFacts, slot: number): boolean {
  if (!sync?.syncing) return false;
  const distance = head && head.at > sync.at ? slot - head.slot : sync.distance;
  return distance > nearlySlots;
}
