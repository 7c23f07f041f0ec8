import type { ControlState } from "./control-state.ts";
import type { FeedState } from "./feed.ts";
import type { Node } from "./node.ts";
import type { Trust } from "./node-facts.ts";
import type { Overview } from "./overview.ts";
import type { Pins } from "./pins.ts";
import { inWords } from "./views-sides.ts";
import type { ClientPair } from "./voters.ts";

/** One node as validators depend on it. Times are the clock's milliseconds. */
export interface NodeSnapshot {
  readonly id: string;
  readonly trust: Trust;
  readonly clients: ClientPair | undefined;
  /** Whose vote it shares: `lighthouse+geth`. */
  readonly voter: string;
  readonly head: { readonly slot: number; readonly root: string; readonly at: number } | undefined;
  readonly finalizedEpoch: number | undefined;
  readonly syncDistance: number | undefined;
  /** Is it on the chain that counts? Why not, where it is not. */
  readonly onChain: boolean;
  readonly offChain: string;
  /** The duties that it is not asked for, and why. */
  readonly unfit: Readonly<Record<string, string>>;
  /** By how many milliseconds its clock is ahead; `undefined` while that is not known. */
  readonly skewMs: number | undefined;
  readonly stream:
    | { readonly open: boolean; readonly since: number; readonly because: string; readonly lacks: readonly string[] }
    | undefined;
  /** The epoch in which it last acknowledged whom to pay. */
  readonly prepared: number | undefined;
  /** The kinds of control state that it has yet to be told of. */
  readonly behind: readonly string[];
  readonly primary: boolean;
}

/** All that is known for validators of one network, for people and metrics. */
export interface ValidatorSnapshot {
  /** `undefined` until the chain's constants are known. */
  readonly slot: number | undefined;
  readonly epoch: number | undefined;
  readonly state: "ready" | "degraded" | "down" | "unknown";
  /** The head of the chain that counts. */
  readonly head: { readonly slot: number; readonly root: string } | undefined;
  readonly disagreement: string | undefined;
  /** How many voters there are who are good for attesting, and how many must agree. */
  readonly voters: number;
  readonly quorum: number;
  readonly nodes: readonly NodeSnapshot[];
  /** How many entries of control state are remembered, by kind. */
  readonly remembered: Readonly<Record<string, number>>;
  readonly pins: number;
  /** How many clients follow events. */
  readonly listeners: number;
}

export interface SnapshotParts {
  readonly overview: Overview;
  readonly nodes: readonly Node[];
  readonly stream: (node: Node) => FeedState | undefined;
  readonly control: ControlState;
  readonly pins: Pins;
  readonly quorum: number;
  readonly listeners: number;
}

/** Puts together what is known now. */
export function snapshotOf(parts: SnapshotParts): ValidatorSnapshot {
  const { overview, nodes, control, pins, quorum, listeners } = parts;
  const at = overview.now();
  const good = nodes.filter(
    ({ upstream }) => overview.facts.get(upstream.id)?.inService && upstream.status.unfit?.attest === undefined,
  );
  return {
    slot: at?.slot,
    epoch: at?.epoch,
    state: overview.view()?.state ?? "unknown",
    head: overview.views?.canonical?.head,
    disagreement: overview.disagreement && inWords(overview.disagreement),
    voters: new Set(good.map(({ upstream }) => overview.voterOf(upstream.id))).size,
    quorum,
    nodes: nodes.map((node) => nodeSnapshot(node, parts)),
    remembered: Object.fromEntries(control.kinds().map((kind) => [kind, control.size(kind)])),
    pins: pins.size,
    listeners,
  };
}

function nodeSnapshot(node: Node, { overview, stream: streamOf }: SnapshotParts): NodeSnapshot {
  const { upstream, facts, hearing } = node;
  const place = overview.placeOf(upstream.id);
  const stream = streamOf(node);
  const { head } = facts;
  return {
    id: upstream.id,
    trust: facts.trust,
    clients: facts.versions,
    voter: overview.voterOf(upstream.id),
    head: head && { slot: head.slot, root: head.root, at: head.at },
    finalizedEpoch: facts.finalized.at(-1)?.epoch,
    syncDistance: facts.sync?.distance,
    onChain: place.member,
    offChain: place.because,
    unfit: { ...upstream.status.unfit },
    skewMs: Number.isNaN(facts.skewMs) ? undefined : facts.skewMs,
    stream: stream && { open: stream.open, since: stream.since, because: stream.because, lacks: stream.lacks },
    prepared: facts.prepared,
    behind: hearing.behind(),
    primary: overview.primary === node,
  };
}
