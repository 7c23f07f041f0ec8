import type { Priority } from "../core/call.ts";
import type { PolicyEnvironment } from "../core/policy.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";

/** The pressure that is aimed at when there are too many calls: a tenth is left for what must get through. */
const aim = 0.9;

/** How often pressure is looked at, and the time constant with which looks are smoothed, in milliseconds. */
const lookMs = 100;
const tauMs = 300;

/** By how much the admitted share changes a second, as an exponent, for each whole of pressure too much and too little. */
const brake = 3;
const ease = 1;

/** No look counts as more pressure than this above the aim. */
const mostExcess = 0.3;

/** So much is always let in: who lets nobody in does not see that it is over. */
const leastShare = 0.02;

/** The time constant, in milliseconds, with which the mix of calls is learned. */
const mixTauMs = 1_000;

/**
 * Lets as many calls in as the network's upstreams bear. When they have more than 90 % of that, a share of bulk calls and
 * interactive reads is refused, which grows for as long as it lasts, and shrinks a third as fast for each whole of
 * pressure that is missing; of the two, bulk goes first, down to the last. Transactions and validator duties are always
 * let in.
 *
 * Refusing early is cheap, while a call that waits for room, or for an upstream that has too many, costs everybody time
 * and in the end is asked again. Sources: the classes and their order, Google's SRE book, chapter 21 (criticality);
 * falling fast and rising slowly, TCP's congestion control; that overload feeds itself by retries after its cause has gone,
 * Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021. The constants: the scenario in overload.test.ts.
 */
export class Restraint {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pressure: () => number;
  #lookedAt: number;
  /** Smoothed. */
  #level = 0;
  /** The share of bulk and reads that is let in, 0..1. */
  #share = 1;
  /** How many of them came since the last look, and how many of these were bulk; and the usual share of bulk, 0..1. */
  #came = 0;
  #bulkCame = 0;
  #bulk = 0;

  constructor(pressure: () => number, { clock, random }: Pick<PolicyEnvironment, "clock" | "random">) {
    this.#pressure = pressure;
    this.#clock = clock;
    this.#random = random;
    this.#lookedAt = clock.now();
  }

  /** May a call of this priority be let in now? */
  admits(priority: Priority): boolean {
    if (priority < 2) return true;
    this.#look();
    this.#came++;
    if (priority === 3) this.#bulkCame++;
    if (this.#share >= 1) return true;
    // What is refused is taken from bulk first: only when there is none left to refuse, from reads.
    const share = priority === 3 ? 1 - (1 - this.#share) / this.#bulk : this.#share / (1 - this.#bulk);
    return this.#random() < share;
  }

  /** Is there more pressure than is aimed at, so that nothing should be sent twice? */
  isStrained(): boolean {
    this.#look();
    return this.#level > aim;
  }

  #look(): void {
    const now = this.#clock.now();
    const ms = now - this.#lookedAt;
    if (ms < lookMs) return;
    this.#lookedAt = now;
    if (this.#came > 0) this.#bulk += (1 - Math.exp(-ms / mixTauMs)) * (this.#bulkCame / this.#came - this.#bulk);
    this.#came = this.#bulkCame = 0;
    // One look after a long time does not tell that it was so all the time: bad news counts for a moment only.
    const pressure = this.#pressure() || 0;
    this.#level += (1 - Math.exp(-(pressure > this.#level ? lookMs : ms) / tauMs)) * (pressure - this.#level);
    const excess = Math.min(mostExcess, this.#level - aim);
    const change = Math.exp((-excess * (excess > 0 ? brake * lookMs : ease * ms)) / 1_000);
    this.#share = Math.min(1, Math.max(leastShare, this.#share * change));
  }
}
