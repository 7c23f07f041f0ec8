import type { Call } from "./call.ts";
import type { Answer, Fault, Outcome } from "./outcome.ts";
import type { Upstream } from "./upstream.ts";

/**
 * What validators need of a node, by what the node must be good for. A node may be good enough to pass on what was signed
 * (`publish`) and not to say what to sign (`attest`, `propose`).
 */
export const duties = [
  /** Reads that nobody signs: blocks, headers, validators. */
  "read",
  /** Who is on duty when: attester, proposer, sync committee. */
  "schedule",
  /** What to attest to, or to sign as the head: attestation data, the head's root, payload attestation data. */
  "attest",
  /** What others attested, put together: aggregates, contributions. */
  "aggregate",
  /** A block to sign. */
  "propose",
  /** Takes what was signed and spreads it. */
  "publish",
  /** Takes what it must know beforehand: preparation, registration, subscription, preference. */
  "prepare",
  /** Says whether a validator was seen to be active. */
  "liveness",
] as const;
export type Duty = (typeof duties)[number];

/**
 * How many upstreams a call is put to, and what becomes of their answers. `one`: like any other call. `best`: several,
 * and the best answer is taken. `quorum`: several, and what most agree on is taken. `broadcast`: all, and the first
 * success is the answer while the others go on. `producer`: whoever made what the call is about. `union`: all, and their
 * answers are put together.
 */
export const fanOuts = ["one", "best", "quorum", "broadcast", "producer", "union"] as const;
export type FanOut = (typeof fanOuts)[number];

/**
 * Moments of a slot by what is due then; where they lie depends on chain and fork.
 * Source: consensus-specs, `*_DUE_BPS` (basis points of a slot) of phase0 and gloas.
 */
export const moments = ["start", "attestation", "aggregate", "payload", "payload_attestation", "end"] as const;
export type Moment = (typeof moments)[number];

/** How long an answer may take, as shares of a slot, so that chains with short slots need no table of their own. */
export interface Budget {
  /** After this share of a slot from when it was asked, the best that came is taken. */
  readonly soft: number;
  /** After this share of a slot nothing more is waited for. */
  readonly hard: number;
  /** And at the latest at this moment of the slot that the call is about, or of the present one; `undefined` for no matter. */
  readonly until: Moment | undefined;
}

/** What a method is to a validator; part of its traits. */
export interface DutyTraits {
  readonly duty: Duty;
  readonly fanOut: FanOut;
  readonly budget: Budget;
}

/** A block of the chain by its root (`0x` and 64 small hex digits). */
export interface Checkpoint {
  readonly epoch: number;
  readonly root: string;
}

/** What is attested to. Source: consensus-specs, phase0, `AttestationData`; `index` means the payload's status since gloas. */
export interface AttestationData {
  readonly slot: number;
  readonly index: number;
  readonly head: string;
  readonly source: Checkpoint;
  readonly target: Checkpoint;
}

/** A block as far as it must be known to judge, pin and guard it. */
export interface BlockFacts {
  readonly slot: number;
  readonly proposer: number;
  readonly parent: string;
  /** The root of the state after it: two blocks with the same are the same block. */
  readonly state: string;
  /** `0x` and 40 small hex digits; `undefined` where the block does not show it (blinded, or before the merge). */
  readonly feeRecipient: string | undefined;
  /** Only its producer has the payload (or, with a relay, can get it). */
  readonly blinded: boolean;
}

/** A signed message on its way out: two with the same `key` and another `content` would be slashed, or are worth an alarm. */
export interface Signed {
  /** Its place in the request, for the error that names it. */
  readonly index: number;
  readonly kind: "attestation" | "block" | "sync_message";
  /** `attestation:VALIDATOR:TARGET_EPOCH`, `block:PROPOSER:SLOT`. */
  readonly key: string;
  /** A digest of what was signed. */
  readonly content: string;
  /** The index of who signed it, where it says so. */
  readonly validator?: number | undefined;
  /** For attestations, to see one vote surround another. */
  readonly source?: number | undefined;
  readonly target?: number | undefined;
}

