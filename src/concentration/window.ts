/** How many buckets a window is cut into. */
const buckets = 60;

/** How often something happened lately: a ring of 60 counts. Adding costs a division and two increments. */
class Window {
  readonly #bucketMs: number;
  readonly #counts = new Uint32Array(buckets);
  #latest = 0;
  #total = 0;

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  /** Counts one event at `now`, in the clock's milliseconds. */
  add(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket !== this.#latest) this.#advance(bucket);
    const index = bucket % buckets;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total++;
  }

  /** Events of the last 60 buckets, the present one included. */
  total(now: number): number {
    this.#advance(Math.floor(now / this.#bucketMs));
    return this.#total;
  }

  /** Forgets the buckets that fell out of the window. An event that comes late counts in its own bucket. */
  #advance(bucket: number): void {
    const stale = Math.min(buckets, bucket - this.#latest);
    for (let step = 1; step <= stale; step++) {
      const index = (this.#latest + step) % buckets;
      this.#total -= this.#counts[index] as number;
      this.#counts[index] = 0;
    }
    if (stale > 0) this.#latest = bucket;
  }
}

/**
 * Events of the last hour, to the minute. A live share is meant to swing during an outage; an hour is what says how
 * traffic usually lies.
 */
export class HourWindow extends Window {
  constructor() {
    super(60_000);
  }
}

/** Events of the last minute, to the second: how much comes now. */
export class MinuteWindow extends Window {
  #first = Number.NaN;

  constructor() {
    super(1_000);
  }

  override add(now: number): void {
    if (Number.isNaN(this.#first)) this.#first = now;
    super.add(now);
  }

  /** Events per second; over less than a minute while the first one is not that long ago, but never over less than a second. */
  perSecond(now: number): number {
    const total = this.total(now);
    if (total === 0) return 0;
    const covered = (buckets - 1) * 1_000 + (now % 1_000);
    return (1_000 * total) / Math.max(1_000, Math.min(covered, now - this.#first));
  }
}
