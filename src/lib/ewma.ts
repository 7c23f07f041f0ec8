/**
 * A moving average that believes bad news at once and good news slowly: a sample above the average becomes the
 * average, a lower one pulls it down with the time constant `tauMs`. So one look tells how bad it lately was, and an
 * upstream that has begun to stall is left alone after its first slow answer.
 * Source: the peak EWMA of Finagle's load balancer, whose tau is 10 s.
 */
export class PeakEwma {
  /** NaN before the first sample. */
  value = Number.NaN;
  readonly #tauMs: number;
  #at = 0;

  constructor(tauMs: number) {
    this.#tauMs = tauMs;
  }

  /** Takes in a sample that came at `now` (milliseconds, never going back) and returns the new average. */
  add(sample: number, now: number): number {
    // Written so that the first sample, compared with NaN, is taken as it is.
    if (sample < this.value) {
      const kept = Math.exp((this.#at - now) / this.#tauMs);
      this.value = sample + (this.value - sample) * kept;
    } else {
      this.value = sample;
    }
    this.#at = now;
    return this.value;
  }
}
