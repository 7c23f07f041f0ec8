import type { BeaconNode, Bed } from "./bed.ts";
import { until } from "./processes.ts";

/**
 * What is done to a node. `kill`: it is gone for some slots and starts again on its database. `hang`: it is stopped, so
 * that its connections stay open and nothing is answered, and goes on later. `restart`: it starts again at once, and has
 * lost what validator clients told it, as it has after `kill`.
 */
export type FaultKind = "kill" | "hang" | "restart";

const kinds: readonly FaultKind[] = ["kill", "hang", "restart"];

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Which of the nodes, from 0. */
  readonly node: number;
  /** When, as a slot with its fraction. */
  readonly at: number;
  /** For how long a node is gone or hangs, in slots. */
  readonly slots: number;
}

/** A fault as it happened, in slots. */
export interface Fault {
  readonly kind: FaultKind;
  readonly node: string;
  readonly at: number;
  /** When the node was as good as the others again. */
  readonly healed: number;
}

/**
 * One fault in each epoch from `first` to `last`: each kind in turn, and on each node in turn, so that in time each node
 * has each kind. Faults come at another moment of the slot each time, and early enough to be over before the next.
 */
export function planFaults(first: number, last: number, nodes: number, slotsPerEpoch: number): PlannedFault[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const kind = kinds[index % kinds.length] as FaultKind;
    const node = (index + Math.floor(index / kinds.length)) % nodes;
    // 0.37 leaves no two faults within a tenth of a slot's round of each other for ten faults or more.
    const phase = Math.round(((index * 0.37) % 1) * 100) / 100;
    return { kind, node, at: (first + index) * slotsPerEpoch + 1 + phase, slots: kind === "restart" ? 0 : 3 };
  });
}

/** How long a node may take to be as good as the others again, in ms. */
const healMs = 60_000;

/** Plays faults one after the other: none begins before all nodes are well. Gives what happened, in the end. */
export async function inflict(
  bed: Bed,
  plan: readonly PlannedFault[],
  progress: (line: string) => void,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const { kind, node: index, at, slots } of plan) {
    const node = bed.nodes[index] as BeaconNode;
    await bed.slotBegins(at);
    const begun = bed.slot();
    progress(`slot ${begun.toFixed(1)}: ${kind} ${node.name}`);
    if (kind === "hang") node.pause();
    else await node.kill();
    await bed.slotBegins(begun + slots);
    if (kind === "hang") node.resume();
    else node.start();
    await until(
      `${node.name} after ${kind}`,
      healMs,
      [node.program()],
      async () => (await node.api.ready()) || undefined,
    );
    faults.push({ kind, node: node.name, at: begun, healed: bed.slot() });
    progress(`slot ${bed.slot().toFixed(1)}: ${node.name} is well again`);
  }
  return faults;
}
