import type { ControlEntry } from "../core/duty.ts";
import { asArray, asFields } from "./records.ts";

/** The most entries that are kept of one kind: as many as the validators of the largest operators, twice over. */
const mostEntries = 200_000;
/**
 * So many are pushed out at once, the oldest first. One at a time would take seconds for each thousand: a map looks for its
 * first entry from the beginning, past the places of all that were deleted.
 */
const dropAtOnce = 1_000;

interface Kept {
  readonly text: string;
  readonly untilEpoch: number | undefined;
  /** When it was told last, and when it last became another. */
  told: number;
  readonly changed: number;
}

/** What one kind of control state holds. Each time that something is told has a number, counted from 1. */
interface Kind {
  readonly entries: Map<string, Kept>;
  told: number;
  /** When something was new, the last time. */
  changed: number;
}

/** Control state as plain data, to be kept across a restart. */
export type ControlRecord = Readonly<
  Record<string, readonly (readonly [key: string, text: string, untilEpoch: number | null])[]>
>;

/**
 * What validators told their nodes and nodes forget: who is paid for blocks, registrations, subscriptions. The last
 * word of each validator counts. Each telling has a number by kind, so that a node that has heard number 7 is told
 * again only what came later.
 */
export class ControlState {
  readonly #kinds = new Map<string, Kind>();

  /** Keeps what was told, and gives it its number. */
  tell(kind: string, entries: readonly ControlEntry[]): number {
    const state = this.#kind(kind);
    const number = ++state.told;
    for (const { key, text, untilEpoch } of entries) {
      const known = state.entries.get(key);
      if (known && known.text === text && known.untilEpoch === untilEpoch) {
        known.told = number;
        continue;
      }
      if (!known && state.entries.size >= mostEntries) this.#dropOldest(state);
      state.entries.set(key, { text, untilEpoch, told: number, changed: number });
      state.changed = number;
    }
    return number;
  }

  kinds(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  /** The number of the last telling of a kind; 0 when there was none. */
  told(kind: string): number {
    return this.#kinds.get(kind)?.told ?? 0;
  }

  /** The number of the last telling that said something new. */
  changed(kind: string): number {
    return this.#kinds.get(kind)?.changed ?? 0;
  }

  size(kind: string): number {
    return this.#kinds.get(kind)?.entries.size ?? 0;
  }

  /** The text of one entry. */
  text(kind: string, key: string): string | undefined {
    return this.#kinds.get(kind)?.entries.get(key)?.text;
  }

  /** What was told after number `heard`, as far as it is still of use in `epoch`. */
  since(kind: string, heard: number, epoch: number): readonly ControlEntry[] {
    const state = this.#kinds.get(kind);
    if (!state) return [];
    const due: ControlEntry[] = [];
    for (const [key, { text, untilEpoch, told }] of state.entries) {
      if (told > heard && !(untilEpoch !== undefined && untilEpoch < epoch)) due.push({ key, text, untilEpoch });
    }
    return due;
  }

  /** Forgets what is of no use any more. */
  prune(epoch: number): void {
    for (const { entries } of this.#kinds.values()) {
      for (const [key, { untilEpoch }] of entries) {
        if (untilEpoch !== undefined && untilEpoch < epoch) entries.delete(key);
      }
    }
  }

  export(): ControlRecord {
    return Object.fromEntries(
      [...this.#kinds].map(([kind, { entries }]) => [
        kind,
        [...entries].map(([key, { text, untilEpoch }]) => [key, text, untilEpoch ?? null] as const),
      ]),
    );
  }

  /** Takes back what was exported; what was told since then counts more. What makes no sense is left out. */
  import(record: unknown): void {
    for (const [kind, entries] of Object.entries(asFields(record))) {
      const known = this.#kinds.get(kind)?.entries;
      const missing = entriesIn(entries).filter(({ key }) => !known?.has(key));
      if (missing.length > 0) this.tell(kind, missing);
    }
  }

  /** Forgets all entries; tellings are counted on, as nodes are known by the last one that they heard. */
  clear(): void {
    for (const { entries } of this.#kinds.values()) entries.clear();
  }

  #kind(kind: string): Kind {
    let state = this.#kinds.get(kind);
    if (!state) {
      state = { entries: new Map(), told: 0, changed: 0 };
      this.#kinds.set(kind, state);
    }
    return state;
  }

  #dropOldest({ entries }: Kind): void {
    let left = dropAtOnce;
    for (const key of entries.keys()) {
      if (left-- === 0) return;
      entries.delete(key);
    }
  }
}

/** Entries as they were exported. */
export function entriesIn(value: unknown): readonly ControlEntry[] {
  return asArray(value).flatMap((entry) => {
    const [key, text, untilEpoch] = asArray(entry);
    if (typeof key !== "string" || typeof text !== "string") return [];
    return [{ key, text, untilEpoch: typeof untilEpoch === "number" ? untilEpoch : undefined }];
  });
}
