/**
 * A map for entries that come and go by the thousand, of which few are there at once.
 *
 * V8's own Map leaves a chain behind: each table that insertions have filled points to its successor, and once one of
 * them is promoted to the old generation, all later ones with the entries they held survive every young collection until
 * a full one. Under constant insertion and deletion that costs more than the map does. This one starts a fresh Map
 * every `generation` insertions, so that no chain grows, and carries over what is still there.
 */
export class BriefMap<Value> {
  readonly #generation: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #left: number;

  constructor(generation = 1_024) {
    this.#generation = generation;
    this.#left = generation;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value): void {
    if (this.#left-- === 0) this.#age();
    this.#young.set(key, value);
  }

  delete(key: string): void {
    if (!this.#young.delete(key)) this.#old.delete(key);
  }

  #age(): void {
    for (const [key, value] of this.#old) this.#young.set(key, value);
    this.#old = this.#young;
    this.#young = new Map();
    this.#left = this.#generation;
  }
}
