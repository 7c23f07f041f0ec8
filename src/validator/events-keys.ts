/** So long is an event remembered, in slots, and so many of one topic are: a busy one has 32,000 in a slot. */
const slotsKept = 64;
const mostKept = 65_536;

/**
 * So many are forgotten at once where there are too many. A map finds its oldest entry by passing the places of all that
 * were deleted before it, which for each event would take longer than the event.
 */
const droppedAtOnce = 1_024;

/** The events of one topic that were passed on, so that copies from other nodes are not. */
export class RecentKeys {
  /** From key to slot, the oldest first. */
  readonly #slots = new Map<string, number>();
  /** The newest slot. */
  #newest = Number.NEGATIVE_INFINITY;

  /** Is the event new? Remembers it as one of the present slot. */
  add(key: string, slot: number): boolean {
    if (this.#slots.has(key)) return false;
    if (this.#slots.size === mostKept) this.#drop(droppedAtOnce);
    this.#slots.set(key, slot);
    if (slot > this.#newest) {
      this.#newest = slot;
      this.#forgetOld();
    }
    return true;
  }

  forget(key: string): void {
    this.#slots.delete(key);
  }

  get size(): number {
    return this.#slots.size;
  }

  #drop(count: number): void {
    let left = count;
    for (const key of this.#slots.keys()) {
      if (left-- === 0) return;
      this.#slots.delete(key);
    }
  }

  #forgetOld(): void {
    for (const [key, slot] of this.#slots) {
      if (slot > this.#newest - slotsKept) return;
      this.#slots.delete(key);
    }
  }
}
