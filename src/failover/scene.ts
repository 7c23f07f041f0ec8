import { capacityOf } from "../core/capacity.ts";
import type { Decision, Watcher } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import { type Bearer, canSpare, pour } from "./capacity.ts";
import { contains, type Domain, type Lattice } from "./domains.ts";
import type { Observation } from "./inference.ts";
import type { Rates } from "./rates.ts";

/** An upstream of which nothing was heard for longer than this says nothing by its silence, in milliseconds. */
const observableMs = 1_500;

/** Whoever outside of a domain answered this lately shows that we are not cut off, in milliseconds. */
const lateAnswerMs = 2_000;

/** What a member that still answers now and then keeps of its traffic when the others cannot bear all: a brown-out's half. */
const keptByHalf = 0.5;
const stillAnswersMs = 1_000;

/** Calls a second vary: who keeps a part keeps it until the others could bear this much more than they are asked for. */
const steadiness = 1.2;

export interface SceneParts {
  readonly lattice: Lattice;
  readonly rates: Rates;
  readonly watcherOf: (upstream: Upstream) => Watcher;
  /** What the configuration says that an upstream bears, in calls a second. */
  readonly declared: (upstream: Upstream) => number | undefined;
  readonly reserve: number;
}

/** What would become of the load if a domain were taken out. */
export interface Removing {
  /** What the domain keeps of its traffic where the others cannot bear all of it, 0..1. */
  readonly keeps: number;
  /** What goes out of service with it, as a share of all capacity, 0..1. */
  readonly capacity: number;
}

/** The upstreams of the process as failover looks at them: who became suspect when, who serves, who bears what. */
export class Scene {
  readonly #parts: SceneParts;
  /** When each became suspect, by index; NaN while it is not. */
  readonly #onsets: Float64Array;
  /** Those that became so only because they are behind. */
  readonly #behind = new Set<number>();
  readonly #indexOf: ReadonlyMap<Upstream, number>;
  readonly #byNetwork: ReadonlyMap<string, readonly number[]>;
  /** When somebody last became suspect. */
  lastOnset = Number.NEGATIVE_INFINITY;

  constructor(parts: SceneParts) {
    this.#parts = parts;
    const { upstreams } = parts.lattice;
    this.#onsets = new Float64Array(upstreams.length).fill(Number.NaN);
    this.#byNetwork = Map.groupBy(upstreams.keys(), (index) => (upstreams[index] as Upstream).network);
    this.#indexOf = new Map(upstreams.map((upstream, index) => [upstream, index]));
  }

