import type { NodeSnapshot, ShownDisagreement, ValidatorSnapshot } from "../core/duty-status.ts";
import type { ControlState } from "./control-state.ts";
import { preparation } from "./desk.ts";
import type { FeedState } from "./feed.ts";
import type { Node } from "./node.ts";
import { isPrepared } from "./node-facts.ts";
import type { Overview } from "./overview.ts";
import type { Pins } from "./pins.ts";
import type { Instant } from "./slot-clock.ts";
import { type Disagreement, inWords } from "./views-sides.ts";

export interface SnapshotParts {
  readonly overview: Overview;
  readonly nodes: readonly Node[];
  readonly stream: (node: Node) => FeedState | undefined;
  readonly control: ControlState;
  readonly pins: Pins;
  readonly quorum: number;
  readonly listeners: number;
  /** Is a node to be told of this kind of control state? */
  readonly wants: (node: Node, kind: string) => boolean;
}

/** So many of the blocks that are remembered with their producers are shown. */
const shownPins = 8;

/** Puts together what is known now. */
export function snapshotOf(parts: SnapshotParts): ValidatorSnapshot {
  const { overview, nodes, control, pins, quorum, listeners } = parts;
  const at = overview.now();
  const good = nodes.filter((node) => inService(node, overview) && node.upstream.status.unfit?.attest === undefined);
  return {
    slot: at?.slot,
    epoch: at?.epoch,
    state: overview.view()?.state ?? "unknown",
    head: overview.views?.canonical?.head,
    agreed: overview.views?.canonical?.agreed,
    disagreement: overview.disagreement && shownDisagreement(overview.disagreement),
    voters: new Set(good.map(({ upstream }) => overview.voterOf(upstream.id))).size,
    quorum,
    nodes: nodes.map((node) => nodeSnapshot(node, parts, at)),
    remembered: Object.fromEntries(control.kinds().map((kind) => [kind, control.size(kind)])),
    pins: pins.size,
    newestPins: pins
      .export()
      .slice(-shownPins)
      .map(([, slot, upstream]) => ({ slot, upstream }))
      .reverse(),
    listeners,
  };
}

function inService({ upstream }: Node, overview: Overview): boolean {
  return overview.facts.get(upstream.id)?.inService ?? false;
}

function shownDisagreement(found: Disagreement): ShownDisagreement {
  const { kind: about, decided, sides } = found;
  return { about, decided, sides, text: inWords(found) };
}

function nodeSnapshot(
  node: Node,
  { overview, control, stream: streamOf, wants }: SnapshotParts,
  at: Instant | undefined,
): NodeSnapshot {
  const { upstream, facts, hearing } = node;
  const place = overview.placeOf(upstream.id);
  const stream = streamOf(node);
  const { head, sync } = facts;
  const { confirmed, verdict } = upstream.status;
  const told = control.size(preparation) > 0 && wants(node, preparation);
  return {
    id: upstream.id,
    trust: facts.trust,
    subscribe: facts.subscribe,
    inService: inService(node, overview),
    reachable: confirmed && verdict !== "quarantined" && verdict !== "drained",
    clients: facts.versions,
    voter: overview.voterOf(upstream.id),
    head: head && { slot: head.slot, root: head.root, at: head.at },
    finalizedEpoch: facts.finalized.at(-1)?.epoch,
    sync: sync && {
      distance: sync.distance,
      syncing: sync.syncing,
      optimistic: sync.optimistic,
      elOffline: sync.elOffline,
      at: sync.at,
    },
    onChain: place.member,
    offChain: place.because,
    unfit: { ...upstream.status.unfit },
    skewMs: Number.isNaN(facts.skewMs) ? undefined : facts.skewMs,
    restartedAt: facts.restartedAt,
    stream: stream && {
      open: stream.open,
      since: stream.since,
      eventAt: Number.isFinite(stream.eventAt) ? stream.eventAt : undefined,
      because: stream.because,
      lacks: stream.lacks,
    },
    isPrepared: told && at ? isPrepared(facts, at.epoch) : undefined,
    preparedEpoch: facts.prepared,
    behind: hearing.behind().filter((kind) => wants(node, kind)),
    primary: overview.primary === node,
  };
}
