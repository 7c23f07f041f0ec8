import { randomUUID } from "node:crypto";
import type { StateStore } from "../core/store.ts";

/** So many instances that share a store keep records in it; a further one keeps none until there is a place. */
export const seats = 8;
/** A place belongs to who took it for so long, in milliseconds, unless it is taken again: a crashed instance's is free then. */
const leaseMs = 300_000;

/**
 * The place of one instance among those that share a store. Each writes records of its own there, so that none overwrites
 * what another knows, and reads those of all.
 */
export class Seat {
  readonly #store: StateStore;
  readonly #keyOf: (seat: number) => string;
  readonly #id = randomUUID();
  #number: number | undefined;

  constructor(store: StateStore, keyOf: (seat: number) => string) {
    this.#store = store;
    this.#keyOf = keyOf;
  }

  /** Takes a place, or goes on holding it; `undefined` when there is none, or that cannot be told. */
  async hold(): Promise<number | undefined> {
    if (this.#number !== undefined && (await this.#isOurs(this.#number))) return this.#number;
    this.#number = undefined;
    for (let seat = 0; seat < seats; seat++) {
      const taken = await this.#store.add(this.#keyOf(seat), this.#id, leaseMs);
      if (taken === undefined) return undefined;
      if (!taken) continue;
      this.#number = seat;
      return seat;
    }
    return undefined;
  }

  /** Leaves it to others at once. */
  async release(): Promise<void> {
    if (this.#number !== undefined && (await this.#isOurs(this.#number))) {
      await this.#store.set(this.#keyOf(this.#number), this.#id, 1);
    }
    this.#number = undefined;
  }

  async #isOurs(seat: number): Promise<boolean> {
    const key = this.#keyOf(seat);
    return (await this.#store.get(key)) === this.#id && (await this.#store.set(key, this.#id, leaseMs));
  }
}
