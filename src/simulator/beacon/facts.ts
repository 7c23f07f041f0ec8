import type { ActiveFault } from "../faults.ts";
import { type BeaconChain, type Branch, main, type SimulatedBlock } from "./chain.ts";

/** How far behind a node that syncs is, in slots. */
const syncDistance = 64;

/** What a simulated node takes the chain for now, given the faults that strike it. */
export interface NodeFacts {
  readonly branch: Branch;
  readonly head: SimulatedBlock;
  /** The present slot by its clock. */
  readonly slot: number;
  readonly syncing: boolean;
  readonly optimistic: boolean;
  readonly elOffline: boolean;
}

/** Reads a node's state at a wall-clock time off the faults; `turn` alternates where a node contradicts itself. */
export function factsOf(
  chain: BeaconChain,
  hits: readonly ActiveFault[],
  now: number,
  propagationMs: number,
  turn: boolean,
): NodeFacts {
  const find = (kind: string) => hits.find(({ spec }) => spec.fault === kind);
  const forked = find("forked") ?? (turn ? find("equivocating") : undefined);
  const branch = forked ? { name: "fork", from: chain.slotAt(forked.sinceEpoch) + 1 } : main;
  const syncing = find("syncing") !== undefined;
  const stuck = find("el_offline") ?? find("stale_head");
  const slot = chain.slotAt(now);
  const seenAt = now - propagationMs;
  const knownAt = syncing ? chain.startOf(slot - syncDistance) : stuck ? stuck.sinceEpoch : seenAt;
  return {
    branch,
    head: chain.head(knownAt, branch),
    slot,
    syncing,
    optimistic: find("optimistic") !== undefined,
    elOffline: find("el_offline") !== undefined,
  };
}
