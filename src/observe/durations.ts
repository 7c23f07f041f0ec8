import { durationBoundsMs } from "./metrics.ts";

/**
 * How often values were up to each of some bounds. Plain numbers, because adding to a prom-client histogram costs half a
 * microsecond per call and this a fiftieth of it; whoever scrapes reads them.
 */
export class Distribution {
  readonly bounds: readonly number[];
  /** How many of the values' units make one of those that are shown. */
  readonly perUnit: number;
  /** One count per bound and one for what is more; not cumulative. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[], perUnit = 1) {
    this.bounds = bounds;
    this.perUnit = perUnit;
    this.counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
  }
}

/** How long something took: milliseconds by {@link durationBoundsMs}, shown in seconds. */
export class Durations extends Distribution {
  constructor() {
    super(durationBoundsMs, 1_000);
  }
}
