import type { Dimension } from "../core/upstream.ts";
import { counterpart, type Domain, type Lattice } from "./domains.ts";
import { coincidenceMs } from "./inference.ts";

const dayMs = 86_400_000;

/**
 * What is taken to be known of an upstream before it was watched: one onset in one day. Found by simulating a fleet of
 * twelve: with one in an hour no failed region was ever named, with one in six hours or a day each was, and noise
 * never.
 */
const upstreamPriorMs = dayMs;

/**
 * The same known a tenth as firmly: some upstreams are never well, and a day is long to find that out. The greater of both
 * rates counts. Found by simulation: with the firm one alone, blips of three seconds once in two minutes took out a domain
 * in most half hours.
 */
const quickShare = 0.1;

/** How long ago an onset may be to count: the time constants of the exponential memories of upstreams and domains. */
const upstreamMemoryMs = 30 * dayMs;
const domainMemoryMs = 365 * dayMs;

/**
 * How long a domain lasts without failing as one, before any outage of it was seen. Whatever has machines, lines or
 * people of its own: a quarter of a year. Node software: a year, as bugs that stop all nodes of one client at once are
 * rarer (Nethermind had one in January 2024 and one in December 2025, Prysm one in December 2025). A country: ten
 * years; grids and lines of whole countries hardly ever fail (Spain and Portugal did on 28 April 2025), but most
 * upstreams share one, and it must not be blamed for what a provider does.
 */
const priorDays: Readonly<Record<Dimension, number>> = {
  provider: 90,
  region: 90,
  edge: 90,
  asn: 90,
  operator: 90,
  client: 365,
  jurisdiction: 3_650,
};

/**
 * What two labels share fails alone a quarter as often as the rarer of the two does: a bad roll-out of one client on
 * one cloud. Less would let a pair win over its own labels on the same onsets, as the smaller set wins ties within 1.0
 * and ln 4 = 1.4; and it makes up for there being many more pairs than labels.
 */
const pairFactor = 4;

/**
 * How often upstreams become suspect and domains fail, learned: after x onsets in a time t the rate is
 * (1 + x) / (prior + t), the mean of the Gamma distribution that a Gamma(1, prior) one becomes. Both x and t fade
 * exponentially, so that a bad month is forgotten. Rates are per millisecond, times the clock's milliseconds.
 *
 * An onset counts only once it is too old to be part of a coincidence: an upstream that fails together with others must
 * not look flaky for it. If a domain is found to be the cause before, the onset is the domain's and not the upstream's.
 * Onsets of members of a domain that is known to be down already are to be booked nowhere.
 *
 * Its size is that of the lattice.
 */
export class Rates {
  readonly #upstreams: Ledger;
  #domains: Ledger;
  /** The onset of each upstream that does not count yet; NaN for none. */
  readonly #pending: Float64Array;

  constructor(lattice: Lattice, now: number) {
    this.#upstreams = new Ledger(lattice.upstreams.length, upstreamMemoryMs, now);
    this.#domains = new Ledger(lattice.domains.length, domainMemoryMs, now);
    this.#pending = new Float64Array(lattice.upstreams.length).fill(Number.NaN);
  }

  /** How often the upstream with this index becomes suspect on its own. */
  upstream(index: number, now: number): number {
    this.#settle(index, now, coincidenceMs);
    const steady = this.#upstreams.rate(index, 1, upstreamPriorMs, now);
    return Math.max(steady, this.#upstreams.rate(index, quickShare, quickShare * upstreamPriorMs, now));
  }

  /** How often the domain fails as one. */
  domain(domain: Domain, now: number): number {
    return this.#domains.rate(domain.index, 1, priorMsOf(domain), now);
  }

  /** The upstream with this index became suspect. */
  onset(index: number, now: number): void {
    this.#settle(index, now, Number.NEGATIVE_INFINITY);
    this.#pending[index] = now;
  }

  /** The onsets of the last five seconds were nobody's doing: we are cut off ourselves. */
  excuse(): void {
    this.#pending.fill(Number.NaN);
  }

  /** The domain is found to have failed: it, and not each of its members, had the onsets of the last five seconds. */
  blame(domain: Domain, now: number): void {
    for (const member of domain.members) {
      this.#settle(member, now, coincidenceMs);
      this.#pending[member] = Number.NaN;
    }
    this.#domains.add(domain.index, now);
  }

  /** Labels changed: a domain keeps what was learned of its counterpart. */
  relabel(before: Lattice, after: Lattice): void {
    this.#domains = this.#domains.moved(after.domains.map((domain) => counterpart(domain, before)?.index));
  }

  /** Counts an onset that waits for longer than this. */
  #settle(index: number, now: number, waitMs: number): void {
    const at = this.#pending[index] as number;
    if (!(now - at > waitMs)) return;
    this.#upstreams.add(index, at);
    this.#pending[index] = Number.NaN;
  }
}

function priorMsOf({ dimensions }: Domain): number {
  const rarest = Math.max(...dimensions.map((dimension) => priorDays[dimension]));
  return rarest * (dimensions.length > 1 ? pairFactor : 1) * dayMs;
}

/** Onsets and the time they took, for a fixed number of things, both fading with the same time constant. */
class Ledger {
  readonly #memoryMs: number;
  readonly #start: number;
  readonly #onsets: Float64Array;
  readonly #asOf: Float64Array;

  constructor(size: number, memoryMs: number, now: number) {
    this.#memoryMs = memoryMs;
    this.#start = now;
    this.#onsets = new Float64Array(size);
    this.#asOf = new Float64Array(size).fill(now);
  }

  /** The same for things in another order; says where each was, `undefined` for a new one. */
  moved(from: readonly (number | undefined)[]): Ledger {
    const moved = new Ledger(from.length, this.#memoryMs, this.#start);
    from.forEach((place, index) => {
      if (place === undefined) return;
      moved.#onsets[index] = this.#onsets[place] as number;
      moved.#asOf[index] = this.#asOf[place] as number;
    });
    return moved;
  }

  add(index: number, at: number): void {
    this.#onsets[index] = this.#faded(index, at) + 1;
    this.#asOf[index] = at;
  }

  rate(index: number, priorOnsets: number, priorMs: number, now: number): number {
    const watchedMs = this.#memoryMs * -Math.expm1(-(now - this.#start) / this.#memoryMs);
    return (priorOnsets + this.#faded(index, now)) / (priorMs + watchedMs);
  }

  #faded(index: number, now: number): number {
    return (this.#onsets[index] as number) * Math.exp(-(now - (this.#asOf[index] as number)) / this.#memoryMs);
  }
}