/** What a node must be told and forgets when it restarts; one validator's, or one committee's. */
export interface ControlEntry {
  /** Whose it is; a newer entry of the same kind and key replaces the older. */
  readonly key: string;
  /** As JSON text, one element of the array that the endpoint takes. */
  readonly text: string;
  /** The epoch after which it is of no use; `undefined` for no end. */
  readonly untilEpoch: number | undefined;
  /** The index of the validator, where it is told by that. */
  readonly validator?: number | undefined;
}

/** What an answer votes for in a quorum: nodes must first agree on the `base`, then among those on the `choice`. */
export interface Vote {
  /** Source and target. */
  readonly base: string;
  /** The head. */
  readonly choice: string;
  /** Decides between choices with as many votes: more is better. */
  readonly weight: number;
}

/** A head as an event stream or a header tells it. */
export interface HeadFacts {
  readonly slot: number;
  readonly root: string;
  readonly optimistic: boolean;
  /**
   * The roots that attesters' duties depend on, as `head` names them: those of the next epoch on `currentDependent`,
   * those of the head's own on `previousDependent`; `undefined` where it was not told.
   */
  readonly currentDependent: string | undefined;
  readonly previousDependent: string | undefined;
}

/** What a node says of its own state. Source: beacon-APIs, `/eth/v1/node/syncing`. */
export interface SyncFacts {
  readonly head: number;
  readonly distance: number;
  readonly syncing: boolean;
  readonly optimistic: boolean;
  readonly elOffline: boolean;
}

/** A question that we ask a node ourselves, and how to read the answer; `undefined` when it says nothing usable. */
export interface Question<Reading> {
  readonly call: Call;
  read(answer: Answer): Reading | undefined;
}

/** A chain's constants, as `/eth/v1/config/spec` and `/eth/v1/beacon/genesis` give them. Names as the chain's own. */
export interface ChainSpec {
  readonly genesisTime: number;
  readonly genesisValidatorsRoot: string;
  readonly genesisForkVersion: string;
  readonly values: Readonly<Record<string, string>>;
}

/** The questions about a node that duties depend on. */
export interface NodeQuestions {
  readonly syncing: Question<SyncFacts>;
  readonly genesis: Question<Pick<ChainSpec, "genesisTime" | "genesisValidatorsRoot" | "genesisForkVersion">>;
  readonly spec: Question<ChainSpec["values"]>;
  /** A fingerprint of the process: it changes when the node was replaced. */
  readonly identity: Question<string>;
  /** Names of the consensus client and, where it tells, the execution client. */
  readonly versions: readonly Question<{ readonly consensus: string; readonly execution: string | undefined }>[];
  readonly peers: Question<number>;
  readonly finality: Question<{ readonly justified: Checkpoint; readonly finalized: Checkpoint }>;
  /** The header of a block, `head` or a root: its root, its parent's, its slot. */
  header(
    id: string,
  ): Question<{ readonly root: string; readonly parent: string; readonly slot: number; readonly optimistic: boolean }>;
  attestationData(slot: number): Question<AttestationData>;
  /**
   * What a light client asks for, as it stands in `data`, for whoever checks it: the bootstrap of a block by its root, the
   * best update of a period of sync committees, the newest update that shows a final block.
   */
  readonly lightClient: {
    bootstrap(root: string): Question<object>;
    update(period: number): Question<object>;
    readonly finality: Question<object>;
  };
  /** Sends control state again: the call for one kind with at most some hundred entries. */
  control(kind: string, entries: readonly ControlEntry[]): Call;
}

