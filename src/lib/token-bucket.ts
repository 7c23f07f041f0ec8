import type { Clock } from "./clock.ts";

/**
 * So many tokens a second, saved up to `burst` while nobody takes any. Starts full and refills when looked at,
 * so it needs no timer.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;

  constructor(ratePerSecond: number, burst: number, clock: Clock) {
    this.#perMs = ratePerSecond / 1_000;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  /** Are there `amount` tokens now? Takes none. */
  has(amount = 1): boolean {
    return this.#level(this.#clock.now()) >= amount;
  }

  /** Takes `amount` tokens, or none when there are not as many; says which. */
  take(amount = 1): boolean {
    const now = this.#clock.now();
    this.#tokens = this.#level(now);
    this.#at = now;
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }

  /** Takes `amount` tokens also where there are not as many: what is missing has to come in before there are any again. */
  spend(amount = 1): void {
    const now = this.#clock.now();
    this.#tokens = this.#level(now) - amount;
    this.#at = now;
  }

  #level(now: number): number {
    return Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
  }
}
