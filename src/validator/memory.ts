import type { StateStore } from "../core/store.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import type { ControlState } from "./control-state.ts";
import type { Pins } from "./pins.ts";
import type { SurroundGuard } from "./surround.ts";
import type { TripWire } from "./trip-wire.ts";

export interface MemoryParts {
  readonly store: StateStore;
  readonly network: string;
  readonly clock: Clock;
  readonly control: ControlState;
  readonly pins: Pins;
  readonly surround: SurroundGuard;
  readonly tripWire: TripWire;
  readonly crashed: (bug: unknown) => void;
}

/** What is small and needed at once after a crash is kept within this time, in milliseconds. */
const eagerMs = 500;
/** What could not be read is asked for again after this, in milliseconds. */
const againMs = 1_000;
/** Kept for so long, in milliseconds: longer than any of it is of use. */
const ttlMs = 86_400_000;
/** Records of another version are not read. */
const version = 1;

/** One thing that is kept. */
interface Keepable {
  export(): unknown;
  import(kept: never): void;
  /** Small, so that it is kept soon; what grows with the number of validators waits for a calm moment. */
  readonly eager: boolean;
}

export type Remembered = "control" | "pins" | "surround" | "tripWire";

/**
 * Keeps across a restart what validators told, what was served to them and what they signed: a restart in the midst of an
 * epoch is then no different from a pause. After a crash the last half second of pins and of what was served is missing,
 * and of the rest at most a slot; what cannot be kept at all is missing after the next restart, and nothing else is lost.
 */
export class Memory {
  readonly #parts: MemoryParts;
  readonly #records: Readonly<Record<Remembered, Keepable>>;
  readonly #dirty = new Set<Remembered>();
  #timer: Scheduled | undefined;
  #loading: Scheduled | undefined;
  #work: Promise<void> = Promise.resolve();
  /** Until what was kept is read, nothing is written over it. */
  #loaded = false;

  constructor(parts: MemoryParts) {
    const { control, pins, surround, tripWire } = parts;
    this.#parts = parts;
    const record = (eager: boolean, one: { export(): unknown; import(kept: never): void }): Keepable => ({
      eager,
      export: () => one.export(),
      import: (kept) => one.import(kept),
    });
    this.#records = {
      control: record(false, control),
      pins: record(true, pins),
      surround: record(true, surround),
      tripWire: record(false, tripWire),
    };
  }

  /** Takes back what was kept. What came meanwhile counts more. */
  load(): void {
    this.#do(async () => {
      const { store, clock } = this.#parts;
      for (const name of this.#names()) {
        const text = await store.get(this.#keyOf(name));
        if (text !== undefined) this.#restore(name, text);
      }
      // What cannot be told now may be there all the same.
      if (store.trouble === undefined) this.#loaded = true;
      else this.#loading = clock.schedule(againMs, () => this.load());
    });
  }

  /** Something changed. */
  touch(name: Remembered): void {
    this.#dirty.add(name);
    if (!this.#records[name].eager || this.#timer) return;
    this.#timer = this.#parts.clock.schedule(eagerMs, () => {
      this.#timer = undefined;
      this.#save(true);
    });
  }

  /** Nothing is due now: time to keep what is large. */
  calm(): void {
    this.#save(false);
  }

  /** Keeps what changed last. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#loading?.cancel();
    this.#save(false);
    await this.#work;
  }

  #save(eagerOnly: boolean): void {
    if (!this.#loaded) return;
    for (const name of [...this.#dirty]) {
      const record = this.#records[name];
      if (eagerOnly && !record.eager) continue;
      this.#dirty.delete(name);
      const text = JSON.stringify({ version, kept: record.export() });
      this.#do(async () => {
        if (!(await this.#parts.store.set(this.#keyOf(name), text, ttlMs))) this.#dirty.add(name);
      });
    }
  }

  #restore(name: Remembered, text: string): void {
    const read = JSON.parse(text) as { readonly version?: unknown; readonly kept?: unknown };
    if (read.version === version && read.kept !== undefined) this.#records[name].import(read.kept as never);
  }

  /** One thing after the other. A bug is told, and what comes after it is done all the same. */
  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#parts.crashed);
  }

  #names(): readonly Remembered[] {
    return Object.keys(this.#records) as Remembered[];
  }

  #keyOf(name: Remembered): string {
    return `validators/${this.#parts.network}/${name}`;
  }
}