/** What a protocol with validators knows beyond {@link Protocol}: pure readings of calls and answers, JSON or SSZ alike. */
export interface DutyProtocol {
  readonly questions: NodeQuestions;
  /** How good an answer to a call with fan-out `best` is: more is better. -Infinity when it is of no use. */
  score(call: Call, answer: Answer): number;
  /** What an answer to a call with fan-out `quorum` votes for; `undefined` when it cannot be read. */
  vote(call: Call, answer: Answer): Vote | undefined;
  /** One outcome made of those of all legs of a `broadcast` or `union`, in the order of the upstreams asked. */
  merge(call: Call, outcomes: readonly Outcome[]): Outcome;
  /** The same call in the other encoding (SSZ as JSON), when a node cannot read this one; `undefined` when there is none. */
  recode(call: Call): Call | undefined;
  /** The answer in the encoding that the call's client accepts, when a node could give only the other one. */
  recodeAnswer(call: Call, answer: Answer): Answer | undefined;
  attestationData(answer: Answer): AttestationData | undefined;
  block(answer: Answer): BlockFacts | undefined;
  /** The block in the body of a publish (signed block, blinded or not). */
  publishedBlock(call: Call): BlockFacts | undefined;
  /** The root that an answer names as what it depends on, and whether it was optimistic. */
  dependence(answer: Answer): { readonly root: string | undefined; readonly optimistic: boolean } | undefined;
  /** The root in an answer about the head. */
  headRoot(answer: Answer): string | undefined;
  /** The signed messages of a publish; empty when it has none that could be slashed. */
  signed(call: Call): readonly Signed[];
  /** Which of the messages at those places of a publish certainly nobody took, by what all who were asked said. */
  untaken(outcomes: readonly Outcome[], places: readonly number[]): ReadonlySet<number>;
  /** The call without those messages; `undefined` when nothing is left of it. */
  without(call: Call, indices: ReadonlySet<number>): Call | undefined;
  /** The answer when messages were left out by us: what the others got, and an error for each left out. */
  refuse(call: Call, refused: ReadonlyMap<number, string>, rest: Outcome | undefined): Outcome;
  /** The kind of control state that a call carries, and its entries; `undefined` when it carries none. */
  control(call: Call): { readonly kind: string; readonly entries: readonly ControlEntry[] } | undefined;
  /** A head as an event tells it. */
  headEvent(data: string): HeadFacts | undefined;
  /** Identity of an event, by which copies from several nodes are known; `undefined` for what is not understood. */
  eventKey(topic: string, data: string): string | undefined;
}

/** When the answer to a call is wanted, and from when on it is too late; the clock's milliseconds. */
export interface Timing {
  readonly soft: number;
  readonly hard: number;
}

/** Reasons, in a few words, why an upstream is not good for a duty now; no entry: it is good. */
export type Unfit = Readonly<Partial<Record<Duty, string>>>;

/** What policies ask about duties: implemented by `validator`, which watches nodes and remembers what was answered. */
export interface DutyDesk {
  timing(call: Call): Timing;
  /** May the call go out, and as what? A fault or an answer ends it here. */
  admit(call: Call): Call | Outcome;
  /** Who of `able` a fan-out asks, the most welcome first. */
  candidates(call: Call, able: readonly Upstream[]): readonly Upstream[] | Fault;
  /** How many of the candidates are asked at first; each that fails is replaced by the next. All where it says nothing. */
  width(call: Call): number | undefined;
  /** Why an answer must not be used; `undefined` when it may. */
  objection(call: Call, answer: Answer, upstream: Upstream): string | undefined;
  /**
   * Does an answer that votes in a quorum come from a node which merely lacks the newest block? It contradicts nobody, and
   * where no majority comes about, it does not count.
   */
  isBehind(call: Call, answer: Answer): boolean;
  /** Whose vote an upstream has: those of the same software count as one. */
  voter(upstream: Upstream): string;
  /** How many different voters must at least agree. */
  readonly leastVoters: number;
  /** How many nodes must have answered a call with fan-out `union`; all of those asked where there are fewer. */
  readonly leastHeard: number;
  /** Hears that nobody took a publish as a whole, and what all who were asked said. */
  untaken(call: Call, outcomes: readonly Outcome[]): void;
  /** Hears what a call ended in, and who answered; may put right what the client is told. */
  settled(call: Call, outcome: Outcome, by: Upstream | undefined): Outcome;
  /** An answer kept for as long as what it depends on has not changed. */
  cached(call: Call): Answer | undefined;
}
