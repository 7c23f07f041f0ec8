import type { StateStore } from "../core/store.ts";
import { type Clock, repeat, type Scheduled } from "../lib/clock.ts";

/** One index of one network at one time. */
export interface Level {
  /** What it is the index of: network and dimension. */
  readonly name: string;
  readonly hhi: number;
}

export interface DriftParts {
  readonly clock: Clock;
  readonly store: StateStore;
  /** The indices as they are now. */
  readonly read: () => readonly Level[];
  readonly crashed: (bug: unknown) => void;
}

/** How an index has moved. */
export interface Moved {
  readonly name: string;
  /** HHI now less that of seven days ago, or of the oldest that is known. */
  readonly change: number;
  /** Over how many milliseconds; less than seven days while that is not known so long. */
  readonly overMs: number;
}

export interface Drift {
  moved(): readonly Moved[];
  /** Takes back what was kept, and begins to look. */
  start(): void;
  stop(): Promise<void>;
}

const hourMs = 3_600_000;
/** A week of hourly looks, and one more. */
const mostSamples = 7 * 24 + 1;
/** So many networks and dimensions are followed. */
const mostNames = 512;
const key = "concentration/drift";

/** Wall-clock hours since 1970, and HHI. */
type Sample = readonly [hour: number, hhi: number];

/**
 * Follows how concentrated a fleet becomes over a week, across restarts: looks once an hour. Source of a week, and of 100
 * points as worth a look: field practice after the US Merger Guidelines 2023, by which a change of 100 is presumed harmful in
 * what is concentrated already.
 */
export function createDrift(parts: DriftParts): Drift {
  return new WeeklyDrift(parts);
}

class WeeklyDrift implements Drift {
  readonly #parts: DriftParts;
  readonly #samples = new Map<string, Sample[]>();
  #timer: Scheduled | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(parts: DriftParts) {
    this.#parts = parts;
  }

  moved(): readonly Moved[] {
    const hour = this.#hour();
    return this.#parts.read().flatMap(({ name, hhi }) => {
      const [oldest] = this.#samples.get(name) ?? [];
      if (!oldest || oldest[0] >= hour) return [];
      return [{ name, change: hhi - oldest[1], overMs: (hour - oldest[0]) * hourMs }];
    });
  }

  start(): void {
    const { clock } = this.#parts;
    this.#do(async () => {
      const text = await this.#parts.store.get(key);
      if (text !== undefined) this.#restore(JSON.parse(text));
      this.#look();
    });
    this.#timer = repeat(
      clock,
      () => hourMs - (clock.epoch() % hourMs) + 1,
      () => this.#do(async () => this.#look()),
    );
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#work;
  }

  #hour(): number {
    return Math.floor(this.#parts.clock.epoch() / hourMs);
  }

  #look(): void {
    const hour = this.#hour();
    for (const { name, hhi } of this.#parts.read()) {
      const known = this.#samples.get(name);
      if (!known && this.#samples.size >= mostNames) continue;
      const samples = (known ?? []).filter(([at]) => at > hour - mostSamples && at <= hour);
      // A restart within the hour knows less of what upstreams bear than the look before it did.
      const looked = samples.at(-1)?.[0] === hour;
      this.#samples.set(name, looked ? samples : [...samples, [hour, Math.round(hhi)]]);
    }
    const text = JSON.stringify([...this.#samples]);
    this.#do(() => this.#parts.store.set(key, text, 2 * mostSamples * hourMs));
  }

  #restore(kept: unknown): void {
    if (!Array.isArray(kept)) return;
    for (const entry of kept.slice(0, mostNames)) {
      const [name, samples] = Array.isArray(entry) ? entry : [];
      if (typeof name !== "string" || !Array.isArray(samples)) continue;
      const sound = samples.filter(
        (one): one is Sample => Array.isArray(one) && one.every((value) => Number.isFinite(value)),
      );
      this.#samples.set(name, sound.slice(-mostSamples));
    }
  }

  /** One thing after the other. */
  #do(work: () => Promise<unknown>): void {
    this.#work = this.#work.then(work).catch(this.#parts.crashed);
  }
}
