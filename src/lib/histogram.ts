/** The lower edge of the first bucket: what is smaller is counted there. */
const lowest = 0.25;

/** Buckets per doubling: each is 19 % wider than the one before, so a quantile is right within some 10 %. */
const perDoubling = 4;

/** 22 doublings above 0.25: in milliseconds, up to 17 minutes. */
const buckets = 22 * perDoubling;

const firstExponent = Math.log2(lowest);

/**
 * Counts of positive values in buckets that grow by a constant factor, so that one array answers for microseconds and
 * minutes alike. Adding costs one logarithm and one write; nothing is allocated after construction.
 */
export class Histogram {
  /** How much it holds: a number of values, less once it was scaled down. */
  total = 0;
  readonly #counts = new Float64Array(buckets);

  add(value: number): void {
    const index = bucketOf(value);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.total++;
  }

  /** The value below which the share `quantile` (0..1) of all lies; `undefined` while it is empty. */
  quantile(quantile: number): number | undefined {
    if (this.total <= 0) return undefined;
    let rest = quantile * this.total;
    for (let index = 0; index < buckets; index++) {
      const count = this.#counts[index] as number;
      if (count > 0 && rest <= count) return edge(index + rest / count);
      rest -= count;
    }
    return edge(buckets);
  }

  /** The share (0..1) of all that is greater than `value`; 1 while it is empty. */
  above(value: number): number {
    if (this.total <= 0 || value <= 0) return 1;
    const index = bucketOf(value);
    const inside = Math.min(1, Math.max(0, position(value) - index));
    let below = (this.#counts[index] as number) * inside;
    for (let lower = 0; lower < index; lower++) below += this.#counts[lower] as number;
    return Math.max(0, 1 - below / this.total);
  }

  /** Multiplies every count, so that old values weigh less than those to come. */
  scale(factor: number): void {
    for (let index = 0; index < buckets; index++) this.#counts[index] = (this.#counts[index] as number) * factor;
    this.total *= factor;
  }
}

/** Where a value lies, in buckets and parts of a bucket. */
function position(value: number): number {
  return (Math.log2(value) - firstExponent) * perDoubling;
}

function bucketOf(value: number): number {
  const index = Math.floor(position(value));
  return index > 0 ? Math.min(index, buckets - 1) : 0;
}

/** The value at a position. */
function edge(at: number): number {
  return lowest * 2 ** (at / perDoubling);
}
