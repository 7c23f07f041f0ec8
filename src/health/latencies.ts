import { Histogram } from "../lib/histogram.ts";

/** How many answers a class needs before its quantiles are believed. */
const enough = 20;

/** How often counts are halved, in milliseconds: quantiles speak of about the last half minute of a busy class. */
const halfLifeMs = 15_000;

/** A class that has fewer answers than this keeps them, however old: thin traffic has a long memory. */
const keep = 200;

/** A quantile is computed again after this share of new answers. */
const refresh = 1 / 32;

/**
 * How long answers take, per class of methods. Over all upstreams of a network it says when to hedge; over one, when an
 * attempt there has waited too long: it is no illness to be far or slow, only to be slower than usual.
 */
export class Latencies {
  readonly #classes = new Map<string, ClassLatency>();

  /** An answer came after `elapsedMs`. `timeoutMs` is what the class's methods may take at most. */
  answered(className: string, elapsedMs: number, timeoutMs: number, now: number): void {
    let found = this.#classes.get(className);
    if (!found) {
      found = new ClassLatency(timeoutMs, now);
      this.#classes.set(className, found);
    }
    found.add(elapsedMs, now);
  }

  /**
   * An attempt was given up unanswered after `elapsedMs`. When that was longer than most answers take it counts as an
   * answer of that age: were the losers of races left out, every hedge would shorten the delay before the next hedge.
   */
  gaveUp(className: string, elapsedMs: number, now: number): void {
    const found = this.#classes.get(className);
    const most = found?.quantile(0.9);
    if (found && most !== undefined && elapsedMs > most) found.add(elapsedMs, now);
  }

  /** The usual latency of a class, in milliseconds; `undefined` before enough was seen. */
  quantile(className: string, quantile: number): number | undefined {
    return this.#classes.get(className)?.quantile(quantile);
  }

  /** The usual latency of each class of which enough was seen, in milliseconds. */
  usual(quantile: number): ReadonlyMap<string, number> {
    const known = new Map<string, number>();
    for (const [className, one] of this.#classes) {
      const ms = one.quantile(quantile);
      if (ms !== undefined) known.set(className, ms);
    }
    return known;
  }

  /**
   * The share (0..1) of answers that take longer than `ageMs`; `undefined` before enough was seen. It is never 0: that none
   * of a few did does not show that none does (Laplace's rule of succession).
   */
  slowerThan(className: string, ageMs: number): number | undefined {
    const histogram = this.#classes.get(className)?.histogram;
    if (!histogram || histogram.total < enough) return undefined;
    return (histogram.total * histogram.above(ageMs) + 1) / (histogram.total + 2);
  }

  /** The share of answers that take longer than `ageMs`, of the class of which most do; `undefined` before enough was seen. */
  slowest(ageMs: number): number | undefined {
    let most: number | undefined;
    for (const className of this.#classes.keys()) {
      const slower = this.slowerThan(className, ageMs);
      if (slower !== undefined && !(slower <= (most ?? -1))) most = slower;
    }
    return most;
  }

  /**
   * How long an attempt may wait before that is evidence against its upstream, in milliseconds; `undefined` for a class
   * of which nothing is known. Three times p99, so that ordinary stragglers are not late, and at least 250 ms; half the
   * timeout until a p99 is known.
   */
  patience(className: string): number | undefined {
    const found = this.#classes.get(className);
    if (!found) return undefined;
    const p99 = found.quantile(0.99);
    return p99 === undefined ? found.timeoutMs / 2 : Math.max(leastPatienceMs, 3 * p99);
  }
}

/** No attempt is late before this age, in milliseconds: shorter pauses are ordinary (collection of garbage, a lost packet). */
export const leastPatienceMs = 250;

class ClassLatency {
  readonly timeoutMs: number;
  readonly histogram = new Histogram();
  readonly #quantiles = new Map<number, number>();
  #halveAt: number;
  #added = 0;

  constructor(timeoutMs: number, now: number) {
    this.timeoutMs = timeoutMs;
    this.#halveAt = now + halfLifeMs;
  }

  add(elapsedMs: number, now: number): void {
    const { histogram } = this;
    histogram.add(elapsedMs);
    if (now >= this.#halveAt) {
      this.#halveAt = now + halfLifeMs;
      if (histogram.total > keep) histogram.scale(0.5);
    }
    if (++this.#added < histogram.total * refresh) return;
    this.#added = 0;
    this.#quantiles.clear();
  }

  quantile(quantile: number): number | undefined {
    if (this.histogram.total < enough) return undefined;
    const known = this.#quantiles.get(quantile);
    if (known !== undefined) return known;
    const value = this.histogram.quantile(quantile);
    if (value !== undefined) this.#quantiles.set(quantile, value);
    return value;
  }
}
