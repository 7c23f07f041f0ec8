import type { AttestationData } from "../core/duty.ts";
import { asArray } from "./records.ts";

/** What was served about one target epoch, as plain data: the target's root, the lowest and the highest source with it. */
export type ServedTarget = readonly [epoch: number, root: string, leastSource: number, mostSource: number];

/** So many target epochs are remembered: 6.8 hours of mainnet. */
const mostTargets = 64;

/**
 * Watches over the attestation data that is handed out, so that a change of view between nodes does not lead validators to
 * votes that contradict those of the epochs before. All validators get the same data, so what was served to any counts as
 * served to each. It is a help to the slashing protection of validator clients, which it does not replace: that would
 * refuse to sign what is refused here, and miss the duty. Bounded; survives a restart by `export` and `import`.
 */
export interface SurroundGuard {
  /**
   * What speaks against serving this; `undefined` when nothing does. That a target is another one than before in its epoch,
   * or its source an earlier one, is no objection when all nodes say so, as after a reorganisation across the epoch's start.
   */
  objection(data: AttestationData, unanimous?: boolean): string | undefined;
  /** It was handed out. */
  served(data: AttestationData): void;
  export(): readonly ServedTarget[];
  /** Takes in what was exported, beside what was served since. What makes no sense is left out. */
  import(targets: unknown): void;
  clear(): void;
}

export function createSurroundGuard(): SurroundGuard {
  return new Guard();
}

class Guard implements SurroundGuard {
  /** By target epoch, in rising order. */
  #targets: readonly ServedTarget[] = [];

  /**
   * Source: consensus-specs, phase0, `is_slashable_attestation_data`: one vote surrounds another when its source is earlier
   * and its target later. Two targets of one epoch are a double vote only by the same validator, who is asked once an
   * epoch; they are a sign of a changed view.
   */
  objection({ source, target }: AttestationData, unanimous = false): string | undefined {
    if (source.epoch > target.epoch)
      return `its source, of epoch ${source.epoch}, is after its target, ${target.epoch}`;
    const oldest = this.#targets[0]?.[0] ?? 0;
    if (this.#targets.length === mostTargets && target.epoch < oldest) {
      return `its target, of epoch ${target.epoch}, is too old to be judged`;
    }
    let changed: string | undefined;
    for (const [at, root, least, most] of this.#targets) {
      const own = `from ${source.epoch} to ${target.epoch} it`;
      if (at < target.epoch && source.epoch < most) return `${own} surrounds what was served, from ${most} to ${at}`;
      if (at > target.epoch && source.epoch > least) return `${own} is within what was served, from ${least} to ${at}`;
      if (at !== target.epoch) continue;
      if (root !== target.root) changed = `its target is ${short(target.root)}, before it was ${short(root)}`;
      else if (source.epoch < most) changed = `its source is of epoch ${source.epoch}, before it was ${most}`;
    }
    return unanimous ? undefined : changed;
  }

  served({ source, target }: AttestationData): void {
    const known = this.#targets.find(([epoch]) => epoch === target.epoch);
    const least = Math.min(known?.[2] ?? source.epoch, source.epoch);
    const most = Math.max(known?.[3] ?? source.epoch, source.epoch);
    this.#keep([target.epoch, target.root, least, most]);
  }

  export(): readonly ServedTarget[] {
    return this.#targets;
  }

  import(targets: unknown): void {
    for (const one of asArray(targets)) {
      if (!isServed(one)) continue;
      const [epoch, , least, most] = one;
      const known = this.#targets.find(([at]) => at === epoch);
      this.#keep(known ? [epoch, known[1], Math.min(known[2], least), Math.max(known[3], most)] : one);
    }
  }

  clear(): void {
    this.#targets = [];
  }

  #keep(one: ServedTarget): void {
    const all = [...this.#targets.filter(([epoch]) => epoch !== one[0]), one].sort(([a], [b]) => a - b);
    const dropped = all.length > mostTargets ? all.shift() : undefined;
    // The highest source of what is forgotten is kept with the oldest that is not: a source must not fall below either.
    const [oldest] = all;
    if (dropped && oldest) all[0] = [oldest[0], oldest[1], oldest[2], Math.max(oldest[3], dropped[3])];
    this.#targets = all;
  }
}

export function isServed(value: unknown): value is ServedTarget {
  const [epoch, root, least, most] = asArray(value);
  if (typeof epoch !== "number" || typeof least !== "number" || typeof most !== "number") return false;
  return Number.isSafeInteger(epoch) && typeof root === "string" && 0 <= least && least <= most && most <= epoch;
}

function short(root: string): string {
  return root.slice(0, 10);
}
