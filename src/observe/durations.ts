import { durationBoundsMs } from "./metrics.ts";

/**
 * How long something took, as counts in buckets. Plain numbers, because adding to a prom-client histogram costs half
 * a microsecond per call and this a fiftieth of it; whoever scrapes reads them.
 */
export class Durations {
  /** One count per bound of {@link durationBoundsMs} and one for what is longer; not cumulative. */
  readonly counts = new Float64Array(durationBoundsMs.length + 1);
  sumMs = 0;

  add(ms: number): void {
    let bucket = 0;
    while (bucket < durationBoundsMs.length && ms > (durationBoundsMs[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sumMs += ms;
  }
}
