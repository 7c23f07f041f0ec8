import type { StateStore } from "../core/store.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { turn } from "../lib/turn.ts";
import type { ControlState } from "./control-state.ts";
import { type Found, inOne, inParts, type Keepable, kinds, type Remembered, read, written } from "./memory-records.ts";
import { Seat, seats } from "./memory-seat.ts";
import type { Pins } from "./pins.ts";
import type { SurroundGuard } from "./surround.ts";
import type { TripWire } from "./trip-wire.ts";

export type { Remembered } from "./memory-records.ts";

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
/** What lies in the store for longer than this is written anew, in milliseconds: it may not have changed, and is of use. */
const renewMs = ttlMs / 4;

/** Calls go first after what is longer than this, in characters. */
const sizeable = 65_536;
/** No record has more parts: control state has some 300 when all its kinds are full. */
const mostParts = 1_024;

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
  /** Parts that could not be kept the last time. */
  readonly #missed = new Map<Remembered, Set<number>>();
  /** Where and when each thing was kept whole the last time; the clock's milliseconds. */
  readonly #whole = new Map<Remembered, { readonly seat: string; readonly at: number }>();
  /** Until what was kept is read, nothing is written over it. */
  #loaded = false;

  constructor(parts: MemoryParts) {
    const { control, pins, surround, tripWire } = parts;
    this.#parts = parts;
    this.#records = {
      control: inParts(control),
      pins: inOne(pins),
      surround: inOne(surround),
      tripWire: inParts(tripWire),
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
        for (const name of kinds) found.push(...(await this.#read(chain, seat, name)));
      }
      // What is known counts more, so the newest comes first.
      for (const { name, kept, size } of found.sort((a, b) => b.at - a.at)) {
        this.#records[name].import(kept);
        this.#dirty.add(name);
        if (size > sizeable) await turn();
      }
      // What cannot be told now may be there all the same.
      if (store.trouble === undefined) this.#loaded = true;
      else this.#loading = clock.schedule(againMs, () => this.#load(chain));
    });
  }

  /** All parts of a record. */
  async #read(chain: string, seat: number, name: Remembered): Promise<readonly Found[]> {
    const found: Found[] = [];
    for (let part = 0; part < mostParts; part++) {
      const text = await this.#parts.store.get(this.#keyOf(chain, seat, name, part));
      if (text === undefined) break;
      const one = read(text, name, chain);
      if (one) found.push(one);
      if (text.length > sizeable) await turn();
    }
    return found;
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
        for (const [index, part] of this.#due(name, chain, number).entries()) {
          if (index > 0) await turn();
          const text = written(chain, clock.epoch(), this.#records[name].export(part));
          const key = number === undefined ? undefined : this.#keyOf(chain, number, name, part);
          if (key !== undefined && (await store.set(key, text, ttlMs))) continue;
          this.#dirty.add(name);
          this.#missed.set(name, (this.#missed.get(name) ?? new Set()).add(part));
        }
      }
    });
  }

  /** The parts of a record that must be written: what has changed; now and then, and where nothing of it is yet, all. */
  #due(name: Remembered, chain: string, number: number | undefined): readonly number[] {
    const record = this.#records[name];
    const due = new Set([...record.changed(), ...(this.#missed.get(name) ?? [])]);
    this.#missed.delete(name);
    const seat = `${chain}/${number}`;
    const now = this.#parts.clock.now();
    const whole = this.#whole.get(name);
    if (whole?.seat !== seat || now - whole.at >= renewMs) {
      this.#whole.set(name, { seat, at: now });
      for (let part = 0; part < record.parts(); part++) due.add(part);
    }
    return [...due].sort((a, b) => a - b);
  }

  /** One thing after the other. A bug is told, and what comes after it is done all the same. */
  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#parts.crashed);
  }

  /** The root is cut: whether it is the same is seen in the record. */
  #prefix(chain: string): string {
    return `validators/${this.#parts.network}/${chain.slice(2, 18)}`;
  }

  #keyOf(chain: string, seat: number, name: Remembered, part: number): string {
    return `${this.#prefix(chain)}/${seat}/${name}${part === 0 ? "" : `/${part}`}`;
  }
}
