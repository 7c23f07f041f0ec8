import type { ByteStream } from "./bytes.ts";
import type { Call, Caller } from "./call.ts";
import type { DutyProtocol } from "./duty.ts";
import type { Answer, Outcome } from "./outcome.ts";
import type { Residency } from "./residency.ts";
import type { Wish } from "./stream.ts";
import type { WireResponse } from "./transport.ts";

/** What a client sent, as bytes. */
export interface Inbound {
  readonly method: string;
  /** Without the network's prefix; with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  /** Where the client wants its calls answered, by what is configured for its key. */
  readonly residency?: Residency | undefined;
  /** Who asks; for networks whose protocol has paths of its own. */
  readonly caller?: Caller | undefined;
}

/** What the client gets. A string body is latin1: one character stands for one byte. */
export interface Reply {
  readonly status: number;
  /** Lower-case names; later stages may add. */
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
  /** The rest of a large body, and what closes it. */
  readonly rest: ByteStream | undefined;
  readonly tail: string;
  /** The bytes of a reply with a rest, where known beforehand; what is missing in the end is made up with spaces. */
  readonly length?: number | undefined;
}

/** The heights that clients of a network are told, all of which eligible upstreams can serve; -1 while unknown. */
export interface ServedHead {
  readonly latest: number;
  readonly safe: number;
  readonly finalized: number;
}

/** What a protocol may know of the network when it reads a request. */
export interface NetworkView {
  readonly network: string;
  /** As the chain names itself; for evm the chain id in decimal. `undefined` until an upstream told. */
  readonly chain: string | undefined;
  readonly head: ServedHead;
  /** For protocols with validators: how the fleet stands as one node; `undefined` until that is known. */
  readonly node?: NodeView | undefined;
}

/** A fleet of nodes as one node that clients ask for its state. Source: beacon-APIs, `/eth/v1/node/*`. */
export interface NodeView {
  /** `ready`: the duties can be served; `degraded`: reads only; `down`: neither. */
  readonly state: "ready" | "degraded" | "down";
  readonly head: number;
  readonly distance: number;
  /** The id of the upstream whose version and identity are shown. */
  readonly primary: string | undefined;
}

/** The calls of one request, and whatever `encode` needs to put their outcomes back together. */
export interface Parsed<Envelope> {
  readonly calls: readonly Call[];
  readonly envelope: Envelope;
}

/** What one probe found out. */
export interface ProbeReading {
  readonly chain: string | undefined;
  readonly genesis: string | undefined;
  readonly syncing: boolean | undefined;
  readonly head: number | undefined;
  readonly safe: number | undefined;
  readonly finalized: number | undefined;
  readonly peers: number | undefined;
  readonly version: string | undefined;
}

/** One question of a probe. */
export interface ProbeStep {
  readonly name: "chain" | "genesis" | "syncing" | "head" | "safe" | "finalized" | "peers" | "version";
  readonly call: Call;
  /** How often: on each probe; with every fifteen seconds or so (`slow`); or when identity is established and now and then after (`rare`). */
  readonly every: "probe" | "slow" | "rare";
  /** Reads the answer; `undefined` when it says nothing usable. An optional step that fails is no evidence. */
  read(answer: Answer): Partial<ProbeReading> | undefined;
  readonly optional: boolean;
}

/** A peer of a node, as the node tells of it. */
export interface Peer {
  /** The same whichever node tells of it; `undefined` where a node tells none. */
  readonly id: string | undefined;
  /** An IP address, without a port. */
  readonly address: string;
}

/** How a node is asked who its peers are. */
export interface PeersQuestion {
  readonly call: Call;
  /** The peers that an answer names by address, at most `most`; `undefined` when it is no list of peers. */
  read(answer: Answer, most: number): readonly Peer[] | undefined;
  /** What an operator may do where a node does not tell, as the end of a sentence. */
  readonly remedy: string;
}

/**
 * A protocol is pure translation: bytes in, values out, no time, no sockets. It says what calls mean and what replies
 * mean; it never decides where they go.
 */
export interface Protocol<Envelope = unknown> {
  readonly name: string;
  /** Reads a request into calls, or into a reply at once when there is nothing to ask (a parse error, a denied method). */
  parse(inbound: Inbound, view: NetworkView): Parsed<Envelope> | Reply | Wish;
  /** Answer or fault? `undefined` when the body is still streaming and its start does not tell. */
  classify(call: Call, response: WireResponse, epoch: number): Outcome | undefined;
  /** Puts outcomes, in the order of `calls`, back into one reply. */
  encode(envelope: Envelope, outcomes: readonly Outcome[], view: NetworkView): Reply;
  /** How to ask whether a write was made that nobody answered for; see `policies/confirm.ts`. */
  confirmation?(call: Call): Confirmation | undefined;
  /** What the client is told of a call with `access: "local"`, given who answered; see `policies/pin.ts`. */
  pinned?(call: Call, outcome: Outcome, upstream: string | undefined): Outcome;
  /** A question of our own, where checks of answers need to ask any. */
  question?(network: string, method: string, params: readonly unknown[]): Call;
  /** Who are the peers of a node, where nodes tell that. */
  readonly peers?: PeersQuestion;
  /** Do two answers to the same call say the same? */
  agrees(a: Answer, b: Answer): boolean;
  /** The questions of a health probe. */
  readonly probe: readonly ProbeStep[];
  /** What it knows of validators' duties, where it has any. */
  readonly duties?: DutyProtocol;
}

export interface Confirmation {
  readonly call: Call;
  /** What the write would have been answered with, when what the question was answered with shows that it was made. */
  conclude(told: Outcome): Answer | undefined;
}
