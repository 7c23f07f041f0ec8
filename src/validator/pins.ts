import type { BlockFacts } from "../core/duty.ts";
import { asArray } from "./records.ts";

/** Which upstream produced a block, as plain data. */
export type Pin = readonly [key: string, slot: number, upstream: string];

/** Blocks are remembered for so many slots, and at most so many of them. */
const slotsKept = 8;
const mostPins = 256;

/**
 * Who produced which block: only the producer has, or can get, the payload of a block that was handed out blinded or
 * without it. Kept until well after the slot, as a publish that failed is tried again.
 */
export class Pins {
  readonly #pins = new Map<string, { readonly slot: number; readonly upstream: string }>();

  /** The upstream produced the block. */
  pin(block: BlockFacts, upstream: string): Pin {
    const pin: Pin = [keyOf(block), block.slot, upstream];
    this.#pins.delete(pin[0]);
    this.add(pin);
    return pin;
  }

  /** The same, by plain data; what is known of the block already counts more. */
  add([key, slot, upstream]: Pin): void {
    if (this.#pins.has(key)) return;
    this.#pins.set(key, { slot, upstream });
    for (const [old, pin] of this.#pins) {
      if (this.#pins.size <= mostPins && pin.slot >= slot - slotsKept) break;
      this.#pins.delete(old);
    }
  }

  /** The id of the upstream that produced the block, if it is known. */
  producer(block: BlockFacts): string | undefined {
    return this.#pins.get(keyOf(block))?.upstream;
  }

  /** The id of the upstream that produced the last block of a slot that was pinned. */
  last(slot: number): string | undefined {
    let last: string | undefined;
    for (const pin of this.#pins.values()) if (pin.slot === slot) last = pin.upstream;
    return last;
  }

  /** As plain data. */
  export(): readonly Pin[] {
    return [...this.#pins].map(([key, { slot, upstream }]) => [key, slot, upstream]);
  }

  /** Takes in what was exported, beside what is known. What makes no sense is left out. */
  import(pins: unknown): void {
    for (const pin of asArray(pins).slice(-mostPins)) {
      const [key, slot, upstream] = asArray(pin);
      if (typeof key !== "string" || typeof slot !== "number" || typeof upstream !== "string") continue;
      this.add([key, slot, upstream]);
    }
  }

  clear(): void {
    this.#pins.clear();
  }

  get size(): number {
    return this.#pins.size;
  }
}

/** Blinded or not, it is the same block when it leads to the same state. */
function keyOf({ slot, state }: BlockFacts): string {
  return `${slot}:${state}`;
}
