import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";

/**
 * So many legs may be under way at one upstream. One validator client that sends each of 100,000 attestations an epoch in
 * a call of its own sends some 3,100 of them at once (a 32nd part, in one slot).
 */
const mostLegs = 4_096;

/**
 * The legs of publishes that go on whatever their callers do. What is sent for a validator is never called off, neither
 * by the client, nor by a deadline, a new configuration or the end of the process: whoever closes the connections to
 * upstreams waits for `idle` first.
 *
 * Nothing is ever refused for what is under way, as a publish refused is a duty missed. What bounds the legs is that each
 * ends by the timeout of its attempt (two of them where it was asked in another encoding), and that an upstream which has
 * 4,096 under way, and so has hung for long, is left out of further broadcasts that another can take: so there are at most
 * that many times the upstreams, plus one for each publish that came while all of them had that many.
 */
export class Detached {
  readonly #clock: Clock;
  readonly #legs = new Map<Upstream, number>();
  #underWay = 0;
  #told: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many legs have no outcome yet. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Has the upstream so few under way that it should get one more? */
  hasRoom(upstream: Upstream): boolean {
    return (this.#legs.get(upstream) ?? 0) < mostLegs;
  }

  /** A leg begins. */
  enter(upstream: Upstream): void {
    this.#underWay++;
    this.#legs.set(upstream, (this.#legs.get(upstream) ?? 0) + 1);
  }

  /** A leg has ended. */
  leave(upstream: Upstream): void {
    this.#underWay--;
    const left = (this.#legs.get(upstream) ?? 0) - 1;
    if (left > 0) this.#legs.set(upstream, left);
    else this.#legs.delete(upstream);
    if (this.#underWay > 0) return;
    const told = this.#told;
    this.#told = [];
    for (const tell of told) tell();
  }

  /** Resolves when no leg is under way, and after `mostMs` in any case. */
  idle(mostMs: number): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const patience = this.#clock.schedule(mostMs, resolve);
      this.#told.push(() => {
        patience.cancel();
        resolve();
      });
    });
  }
}
