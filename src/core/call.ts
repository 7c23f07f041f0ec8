import type { DutyTraits } from "./duty.ts";
import type { Residency } from "./residency.ts";

/**
 * What a call asks of the network: `read` changes nothing, `write` changes the chain (or tries to),
 * `local` reads what only one node has (its mempool, its filters).
 */
export type Access = "read" | "write" | "local";

/** How soon an answer goes stale: never (`immutable`), with reorgs (`recent`), with each block (`head`). */
export type Freshness = "immutable" | "recent" | "head";

/** Who goes first when there is not enough for all. 0 validator duties, 1 transactions, 2 interactive reads, 3 bulk. */
export type Priority = 0 | 1 | 2 | 3;

/**
 * When the same call may be sent a second time after a fault: `never`; only when the first copy was provably
 * not `undelivered` anywhere; or `always`, because repeating it changes nothing.
 */
export type Repeat = "never" | "undelivered" | "always";

/**
 * What a method *is*. Policies read traits and never a method's name. A protocol keeps one frozen object per kind
 * of method and hands the same object out each time: chains of policies are composed once per traits object.
 */
export interface MethodTraits {
  /** A short name for this kind of method, from a closed set: the `class` label of metrics and latency statistics. */
  readonly name: string;
  readonly access: Access;
  readonly freshness: Freshness;
  readonly priority: Priority;
  readonly repeat: Repeat;
  /** May a second copy race the first one? */
  readonly hedge: boolean;
  /** May identical calls in flight share one answer? */
  readonly coalesce: boolean;
  /** Work for the node, relative to reading one balance (1). */
  readonly cost: number;
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Does it replay what was mined, which not every node can? */
  readonly traces?: boolean;
  /** What it is to validators; absent where there are none. */
  readonly duty?: DutyTraits;
}

/** Tells clients apart as far as that is possible. Never shown or logged as it is. */
export interface Caller {
  /** Its network address without the port; without spaces. */
  readonly address: string;
  /** The program as it calls itself, in at most 64 plain characters; empty when it does not. */
  readonly agent: string;
}

/** What is sent to an upstream; `path` is appended to the upstream's own. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** One question to one network: immutable. A batch is several of them. */
export interface Call {
  readonly network: string;
  readonly method: string;
  readonly traits: MethodTraits;
  /** Identity for coalescing and cache; `undefined` when the answer must not be shared. */
  readonly key: string | undefined;
  /** The block or slot that an upstream must have to answer, when the call is bound to one. */
  readonly height: number | undefined;
  /** The oldest block or slot whose data the answer is made of. */
  readonly floor: number | undefined;
  /** Is it the state at `floor` that is needed, which a full node forgets after some 128 blocks, and not only the block? */
  readonly needsState: boolean;
  /** Which upstreams can answer at all, by id, when an earlier call of the client made there what this one is about. */
  readonly pin: ((upstream: string) => boolean) | undefined;
  /** Where it may be answered; absent for anywhere. No failover relaxes it. */
  readonly residency?: readonly Residency[] | undefined;
  /** Who asks, where that matters and is known. */
  readonly caller?: Caller | undefined;
  /** The slot, or the epoch, that the duty is about; absent for what is about none. */
  readonly slot?: number | undefined;
  readonly epoch?: number | undefined;
  /** The protocol's own notes on the call (decoded parameters), for its `classify`; nobody else reads them. */
  readonly detail: unknown;
  readonly wire: WireRequest;
}
