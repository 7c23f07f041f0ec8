import { type Load, UsualLatency } from "./usual-latency.ts";

/** An answer may take so many times the usual before its upstream is taken to have too many calls. */
const tolerance = Math.log(1.5);

/** A limit grows by at least so much at a time. */
const leastGrowth = 4;

/** How much of the way to the next limit each answer goes that came with the limit in use; so with averages of looks. */
const smoothing = 0.2;

/** Where a limit starts, and how low it may fall. */
const first = 20;
const least = 4;

/**
 * A limit starts at no more than this much work at once, in balance reads: at 8 simulations, or 4 traces. Twenty traces are
 * a minute's work for a small node, and no latency has come in by then that could say so.
 */
const firstWork = 80;

/** So many answers make a look; half as many as there are places, where those are more. And so many make a quiet look. */
const enough = 10;
const quietEnough = 20;

/** One answer counts for no more than four times the usual, so that a lone outlier among ten changes nothing. */
const outlier = Math.log(4);

/** So long, in milliseconds, an answer may have to wait in our own process: whoever answers sooner is never slow. */
const quickMs = 20;

/** What is left of a limit after a refusal. Source: the multiplicative decrease of CUBIC, RFC 9438. */
const afterRefusal = 0.7;

/** Under strain there is a quiet look after this long, in milliseconds, or after so many answers' time. */
const stale = { ms: 10_000, times: 60 };

/** The same for the first one at an upstream that had as many calls as it may have ever since it is known. */
const staleAtFirst = { ms: 1_000, times: 5 };

/** For a quiet look: the share of the limit that is given out, and after how many answers' time it begins. */
const quietShare = 0.25;
const quietAfter = 4;

/** A limit binds from the fourth look in a row that finds too many calls, and until nearly none does. */
const binds = 0.5;
const bindsNoMore = 0.1;

/** With few calls that is forgotten with this time constant, in milliseconds: in some eight minutes. */
const forgetMs = 300_000;

/**
 * Learns how many calls of one class one upstream bears at once, from how latency grows with them. While answers take at
 * most 1.5 times the usual, the limit grows with its use; when they take longer, it shrinks in proportion. Being far is
 * part of the usual. Nothing changes while less than half of the limit is in use. It is told of each answer, and keeps only
 * numbers.
 *
 * Source: Gradient2Limit of Netflix' concurrency-limits, with its tolerance, queue, smoothing and long window, and its
 * faster forgetting of a usual latency that is twice the present one. What is different here, and why:
 *
 * - It looks at ten answers and more together, by their mean logarithm, and only at what came one latency after the last
 *   change. Answers of one class often spread tenfold: a single one says little, and a plain mean follows the slowest.
 * - The usual latency is learned while the upstream has few calls. Learned in a rush it would follow the queue, and the
 *   limit with it, without end. When a rush lasts, a quarter of the limit is given out for a moment every ten seconds, to
 *   see what is usual now. Source of that: ProbeRTT of BBR (Cardwell et al., BBR: Congestion-Based Congestion Control,
 *   ACM Queue 2016).
 * - The limit starts at 20, and not at what was declared: an upstream that never had many calls has shown nothing else,
 *   and the minute in which it gets those of a failed neighbour is a bad one to find out. While latency has not risen the
 *   limit grows by half each time, as in a slow start, so that who bears more is held up for a few round trips, once.
 */
export class Gradient {
  /** How many calls it bears at once, as far as is known; not always a whole number. */
  limit: number;
  /** How many may be under way now: the limit, or less during a quiet look. */
  room: number;
  inFlight = 0;
  /** For whoever sums classes up: moving averages of calls under way, and of answers. */
  flow = 0;
  answers = 0;
  /** Did latency grow with calls when the limit was last in use? Before that the limit says nothing of the upstream. */
  binding = false;
  readonly #least: number;
  readonly #most: number;
  readonly #usual = new UsualLatency();
  /** The last look: the mean logarithm of milliseconds, and whether half of the limit was in use, or all of it. */
  #recent = 0;
  #loaded = false;
  #full = false;
  #quiet = false;
  /** How many of the looks under load found too many calls: a moving average, 0..1. */
  #strain = 0;
  /** The look under way: since when answers count, how many did, the sums of their logarithms and of the squares. */
  #from = Number.NEGATIVE_INFINITY;
  #count = 0;
  #logs = 0;
  #squares = 0;
  /** How many came while half of the limit was in use, and all of it. */
  #atHalf = 0;
  #atLimit = 0;

