import { type Fault, ruleOf } from "../core/outcome.ts";
import type { Clock } from "../lib/clock.ts";

/** How much may be sent beyond what clients asked for. */
export interface RetryBudgetOptions {
  /** Retries and hedges together, as a share of recent calls. */
  readonly share: number;
  /** Hedges alone, as a share of recent calls. */
  readonly hedgeShare: number;
  /** What is allowed on top, so that thin traffic can be retried: so many a second. */
  readonly minPerSecond: number;
}

/** When the budget is empty whatever was spent: with too many calls at the upstreams for hedges, cut off ourselves for all. */
export interface Straits {
  strained(): boolean;
  impaired(): boolean;
}

const no = () => false;

const seconds = 10;
/** What a retry costs when the upstream never got the call: that asked for no work, so little. */
const undeliveredCost = 0.1;

/**
 * The fleet-wide limit on second attempts of one network, so that retries cannot turn an outage into a flood: a share
 * of the calls of the last 10 s, plus a fixed rate. Source of the rule and its numbers (20 %, 10/s, 10 s): Finagle's
 * RetryBudget.
 */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  readonly #clock: Clock;
  readonly #straits: Straits;
  readonly #slots = Array.from({ length: seconds }, () => ({ calls: 0, retries: 0, hedges: 0 }));
  readonly #sum = { calls: 0, retries: 0, hedges: 0 };
  #slot = 0;
  #slotEndsAt: number;

  constructor(options: RetryBudgetOptions, clock: Clock, straits: Straits = { strained: no, impaired: no }) {
    this.#options = options;
    this.#clock = clock;
    this.#straits = straits;
    this.#slotEndsAt = clock.now() + 1_000;
  }

  /** A client's call came in. */
  called(): void {
    this.#add("calls", 1);
  }

  /** May a retry be made after this fault? Books nothing, as there may be no upstream for it. */
  allowsRetry(after: Fault): boolean {
    this.#turn();
    return this.#affords(costAfter(after));
  }

  /** A retry was made after this fault. */
  retried(after: Fault): void {
    this.#add("retries", costAfter(after));
  }

  /** May a hedge be made? Books nothing either. */
  allowsHedge(): boolean {
    if (this.#straits.strained()) return false;
    this.#turn();
    const { hedgeShare, minPerSecond } = this.#options;
    return this.#affords(1) && this.#sum.hedges + 1 <= hedgeShare * this.#sum.calls + minPerSecond * seconds;
  }

  /** A hedge was made. */
  hedged(): void {
    this.#add("hedges", 1);
  }

  #affords(cost: number): boolean {
    const { share, minPerSecond } = this.#options;
    const { calls, retries, hedges } = this.#sum;
    return !this.#straits.impaired() && retries + hedges + cost <= share * calls + minPerSecond * seconds;
  }

  #add(what: "calls" | "retries" | "hedges", amount: number): void {
    this.#turn();
    const slot = this.#slots[this.#slot];
    if (slot) slot[what] += amount;
    this.#sum[what] += amount;
  }

  /** Forgets the seconds that have left the window. */
  #turn(): void {
    const now = this.#clock.now();
    if (now < this.#slotEndsAt) return;
    const turns = Math.min(seconds, Math.floor((now - this.#slotEndsAt) / 1_000) + 1);
    for (let turn = 0; turn < turns; turn++) {
      this.#slot = (this.#slot + 1) % seconds;
      const slot = this.#slots[this.#slot];
      if (!slot) continue;
      this.#sum.calls -= slot.calls;
      this.#sum.retries -= slot.retries;
      this.#sum.hedges -= slot.hedges;
      slot.calls = slot.retries = slot.hedges = 0;
    }
    this.#slotEndsAt += 1_000 * (Math.floor((now - this.#slotEndsAt) / 1_000) + 1);
  }
}

function costAfter({ kind }: Fault): number {
  return ruleOf(kind).delivered === "no" ? undeliveredCost : 1;
}
