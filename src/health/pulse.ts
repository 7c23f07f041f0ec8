import type { Clock } from "../lib/clock.ts";

/** How often what waits or changes with time is looked at, in milliseconds. */
const beatMs = 50;

/** The beat after a late one counts as late too, in milliseconds: answers that came meanwhile still wait to be read. */
const stallEchoMs = 2 * beatMs;

/** A beat this late, in milliseconds, says that this process stood still; everybody's answers are late then. */
const stalledMs = 50;

/**
 * Looks at what changes by mere waiting. `stalled` says that this process itself stood still just now, so that ages
 * prove nothing. Returns whether there is anything left to look at.
 */
export type Beat = (now: number, stalled: boolean) => boolean;

/** One timer for all networks of the process, running only while somebody has reason to look. */
export class Pulse {
  readonly #clock: Clock;
  readonly #beats = new Set<Beat>();
  #running = false;
  #dueAt = 0;
  #stalledAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Did this process stand still just now? Latencies prove nothing then. Only known while somebody has reason to look. */
  isStalled(): boolean {
    return this.#clock.now() - this.#stalledAt < stallEchoMs;
  }

  /** Calls `beat` every 50 ms until it returns false. Adding one that is already there does nothing. */
  join(beat: Beat): void {
    this.#beats.add(beat);
    if (!this.#running) this.#schedule(this.#clock.now());
  }

  leave(beat: Beat): void {
    this.#beats.delete(beat);
  }

  #schedule(now: number): void {
    this.#running = true;
    this.#dueAt = now + beatMs;
    this.#clock.schedule(beatMs, this.#beat);
  }

  readonly #beat = (): void => {
    const now = this.#clock.now();
    if (now - this.#dueAt > stalledMs) this.#stalledAt = now;
    const stalled = now - this.#stalledAt < stallEchoMs;
    for (const beat of this.#beats) if (!beat(now, stalled)) this.#beats.delete(beat);
    if (this.#beats.size > 0) this.#schedule(now);
    else this.#running = false;
  };
}
