/** So long is an event remembered, in slots, and so many of one topic are: a busy one has 32,000 in a slot. */
const slotsKept = 64;
const mostKept = 65_536;

/** The events of one topic that were passed on, so that copies from other nodes are not. */
export class RecentKeys {
  /** From key to slot, the oldest first. */
  readonly #slots = new Map<string, number>();

  /** Is the event new? Remembers it as one of the present slot. */
  add(key: string, slot: number): boolean {
    if (this.#slots.has(key)) return false;
    this.#slots.set(key, slot);
    for (const [oldest, since] of this.#slots) {
      if (this.#slots.size <= mostKept && since > slot - slotsKept) break;
      this.#slots.delete(oldest);
    }
    return true;
  }

  forget(key: string): void {
    this.#slots.delete(key);
  }

  get size(): number {
    return this.#slots.size;
  }
}