  /**
   * An upstream became suspect. Whether that counts as its own doing depends on whether its domain is known to be down. For
   * one that was merely behind, it is news that it fails.
   */
  began(upstream: Upstream, cause: "failing" | "stale", known: boolean, now: number): void {
    const index = this.#indexOf.get(upstream);
    if (index === undefined) return;
    const isNews = cause === "failing" && this.#behind.has(index);
    if (!Number.isNaN(this.#onsets[index]) && !isNews) return;
    if (cause === "stale") this.#behind.add(index);
    else this.#behind.delete(index);
    this.#onsets[index] = now;
    this.lastOnset = now;
    if (!known) this.#parts.rates.onset(index, now);
  }

  ended(upstream: Upstream): void {
    const index = this.#indexOf.get(upstream);
    if (index === undefined) return;
    this.#onsets[index] = Number.NaN;
    this.#behind.delete(index);
  }

  isSuspect(upstream: Upstream): boolean {
    return !Number.isNaN(this.onsetOf(upstream));
  }

  /** Since when it is suspect; NaN while it is not. */
  onsetOf(upstream: Upstream): number {
    return this.#onsets[this.#indexOf.get(upstream) ?? -1] ?? Number.NaN;
  }

  /** What inference reads. Members of the domains that are `out` already explain nothing more. */
  observations(out: readonly Domain[], now: number): readonly Observation[] {
    const { lattice, rates, watcherOf } = this.#parts;
    return lattice.upstreams.map((upstream, index) => {
      const { status } = upstream;
      const rate = rates.upstream(index, now);
      if (out.some((domain) => contains(domain, index))) {
        return { onset: Number.NaN, observable: false, rate, goodAt: Number.NEGATIVE_INFINITY, suspicion: 0 };
      }
      return {
        onset: this.#onsets[index] as number,
        observable: now - status.heardAt <= observableMs,
        rate,
        goodAt: status.goodAt,
        suspicion: watcherOf(upstream).vitals(upstream).suspicion,
      };
    });
  }

  networks(): Iterable<string> {
    return this.#byNetwork.keys();
  }

  upstreamsOf(network: string): readonly Upstream[] {
    return (this.#byNetwork.get(network) ?? []).map((index) => this.#parts.lattice.upstreams[index] as Upstream);
  }

  members({ members }: Domain): readonly Upstream[] {
    return members.map((index) => this.#parts.lattice.upstreams[index] as Upstream);
  }

  /** Did anybody outside answer lately? */
  hasControl(domain: Domain, now: number): boolean {
    return this.#parts.lattice.upstreams.some(
      ({ status }, index) =>
        now - status.goodAt <= lateAnswerMs && Number.isNaN(this.#onsets[index]) && !contains(domain, index),
    );
  }

  /** The networks in which nobody outside of the domain serves. */
  dependents(domain: Domain): ReadonlySet<string> {
    const { upstreams } = this.#parts.lattice;
    const networks = new Set(this.members(domain).map(({ network }) => network));
    for (const network of networks) {
      const others = this.#byNetwork.get(network) ?? [];
      if (others.some((index) => !contains(domain, index) && serves(upstreams[index] as Upstream))) {
        networks.delete(network);
      }
    }
    return networks;
  }

  /**
   * What taking a domain out would do, network by network; the worst decides. Those that have nobody else keep theirs. One
   * that is out and is `keeping` a part already loses that only when the others have room to spare.
   */
  removing(domain: Domain, now: number, keeping: boolean): Removing {
    let spared = true;
    const gone: Bearer[] = [];
    const survivors: Bearer[] = [];
    for (const { bearers, inside } of this.#sides(domain)) {
      const removal = [...bearers.keys()].filter((place) => inside[place]);
      const demand = bearers.reduce((sum, { load }) => sum + load, 0) * (keeping ? steadiness : 1);
      spared &&= canSpare(removal, bearers, demand, this.#parts.reserve);
      for (const [place, bearer] of bearers.entries()) (inside[place] ? gone : survivors).push(bearer);
    }
    const members = this.members(domain);
    const answering = members.filter(({ status }) => now - status.goodAt <= stillAnswersMs).length;
    return {
      keeps: spared ? 0 : keptByHalf * (answering / Math.max(1, members.length)),
      capacity: shareOf(gone, survivors),
    };
  }

  /** Where its load goes, by provider, the largest share first. */
  moved(domain: Domain): Decision["moved"] {
    const calls = new Map<string, number>();
    let all = 0;
    for (const { bearers, inside } of this.#sides(domain)) {
      const displaced = bearers.reduce((sum, { load }, place) => sum + (inside[place] ? load : 0), 0);
      if (displaced === 0) continue;
      all += displaced;
      const survivors = bearers.filter((_, place) => !inside[place]);
      for (const { provider, share } of pour(displaced, survivors).shares) {
        calls.set(provider, (calls.get(provider) ?? 0) + share * displaced);
      }
    }
    return [...calls].map(([provider, some]) => ({ provider, share: some / all })).sort((a, b) => b.share - a.share);
  }

  /** The networks that a domain would be taken out of: who bears what there, and who of them belongs to it. */
  #sides(domain: Domain) {
    const { upstreams } = this.#parts.lattice;
    const dependents = this.dependents(domain);
    const networks = [...new Set(this.members(domain).map(({ network }) => network))];
    return networks
      .filter((network) => dependents.size === networks.length || !dependents.has(network))
      .map((network) => {
        const indices = this.#byNetwork.get(network) ?? [];
        const bearers = indices.map((index) => this.#bearer(upstreams[index] as Upstream));
        return { bearers, inside: indices.map((index) => contains(domain, index)) };
      });
  }

  #bearer(upstream: Upstream): Bearer {
    const { watcherOf, declared } = this.#parts;
    return {
      provider: upstream.coordinates.provider,
      failureDomains: upstream.failureDomains,
      capacity: capacityOf(declared(upstream), upstream.status)?.perSecond,
      load: watcherOf(upstream).vitals(upstream).rate,
      serves: serves(upstream),
    };
  }
}

/** Is it given calls, other things being equal? */
function serves({ status }: Upstream): boolean {
  const { confirmed, verdict, breaker } = status;
  return confirmed && breaker !== "open" && (verdict === "healthy" || verdict === "suspect" || verdict === "ramping");
}

/** What goes out of service, as a share of all there is; of the endpoints where capacities are not known. */
function shareOf(gone: readonly Bearer[], survivors: readonly Bearer[]): number {
  const all = [...gone, ...survivors];
  const known = all.every(({ capacity }) => capacity !== undefined);
  const weigh = (bearers: readonly Bearer[]) =>
    bearers.reduce((sum, { capacity }) => sum + (known ? (capacity ?? 0) : 1), 0);
  const total = weigh(all);
  return total > 0 ? weigh(gone.filter(({ serves }) => serves)) / total : 0;
}
