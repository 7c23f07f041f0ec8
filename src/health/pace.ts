/** Rounds of probes per second that a process may spend on upstreams with traffic, and on those without. */
const busyRounds = 100;
const idleRounds = 50;

/**
 * Keeps the cost of probing bounded however many upstreams a process has: beyond 100 rounds per second for upstreams
 * of networks with traffic, and 50 for the others, pauses grow with their number. One for all networks of a process.
 */
export class Pace {
  #busy = 0;
  #idle = 0;

  /** How many upstreams there are now more, or fewer, of each sort. */
  count(busy: number, idle: number): void {
    this.#busy += busy;
    this.#idle += idle;
  }

  /** How many there are in all. */
  get upstreams(): number {
    return this.#busy + this.#idle;
  }

  /** The pause in milliseconds between rounds at one upstream, given the one that is wished for. */
  pause(wishedMs: number, busy: boolean): number {
    const rounds = busy ? this.#busy / busyRounds : this.#idle / idleRounds;
    return Math.max(wishedMs, rounds * 1_000);
  }
}
