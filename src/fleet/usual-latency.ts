/** So many answers make up what is usual, and it changes with this time constant, in milliseconds, at the fastest. */
const longWindow = 600;
const tauMs = 60_000;

/** After so many looks something is known, whatever the load was, and after so many it is known well enough to change slowly. */
const introduced = 5;
const acquainted = 30;

/** How far a look under a reduced load moves it, and how far when that is too much for chance: 3 standard errors. */
const quietWeight = 0.15;
const surprisedWeight = 0.5;
const surprise = 3;

/** How many calls there were during a look: few of their own accord, few as the others were held back, or many. */
export type Load = "few" | "quiet" | "many";

/**
 * What answers of one class usually take at one upstream while it does not have many calls. Works on looks, which are the
 * mean logarithm of some answers' milliseconds, and the mean of its square.
 *
 * While there are many calls nothing is learned: what is usual would follow the queue. Only of an upstream that is new it
 * is better than nothing; that is `certain` after the first look with few calls.
 */
export class UsualLatency {
  /** Logarithm of milliseconds; +Infinity before the first look. */
  log = Number.POSITIVE_INFINITY;
  /** Variance of the logarithm of one answer. */
  #variance = 1;
  certain = false;
  /** When something was last learned, in the clock's milliseconds. */
  learnedAt = 0;
  #looks = 0;

  /** Too few looks so far to judge anything by it. */
  get isNew(): boolean {
    return this.#looks < introduced;
  }

  /** Takes in a look at `count` answers. */
  learn(log: number, square: number, count: number, load: Load, now: number): void {
    if (load === "many" && !this.isNew) return;
    this.#looks++;
    const weight = this.#weight(log, count, load, now);
    this.log = this.#looks === 1 ? log : this.log + weight * (log - this.log);
    this.#variance += weight * (Math.max(0, square - log * log) - this.#variance);
    this.certain ||= load !== "many";
    this.learnedAt = now;
  }

  #weight(log: number, count: number, load: Load, now: number): number {
    const surprised = Math.abs(log - this.log) > surprise * Math.sqrt(this.#variance / count);
    // The first look with few calls is worth more than all with many.
    if (surprised && !this.certain && load !== "many") return 1;
    // Of the first answers of all the quick ones come first, so that the second look replaces the first one.
    const first = this.#looks <= acquainted ? 1 / Math.max(1, this.#looks - 1) : 0;
    if (load === "quiet") return Math.max(first, surprised ? surprisedWeight : quietWeight);
    return Math.max(first, Math.min((2 * count) / (longWindow + 1), 1 - Math.exp((this.learnedAt - now) / tauMs)));
  }
}
