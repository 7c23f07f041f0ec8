/** How often a broken upstream fails: 0.6, so that a brown-out of one half is found too. */
const brokenRate = 0.6;

/** The least failure rate that a sound upstream is taken to have. */
const leastSoundRate = 0.005;

/** A sound upstream may fail this much more often than it usually does. */
const tolerance = 1.5;

/** What an upstream is taken to fail before it is known: high enough not to condemn one of 3 % in its first minute. */
const firstBaseline = 0.01;

/**
 * The highest baseline that is learned. Whoever always fails more is not "usually like that" but bad: with 5 % the
 * score turns upward when three calls in ten fail.
 */
const worstBaseline = 0.05;

/** How much one sample moves the baseline once it is settled: a memory of 500 samples. */
const slowestLearning = 1 / 500;

/** The first samples move it more, as in a plain average over this many. */
const firstLearning = 1 / 100;

/** The score above which an upstream that sees one call per second is ejected: three failures close together. */
const ejectAt = 11;

/** By how much suspicion comes earlier than ejection, and how far the score may climb above it (clamp 14). */
const suspectEarlier = 4;
const headroom = 3;

/** A score above this asks for a second opinion: one failure of an upstream that hardly ever fails. */
const uneasyAt = 3.5;

/** While traffic failed this lately, a passing probe counts a quarter: a health check must not outvote real calls. */
const trafficMemoryMs = 10_000;
const probeShare = 0.25;

/** A call that was called off is ignored below the first weight; above the second it is as telling as a failure. */
const leastWeight = 0.1;
const tellingWeight = 2;

/**
 * What traffic and probes showed of one upstream, as one number: the log-likelihood ratio of "broken" against "as
 * usual", summed up and never below 0 (a CUSUM: Page 1954). It climbs with each failure, falls with each success. The
 * rates and limits above were found by simulating outages and noise on a fleet of twelve.
 *
 * The limits grow with the logarithm of the call rate. False alarms of a CUSUM come every e^limit samples or so
 * (Lorden 1971), so a fixed limit that is right at one call per second would raise a thousand times as many at a
 * thousand; and there the extra failures take only milliseconds to come.
 *
 * Times are milliseconds of the injected clock. Plain numbers: this is written on each attempt.
 */
export class Evidence {
  score = 0;
  /** The failure rate that is usual for this upstream, 0..1. */
  baseline = firstBaseline;
  /** Calls per second, of late. */
  rate = 0;
  /** Since when nothing but failures came; NaN when the last word was a success. */
  failingSince = Number.NaN;
  /** What failed last, in a few words. */
  lastFailure = "";
  /** The last failure was silence: an attempt that waited too long. */
  silent = false;
  /** Above this the upstream is suspect, or ejected. */
  suspectAbove = ejectAt - suspectEarlier;
  ejectAbove = ejectAt;
  #failure = 0;
  #success = 0;
  #samples = 0;
  #trafficFailedAt = Number.NEGATIVE_INFINITY;
  #windowStart = 0;
  #windowCount = 0;

  constructor(now: number) {
    this.#windowStart = now;
    this.#weigh();
  }

  /** Is one more look at it due now? */
  get uneasy(): boolean {
    return this.score > uneasyAt;
  }

  /** An attempt was answered. */
  succeeded(now: number): void {
    this.#count(1, now);
    if (this.score > 0) this.score = Math.max(0, this.score + this.#success);
    this.failingSince = Number.NaN;
    // An outage must not become the usual.
    if (this.score <= this.suspectAbove) this.#learn(0);
  }

  /** An attempt failed. `share` is 1 for hard failures, 0.5 for soft ones. */
  failed(now: number, share: number, what: string): void {
    this.#count(1, now);
    this.#trafficFailedAt = now;
    const suspected = this.score > this.suspectAbove;
    this.#accuse(now, share * this.#failure, what);
    this.silent = false;
    if (!suspected) this.#learn(share);
  }

  /** An attempt still waits, longer than healthy upstreams ever take: as good as a failure, until it is answered. */
  overdue(now: number): void {
    this.#trafficFailedAt = now;
    this.#accuse(now, this.#failure, "no answer");
    this.silent = true;
  }

  /** An attempt that was counted as overdue was answered after all. */
  forgiven(): void {
    this.score = Math.max(0, this.score - this.#failure);
  }

  /**
   * An attempt was called off unanswered, at an age that the share `slower` of healthy answers outlasts. The likelihood
   * ratio of that: ln((pd + (1 - pd) s) / (p0 + (1 - p0) s)), which is 0 at age 0 and a whole failure when s is 0.
   * Without it, hedging would hide a silent upstream: its attempts would all be called off before they are overdue.
   */
  calledOff(now: number, slower: number): void {
    const sound = this.#soundRate();
    const weight = Math.log((brokenRate + (1 - brokenRate) * slower) / (sound + (1 - sound) * slower));
    if (weight < leastWeight) return;
    if (weight > tellingWeight) this.#trafficFailedAt = now;
    this.#accuse(now, weight, "no answer");
    this.silent = true;
  }

  probePassed(now: number): void {
    this.#count(0, now);
    const share = now - this.#trafficFailedAt < trafficMemoryMs ? probeShare : 1;
    this.score = Math.max(0, this.score + share * this.#success);
    if (share === 1) this.failingSince = Number.NaN;
  }

  probeFailed(now: number, share: number, what: string): void {
    this.#count(0, now);
    this.#accuse(now, share * this.#failure, `probe: ${what}`);
    this.silent = false;
  }

  /** Starts afresh, for an upstream that comes back: what was held against it is served. */
  acquit(): void {
    this.score = 0;
    this.failingSince = Number.NaN;
    this.#trafficFailedAt = Number.NEGATIVE_INFINITY;
  }

  #accuse(now: number, weight: number, what: string): void {
    this.score = Math.min(this.ejectAbove + headroom, this.score + weight);
    if (Number.isNaN(this.failingSince)) this.failingSince = now;
    this.lastFailure = what;
  }

  /** Moves the baseline towards a sample. */
  #learn(sample: number): void {
    const step = Math.max(slowestLearning, 1 / (1 / firstLearning + this.#samples));
    this.#samples++;
    this.baseline = Math.min(worstBaseline, this.baseline + step * (sample - this.baseline));
    // Two logarithms are too many for each success; the baseline hardly moves in between.
    if (sample > 0 || (this.#samples & 31) === 0) this.#weigh();
  }

  #soundRate(): number {
    return Math.max(leastSoundRate, tolerance * this.baseline);
  }

  #weigh(): void {
    const sound = this.#soundRate();
    this.#failure = Math.log(brokenRate / sound);
    this.#success = Math.log((1 - brokenRate) / (1 - sound));
  }

  /** Counts calls, and once a second turns the count into the rate and the limits that follow from it. */
  #count(calls: number, now: number): void {
    this.#windowCount += calls;
    const elapsed = now - this.#windowStart;
    if (elapsed < 1_000) return;
    this.rate = (1_000 * this.#windowCount) / elapsed;
    this.#windowStart = now;
    this.#windowCount = 0;
    this.ejectAbove = ejectAt + Math.log(Math.max(1, this.rate));
    this.suspectAbove = this.ejectAbove - suspectEarlier;
  }
}
