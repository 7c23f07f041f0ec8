import type { StateStore } from "../core/store.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { parseJson } from "../lib/json-text.ts";
import type { ControlState } from "./control-state.ts";
import { Seat, seats } from "./memory-seat.ts";
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
const version = 2;

/** One thing that is kept. What is read may be anything: `import` leaves out what makes no sense. */
interface Keepable {
  export(): unknown;
  import(kept: unknown): void;
  /** Small, so that it is kept soon; what grows with the number of validators waits for a calm moment. */
  readonly eager: boolean;
}

const kinds = ["control", "pins", "surround", "tripWire"] as const;
export type Remembered = (typeof kinds)[number];

/** What was read. */
interface Found {
  readonly name: Remembered;
  /** When it was written, in wall-clock milliseconds since 1970. */
  readonly at: number;
  readonly kept: unknown;
}

/**
 * Keeps across a restart what validators told, what was served to them and what they signed: a restart in the midst of an
 * epoch is then no different from a pause. After a crash the last half second of pins and of what was served is missing,
 * and of the rest at most a slot; what cannot be kept at all is missing after the next restart, and nothing else is lost.
 *
 * Records are of one chain, known by the root of its first validators: a test net that is begun anew meets none of its old
 * votes. Instances that share a store keep records of their own, see {@link Seat}, and each begins with those of all.
 */
export class Memory {
  readonly #parts: MemoryParts;
  readonly #records: Readonly<Record<Remembered, Keepable>>;
  readonly #dirty = new Set<Remembered>();
  #timer: Scheduled | undefined;
  #loading: Scheduled | undefined;
  #work: Promise<void> = Promise.resolve();
  /** The genesis validators root of the chain. */
  #chain: string | undefined;
  #seat: Seat | undefined;
  /** Until what was kept is read, nothing is written over it. */
  #loaded = false;

  constructor(parts: MemoryParts) {
    const { control, pins, surround, tripWire } = parts;
    this.#parts = parts;
    this.#records = {
      control: { eager: false, export: () => control.export(), import: (kept) => control.import(kept) },
      pins: { eager: true, export: () => pins.export(), import: (kept) => pins.import(kept) },
      surround: { eager: true, export: () => surround.export(), import: (kept) => surround.import(kept) },
      tripWire: { eager: false, export: () => tripWire.export(), import: (kept) => tripWire.import(kept) },
    };
  }

  /** Takes back what was kept of a chain, by its genesis validators root. What came meanwhile counts more. */
  open(chain: string): void {
    if (chain === this.#chain) return;
    this.#loading?.cancel();
    const before = this.#seat;
    this.#do(async () => before?.release());
    this.#chain = chain;
    this.#loaded = false;
    this.#seat = new Seat(this.#parts.store, (seat) => `${this.#prefix(chain)}/seats/${seat}`);
    this.#load(chain);
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
    await this.#work;
    this.#save(false);
    this.#do(async () => this.#seat?.release());
    await this.#work;
  }

  #load(chain: string): void {
    this.#do(async () => {
      if (chain !== this.#chain) return;
      const { store, clock } = this.#parts;
      const found: Found[] = [];
      for (let seat = 0; seat < seats; seat++) {
        for (const name of kinds) {
          const text = await store.get(this.#keyOf(chain, seat, name));
          const one = text === undefined ? undefined : read(text, name, chain);
          if (one) found.push(one);
        }
      }
      // What is known counts more, so the newest comes first.
      for (const { name, kept } of found.sort((a, b) => b.at - a.at)) {
        this.#records[name].import(kept);
        this.#dirty.add(name);
      }
      // What cannot be told now may be there all the same.
      if (store.trouble === undefined) this.#loaded = true;
      else this.#loading = clock.schedule(againMs, () => this.#load(chain));
    });
  }

  #save(eagerOnly: boolean): void {
    const chain = this.#chain;
    const seat = this.#seat;
    if (!this.#loaded || chain === undefined || !seat) return;
    const { store, clock } = this.#parts;
    const due = [...this.#dirty].filter((name) => !eagerOnly || this.#records[name].eager);
    if (due.length === 0 && eagerOnly) return;
    for (const name of due) this.#dirty.delete(name);
    this.#do(async () => {
      const number = await seat.hold();
      for (const name of due) {
        const record = { version, chain, at: clock.epoch(), kept: this.#records[name].export() };
        const key = number === undefined ? undefined : this.#keyOf(chain, number, name);
        if (key === undefined || !(await store.set(key, JSON.stringify(record), ttlMs))) this.#dirty.add(name);
      }
    });
  }

  /** One thing after the other. A bug is told, and what comes after it is done all the same. */
  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#parts.crashed);
  }

  /** The root is cut: whether it is the same is seen in the record. */
  #prefix(chain: string): string {
    return `validators/${this.#parts.network}/${chain.slice(2, 18)}`;
  }

  #keyOf(chain: string, seat: number, name: Remembered): string {
    return `${this.#prefix(chain)}/${seat}/${name}`;
  }
}

/** A record; `undefined` for what is none, or is another chain's. */
function read(text: string, name: Remembered, chain: string): Found | undefined {
  const record = parseJson(text) as { version?: unknown; chain?: unknown; at?: unknown; kept?: unknown } | undefined;
  if (typeof record !== "object" || record === null) return undefined;
  if (record.version !== version || record.chain !== chain || typeof record.at !== "number") return undefined;
  return { name, at: record.at, kept: record.kept };
}
