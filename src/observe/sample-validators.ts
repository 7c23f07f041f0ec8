import type { NodeSnapshot, ValidatorSnapshot } from "../core/duty-status.ts";

/** For tests of what is shown: a node that is good for everything, at slot 3203. */
export function sampleNode(id: string, node: Partial<NodeSnapshot> = {}): NodeSnapshot {
  const consensus = id.split("-")[0];
  return {
    id,
    trust: "trusted",
    subscribe: true,
    inService: true,
    reachable: true,
    clients: { consensus, execution: "geth" },
    voter: `${consensus}+geth`,
    head: { slot: 3_203, root: `0x${"ab".repeat(32)}`, at: -4_000 },
    finalizedEpoch: 98,
    sync: { distance: 0, syncing: false, optimistic: false, elOffline: false, at: -1_000 },
    onChain: true,
    offChain: "",
    unfit: {},
    skewMs: 12.4,
    restartedAt: undefined,
    stream: { open: true, since: -60_000, eventAt: -4_000, because: "not opened yet", lacks: [] },
    isPrepared: true,
    preparedEpoch: 100,
    behind: [],
    primary: false,
    ...node,
  };
}

/** For tests of what is shown: a beacon network at slot 3204, whose nodes all agree. */
export function sampleValidators(
  nodes: readonly NodeSnapshot[],
  snapshot: Partial<ValidatorSnapshot> = {},
): ValidatorSnapshot {
  return {
    slot: 3_204,
    epoch: 100,
    state: "ready",
    head: { slot: 3_203, root: `0x${"ab".repeat(32)}` },
    agreed: { slot: 3_203, root: `0x${"ab".repeat(32)}` },
    disagreement: undefined,
    voters: new Set(nodes.map(({ voter }) => voter)).size,
    quorum: 2,
    nodes,
    remembered: { prepare_beacon_proposer: 64 },
    pins: 1,
    newestPins: [{ slot: 3_199, upstream: nodes[0]?.id ?? "" }],
    listeners: 3,
    ...snapshot,
  };
}