  /** `most` is the highest that the limit may be, `cost` the work of one call, relative to reading one balance. */
  constructor(most: number, cost = 1) {
    this.#most = most;
    this.#least = Math.min(least, most);
    this.limit = Math.min(Math.max(least, Math.min(first, firstWork / cost)), most);
    this.room = this.limit;
  }

  /** What an answer usually takes while there are few calls, in milliseconds; +Infinity before that is known. */
  get usualMs(): number {
    return Math.exp(this.#usual.log);
  }

  /** What it took in the last look, in milliseconds. */
  get recentMs(): number {
    return Math.exp(this.#recent);
  }

  /** An answer took `ms`, or was given up after so long. True when that completes a look. */
  answered(ms: number, now: number): boolean {
    this.answers++;
    if (now < this.#from) return false;
    const log = Math.min(Math.log(Math.max(ms, quickMs)), this.#usual.log + outlier);
    this.#logs += log;
    this.#squares += log * log;
    this.#count++;
    if (this.inFlight >= this.limit / 2) this.#atHalf++;
    if (this.inFlight > this.limit - 1) this.#atLimit++;
    if (this.#count < (this.#quiet ? quietEnough : enough) || this.#count < this.room / 2) return false;
    this.#look(now);
    return true;
  }

  /** A call that was sent at `sentAt` was refused, or never answered, as happens where there are too many. */
  refused(sentAt: number, now: number): void {
    // Many calls run into one wall at once: those that were under way already are no further sign.
    if (sentAt < this.#from) return;
    this.#notice(1, smoothing);
    this.#become(this.limit * afterRefusal, now);
  }

  /** Did it have so many calls for so long that a quiet look is due? */
  isStale(now: number): boolean {
    const { certain, learnedAt } = this.#usual;
    const matters = certain ? this.#loaded && this.#strain > bindsNoMore : this.#full;
    const { ms, times } = certain ? stale : staleAtFirst;
    return matters && now - learnedAt > Math.max(ms, times * this.recentMs);
  }

  /** From now on only a quarter of the limit is given out, until `resume`. */
  quieten(now: number): void {
    this.#quiet = true;
    this.#become(this.limit, now + quietAfter * this.recentMs);
  }

  resume(now: number): void {
    this.#quiet = false;
    this.#become(this.limit, now + this.recentMs);
  }

  #look(now: number): void {
    const count = this.#count;
    const log = this.#logs / count;
    this.#recent = log;
    this.#loaded = this.#atHalf * 2 >= count;
    this.#full = this.#atLimit * 2 >= count;
    const load: Load = this.#quiet ? "quiet" : this.#loaded ? "many" : "few";
    const usual = this.#usual;
    const { isNew, learnedAt } = usual;
    usual.learn(log, this.#squares / count, count, load, now);
    if (load === "many") this.#become(this.#next(log, isNew), now + this.recentMs);
    else this.#begin(now);
    if (load === "few") this.#notice(0, 1 - Math.exp((learnedAt - now) / forgetMs));
  }

  /** The limit after a look under load. Of an upstream that is new, what is usual is not known: its limit only grows. */
  #next(log: number, isNew: boolean): number {
    const usual = this.#usual;
    if (usual.log > log + Math.LN2) usual.log += Math.log(0.95);
    const excess = log - usual.log - tolerance;
    if (isNew) return excess > 0 ? this.limit : this.limit * 1.5;
    this.#notice(excess > 0 ? 1 : 0, smoothing);
    const gradient = excess > 0 ? Math.max(0.5, Math.exp(-excess)) : 1;
    const growth = this.#strain > bindsNoMore ? Math.sqrt(this.limit) : this.limit / 2;
    const weight = 1 - (1 - smoothing) ** this.#atHalf;
    return this.limit + weight * (this.limit * (gradient - 1) + Math.max(leastGrowth, growth));
  }

  #notice(strain: number, weight: number): void {
    this.#strain += weight * (strain - this.#strain);
    this.binding = this.#strain > (this.binding ? bindsNoMore : binds);
  }

  /** A new limit. Answers count again from `from` on, when those that were sent under the old one are in. */
  #become(limit: number, from: number): void {
    this.limit = Math.max(this.#least, Math.min(this.#most, limit));
    this.room = this.#quiet ? Math.max(1, this.limit * quietShare) : this.limit;
    this.#begin(from);
  }

  #begin(from: number): void {
    this.#from = from;
    this.#count = this.#logs = this.#squares = this.#atHalf = this.#atLimit = 0;
  }
}
