/** What is to be said of a domain at its present share of traffic: it does well, it does not, or it is too early to say. */
export type GateVerdict = "pass" | "fail" | "wait";

/** The least share of failed attempts that a sound domain may have, and how much more often than usual it may fail. */
const leastFailures = 0.005;
const tolerance = 1.5;

/**
 * An answer is slow when it takes this many times the p95 of its kind; of a sound domain, by definition, one in twenty may
 * be.
 */
const slowFactor = 1.5;
const slowShare = 0.05;

/**
 * And this many milliseconds more, for so long an answer may have to wait in our own process (as for limits that learn): of
 * upstreams next door, which answer in a few milliseconds, a pause of ours would look like an illness of theirs.
 */
const ownMs = 20;

/**
 * While fewer attempts than this were made, as many failures are borne as with this many: with 50, a domain that fails one in
 * ten is found out in 96 of 100 cases, and one that fails one in 200 is wronged in 3 (binomial, more than the one failure
 * that `most` allows).
 */
const leastJudged = 50;

/**
 * Chance may add this many standard deviations to the failures, and to the slow answers, that are expected: what is usual for
 * a class of methods is known from as few as twenty answers, and a slow answer is one.
 */
const failureDeviations = 2;
const slowDeviations = 3;

/** For how long more attempts are waited for where a few went badly: then these few decide. */
const longestPatienceMs = 10_000;

/** What a step asks for: so many attempts, or, where they do not come in so many milliseconds, probes. */
export interface Demand {
  readonly attempts: number;
  readonly patienceMs: number;
}

/** What probes say of the members of a domain: how many pass, how many fail. */
interface Probed {
  readonly passing: number;
  readonly failing: number;
}

/**
 * What users feel at one domain that comes back, share by share: a gate to each step of its ramp. Told of every attempt
 * there; counts only, however many.
 *
 * With enough attempts they alone decide: no more may fail than 0.5 %, or 1.5 times what is usual there, and no more than
 * 5 % may take longer than 1.5 times the p95 that is usual for their class of methods at their upstream, and 20 ms, each as
 * far as so many attempts can tell. Like is compared with like, so that what clients happen to ask for plays no part: a log
 * query takes four times as long as a balance. On thin traffic it passes when nothing went wrong that chance does not
 * explain, a member passes probes, and no more members fail than when the step began.
 */
export class Gate {
  readonly #failureShare: number;
  #since = Number.NaN;
  #demand: Demand = { attempts: leastJudged, patienceMs: longestPatienceMs };
  #failingBefore = 0;
  #attempts = 0;
  #failures = 0;
  #timed = 0;
  #slow = 0;

  /** `usualFailures`: the share of attempts, 0..1, that failed there before the outage; `undefined` when it is unknown. */
  constructor(usualFailures: number | undefined) {
    this.#failureShare = Math.max(leastFailures, tolerance * (usualFailures ?? 0));
  }

  /** A step begins: forgets what was counted. Does nothing when it began at `since` already. */
  begin(since: number, demand: Demand, { failing }: Probed): void {
    if (since === this.#since) return;
    this.#since = since;
    this.#demand = demand;
    this.#failingBefore = failing;
    this.#attempts = this.#failures = this.#timed = this.#slow = 0;
  }

  /**
   * An attempt that began at `startedAt` was answered after `ms`, where 95 of 100 such answers took at most `usualMs` before
   * the outage; `undefined` when that is unknown. One from before the step counts for nothing: it tells of another share.
   */
  answered(startedAt: number, ms: number, usualMs: number | undefined): void {
    if (startedAt < this.#since) return;
    this.#attempts++;
    if (usualMs === undefined) return;
    this.#timed++;
    if (ms > slowFactor * usualMs + ownMs) this.#slow++;
  }

  /**
   * It was called off unanswered after `ms`. When nearly all answers would have come by then it counts as a slow one, lest
   * hedging hide a silent domain; before that it says nothing.
   */
  calledOff(startedAt: number, ms: number, usualMs: number | undefined): void {
    if (startedAt < this.#since || usualMs === undefined || ms <= usualMs + ownMs) return;
    this.#attempts++;
    this.#timed++;
    this.#slow++;
  }

  /** It failed by its upstream's fault. */
  failed(startedAt: number): void {
    if (startedAt < this.#since) return;
    this.#attempts++;
    this.#failures++;
  }

  /** Does the domain do well at its present share? Never `wait` for longer than ten seconds. */
  verdict(probed: Probed, now: number): GateVerdict {
    const age = now - this.#since;
    const patient = age < longestPatienceMs;
    if (!this.#isClean(patient ? leastJudged : 0)) return "fail";
    const clean = this.#isClean(0);
    if (clean && this.#hasEnough()) return "pass";
    if (clean && age >= this.#demand.patienceMs && probed.passing > 0 && probed.failing <= this.#failingBefore) {
      return "pass";
    }
    return patient ? "wait" : "fail";
  }

  /** What the verdict rests on, as a sentence with its figures. */
  because({ passing, failing }: Probed): string {
    const felt = `${this.#failures} of ${this.#attempts} attempts failed, ${this.#slow} of ${this.#timed} answers were slow`;
    return this.#hasEnough() ? felt : `${felt}; probes: ${passing} pass, ${failing} fail`;
  }

  #hasEnough(): boolean {
    return this.#attempts >= this.#demand.attempts;
  }

  /** Did no more go wrong than chance explains, if there had been so many attempts at least? */
  #isClean(least: number): boolean {
    return (
      this.#failures <= most(this.#failureShare, Math.max(this.#attempts, least), failureDeviations) &&
      this.#slow <= most(slowShare, Math.max(this.#timed, least), slowDeviations)
    );
  }
}

/** The most of `count` that may go wrong where the share `share` does: what is expected, and what chance may add (Poisson). */
function most(share: number, count: number, deviations: number): number {
  const expected = share * count;
  return expected + deviations * Math.sqrt(expected);
}
