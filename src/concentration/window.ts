/** How many buckets the hour is cut into, and how long one is in milliseconds. */
const buckets = 60;
const bucketMs = 60_000;

/**
 * How often something happened in the last hour, to the minute: a ring of 60 counts. Adding costs a division and two
 * increments. A live share is meant to swing during an outage; an hour is what says how traffic usually lies.
 */
export class HourWindow {
  readonly #counts = new Uint32Array(buckets);
  #latest = 0;
  #total = 0;

  /** Counts one event at `now`, in the clock's milliseconds. */
  add(now: number): void {
    const bucket = Math.floor(now / bucketMs);
    if (bucket !== this.#latest) this.#advance(bucket);
    const index = bucket % buckets;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total++;
  }

  /** Events of the last 60 minutes, the present one included. */
  total(now: number): number {
    this.#advance(Math.floor(now / bucketMs));
    return this.#total;
  }

  /** Forgets the buckets that fell out of the hour. An event that comes late counts in its own minute. */
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
