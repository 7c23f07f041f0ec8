import { type Fault, ruleOf } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
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
 * The most of the whole that one failure domain may use up: what fails elsewhere finds a quarter of it left, whatever one
 * cloud does.
 */
const domainPart = 0.75;

/** A second attempt: after what an upstream did, or did not do, and where it went. */
export interface Move {
  readonly from: Upstream | undefined;
  readonly to: Upstream | undefined;
}

/** Second attempts of the last seconds, by second. */
class Spent {
  retries = 0;
  hedges = 0;
  readonly #retries = new Float64Array(seconds);
  readonly #hedges = new Float64Array(seconds);

  add(what: "retries" | "hedges", slot: number, amount: number): void {
    const slots = what === "retries" ? this.#retries : this.#hedges;
    slots[slot] = (slots[slot] as number) + amount;
    this[what] += amount;
  }

  /** A second has left the window. */
  forget(slot: number): void {
    this.retries -= this.#retries[slot] as number;
    this.hedges -= this.#hedges[slot] as number;
    this.#retries[slot] = this.#hedges[slot] = 0;
  }
}

/**
 * The limit on second attempts of one network, so that retries cannot turn an outage into a flood: a share of the calls of
 * the last 10 s, plus a fixed rate. Source of the rule and its numbers (20 %, 10/s, 10 s): Finagle's RetryBudget.
 *
 * What one provider causes has a limit of its own within it, so that its failure does not use up what others need. At the
 * start the fixed rate is as much for hedges as seconds have passed: nothing is known of latencies then, so that a fleet
 * which is slow by nature would be asked everything twice.
 */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  readonly #clock: Clock;
  readonly #straits: Straits;
  readonly #calls = new Float64Array(seconds);
  readonly #whole = new Spent();
  /** By provider. Those that second attempts went to are there too: while there is but one, all of it may be its own. */
  readonly #domains = new Map<string, Spent>();
  #called = 0;
  #slot = 0;
  #slotEndsAt: number;
  readonly #startedAt: number;

  constructor(options: RetryBudgetOptions, clock: Clock, straits: Straits = { strained: no, impaired: no }) {
    this.#options = options;
    this.#clock = clock;
    this.#straits = straits;
    this.#startedAt = clock.now();
    this.#slotEndsAt = this.#startedAt + 1_000;
  }

  /** A client's call came in. */
  called(): void {
    this.#turn();
    this.#calls[this.#slot] = (this.#calls[this.#slot] as number) + 1;
    this.#called++;
  }

  /** May a retry be made after this fault of `from`? Books nothing, as there may be no upstream for it. */
  allowsRetry(after: Fault, from: Upstream | undefined): boolean {
    if (this.#straits.impaired()) return false;
    this.#turn();
    return this.#affords(costAfter(after), from);
  }

  /** A retry was made after this fault. */
  retried(after: Fault, move: Move): void {
    this.#spend("retries", costAfter(after), move);
  }

  /** May a hedge be made, as `from` is slow? Books nothing either. */
  allowsHedge(from: Upstream | undefined): boolean {
    if (this.#straits.strained() || this.#straits.impaired()) return false;
    this.#turn();
    const { hedgeShare, minPerSecond } = this.#options;
    const open = Math.min(seconds, 1 + Math.floor((this.#clock.now() - this.#startedAt) / 1_000));
    const most = hedgeShare * this.#called + minPerSecond * open;
    if (!this.#affords(1, from) || this.#whole.hedges + 1 > most) return false;
    const own = this.#rivalled(from);
    return own === undefined || own.hedges + 1 <= domainPart * most;
  }

  /** A hedge was made. */
  hedged(move: Move): void {
    this.#spend("hedges", 1, move);
  }

  #affords(cost: number, from: Upstream | undefined): boolean {
    const { share, minPerSecond } = this.#options;
    const most = share * this.#called + minPerSecond * seconds;
    if (this.#whole.retries + this.#whole.hedges + cost > most) return false;
    const own = this.#rivalled(from);
    return own === undefined || own.retries + own.hedges + cost <= domainPart * most;
  }

  /** What a provider has used up; `undefined` when there is no other one that could need any. */
  #rivalled(upstream: Upstream | undefined): Spent | undefined {
    return upstream && this.#domains.size > 1 ? this.#domains.get(upstream.coordinates.provider) : undefined;
  }

  #spend(what: "retries" | "hedges", amount: number, { from, to }: Move): void {
    this.#turn();
    this.#whole.add(what, this.#slot, amount);
    if (to) this.#domainOf(to);
    if (from) this.#domainOf(from).add(what, this.#slot, amount);
  }

  #domainOf({ coordinates: { provider } }: Upstream): Spent {
    const known = this.#domains.get(provider) ?? new Spent();
    this.#domains.set(provider, known);
    return known;
  }

  /** Forgets the seconds that have left the window. */
  #turn(): void {
    const now = this.#clock.now();
    if (now < this.#slotEndsAt) return;
    const turns = Math.min(seconds, Math.floor((now - this.#slotEndsAt) / 1_000) + 1);
    for (let turn = 0; turn < turns; turn++) {
      this.#slot = (this.#slot + 1) % seconds;
      this.#called -= this.#calls[this.#slot] as number;
      this.#calls[this.#slot] = 0;
      this.#whole.forget(this.#slot);
      for (const spent of this.#domains.values()) spent.forget(this.#slot);
    }
    this.#slotEndsAt += 1_000 * (Math.floor((now - this.#slotEndsAt) / 1_000) + 1);
  }
}

function costAfter({ kind }: Fault): number {
  return ruleOf(kind).delivered === "no" ? undeliveredCost : 1;
}
