import type { ControlEntry } from "../core/duty.ts";
import { asArray, asFields } from "./records.ts";

/** The most entries that are kept of one kind: as many as the validators of the largest operators, twice over. */
const mostEntries = 200_000;
/** And so many characters of their texts: registrations of 200,000 validators have some 90 million. */
const mostText = 128 * 1_024 * 1_024;
/**
 * So many are pushed out at once, the oldest first. One at a time would take seconds for each thousand: a map looks for its
 * first entry from the beginning, past the places of all that were deleted.
 */
const dropAtOnce = 1_000;
/** So many entries make a part that is exported as one: some 600 KB as text. */
const partEntries = 4_096;

interface Kept {
  readonly text: string;
  readonly untilEpoch: number | undefined;
  /** When it was told last, and when it last became another. */
  told: number;
  readonly changed: number;
  /** The part that it is exported with. */
  readonly part: number;
}

/** What one kind of control state holds. Each time that something is told has a number, counted from 1. */
interface Kind {
  readonly entries: Map<string, Kept>;
  /** The characters of their texts. */
  length: number;
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
  /** What is exported as one: of which kind it is, and how many entries it has. An entry stays in its part. */
  readonly #parts: { readonly kind: string; size: number }[] = [];
  readonly #changed = new Set<number>();
  /** The part that new entries of a kind go to. */
  readonly #open = new Map<string, number>();

  /** Keeps what was told, and gives it its number; `news` hears of what is not as it was, and how it was. */
  tell(
    kind: string,
    entries: readonly ControlEntry[],
    news?: (entry: ControlEntry, before: ControlEntry | undefined) => void,
  ): number {
    const state = this.#kind(kind);
    const number = ++state.told;
    for (const entry of entries) {
      const { key, text, untilEpoch } = entry;
      const known = state.entries.get(key);
      if (known && known.text === text && known.untilEpoch === untilEpoch) {
        known.told = number;
        continue;
      }
      if (!known && state.entries.size >= mostEntries) this.#dropOldest(state);
      if (known) state.length -= known.text.length;
      state.length += text.length;
      const part = known?.part ?? this.#roomFor(kind);
      state.entries.set(key, { text, untilEpoch, told: number, changed: number, part });
      this.#changed.add(part);
      state.changed = number;
      if (state.length > mostText) this.#dropOldest(state);
      news?.(entry, known && { key, text: known.text, untilEpoch: known.untilEpoch });
    }
    return number;
  }

  /** Takes back what was told, where nothing was told of it since: then it is as it was before. */
  takeBack(kind: string, told: readonly (readonly [entry: ControlEntry, before: ControlEntry | undefined])[]): void {
    const state = this.#kinds.get(kind);
    const restored: ControlEntry[] = [];
    for (const [{ key, text }, before] of told) {
      const known = state?.entries.get(key);
      if (!state || known?.text !== text) continue;
      if (before) restored.push(before);
      else this.#drop(state, key, known);
    }
    if (restored.length > 0) this.tell(kind, restored);
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
    for (const state of this.#kinds.values()) {
      for (const [key, kept] of state.entries) {
        if (kept.untilEpoch !== undefined && kept.untilEpoch < epoch) this.#drop(state, key, kept);
      }
    }
  }

  /** How many parts there are; together they are all. */
  get parts(): number {
    return this.#parts.length;
  }

  /** The parts that have changed since this was asked last. */
  changedParts(): readonly number[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** One part, which is small enough to be made in one go; or all. */
  export(part?: number): ControlRecord {
    const record: Record<string, ControlRecord[string]> = {};
    for (const [kind, { entries }] of this.#kinds) {
      if (part !== undefined && this.#parts[part]?.kind !== kind) continue;
      const exported: (readonly [string, string, number | null])[] = [];
      for (const [key, { text, untilEpoch, part: its }] of entries) {
        if (part === undefined || its === part) exported.push([key, text, untilEpoch ?? null]);
      }
      record[kind] = exported;
    }
    return record;
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
    for (const state of this.#kinds.values()) {
      state.entries.clear();
      state.length = 0;
    }
    this.#parts.forEach((part, index) => {
      part.size = 0;
      this.#changed.add(index);
    });
  }

  #kind(kind: string): Kind {
    let state = this.#kinds.get(kind);
    if (!state) {
      state = { entries: new Map(), length: 0, told: 0, changed: 0 };
      this.#kinds.set(kind, state);
    }
    return state;
  }

  #dropOldest(state: Kind): void {
    let left = dropAtOnce;
    for (const [key, kept] of state.entries) {
      if (left-- === 0) return;
      this.#drop(state, key, kept);
    }
  }

  #drop(state: Kind, key: string, { part, text }: Kept): void {
    state.entries.delete(key);
    state.length -= text.length;
    (this.#parts[part] as { size: number }).size--;
    this.#changed.add(part);
  }

  /** A part of that kind with a place for one more entry, which is taken. */
  #roomFor(kind: string): number {
    let part = this.#open.get(kind);
    if (part === undefined || (this.#parts[part] as { size: number }).size >= partEntries) {
      part = this.#parts.findIndex((one) => one.kind === kind && one.size < partEntries / 2);
      if (part < 0) part = this.#parts.push({ kind, size: 0 }) - 1;
      this.#open.set(kind, part);
    }
    (this.#parts[part] as { size: number }).size++;
    return part;
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
