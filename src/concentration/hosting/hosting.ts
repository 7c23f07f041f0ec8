import { isIP } from "node:net";
import { type Clock, repeat, type Scheduled } from "../../lib/clock.ts";
import type { Names } from "./names.ts";
import { type Hosted, type Observation, type OwnsMachines, observationOf } from "./observation.ts";
import type { Places } from "./place.ts";
import { type RegionParts, Regions } from "./regions.ts";

export interface HostingParts {
  readonly clock: Clock;
  readonly names: Pick<Names, "addresses" | "cancel">;
  /** Who owns these addresses, found out anew each time; what cannot be is a problem as a sentence. */
  readonly places: (addresses: readonly string[]) => Promise<Places | { readonly problem: string }>;
  /** Who owns addresses as long as that could never be found out. */
  readonly fallback: Places;
  readonly ownsMachines: OwnsMachines;
  readonly upstreams: readonly Hosted[];
  /** How regions are held against the times of connections; absent where nobody knows where this process stands. */
  readonly regions?: RegionParts | undefined;
  /** Between two looks, in milliseconds. */
  readonly refreshMs: number;
  /** Hears what is seen for the first time, or otherwise than before. */
  readonly told: (now: Observation, before: Observation | undefined) => void;
  /** Hears what could not be found out, once until it can be again. */
  readonly troubled: (problem: string) => void;
  readonly crashed: (bug: unknown) => void;
}

/** Where upstreams are seen to be hosted, beside what is declared. */
export interface Hosting {
  /** Of each upstream in the order given; empty before the first look. */
  observations(): readonly Observation[];
  /** Could it never be read who owns addresses, so that the fallback counts? */
  blind(): boolean;
  /** Looks once; resolves when all names are looked up or given up. */
  look(): Promise<void>;
  /** Looks now, and again and again. */
  start(): void;
  stop(): void;
}

/** So many names are looked up at once. */
const mostAtOnce = 4;
/** Of the addresses of one name so many are looked at. */
const mostAddresses = 64;

/**
 * Looks up where upstreams are hosted, all of them at a start and after each `refreshMs`. A name that cannot be looked up
 * keeps the addresses that it had, and instead of a database that cannot be read the one before counts.
 */
export function createHosting(parts: HostingParts): Hosting {
  return new LiveHosting(parts);
}

class LiveHosting implements Hosting {
  readonly #parts: HostingParts;
  /** By host of the URL: bounded by the configuration. */
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #troubles = new Set<string>();
  readonly #regions: Regions | undefined;
  #places: Places | undefined;
  #observations: readonly Observation[] = [];
  #looking: Promise<void> | undefined;
  #timer: Scheduled | undefined;
  #stopped = false;

  constructor(parts: HostingParts) {
    this.#parts = parts;
    this.#regions = parts.regions && new Regions(parts.clock, parts.regions);
  }

  observations(): readonly Observation[] {
    return this.#observations;
  }

  blind(): boolean {
    return this.#places === undefined;
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  start(): void {
    const { clock, refreshMs, crashed } = this.#parts;
    const look = () => void this.look().catch(crashed);
    look();
    this.#timer = repeat(clock, () => refreshMs, look);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#parts.names.cancel();
  }

  async #look(): Promise<void> {
    const { places, upstreams } = this.#parts;
    const hosts = [...new Set(upstreams.flatMap(({ host }) => host ?? []))];
    await Promise.all(Array.from({ length: Math.min(mostAtOnce, hosts.length) }, () => this.#resolve(hosts)));
    if (this.#stopped) return;
    const read = await places([...this.#addresses.values()].flat());
    if (typeof read === "function") this.#places = read;
    this.#trouble("database", typeof read === "function" ? undefined : read.problem);
    if (this.#stopped) return;
    this.#judge();
    if (await this.#measure()) this.#judge();
  }

  /** Holds regions against the times of connections; false when nothing can follow from them. */
  async #measure(): Promise<boolean> {
    const looked = this.#regions?.measure(this.#parts.upstreams, this.#observations, () => this.#stopped);
    if (!looked) return false;
    this.#trouble("connections", await looked);
    return !this.#stopped;
  }

  /** Takes one host after the other, together with others who do the same. */
  async #resolve(hosts: string[]): Promise<void> {
    for (let host = hosts.pop(); host !== undefined && !this.#stopped; host = hosts.pop()) {
      const found = isIP(host) > 0 ? [host] : await this.#parts.names.addresses(host);
      if ("problem" in found) this.#trouble(host, found.problem);
      else {
        this.#addresses.set(host, found.slice(0, mostAddresses));
        this.#trouble(host, undefined);
      }
    }
  }

  #trouble(of: string, problem: string | undefined): void {
    if (problem === undefined) this.#troubles.delete(of);
    if (problem === undefined || this.#troubles.has(of) || this.#stopped) return;
    this.#troubles.add(of);
    const affected = this.#parts.upstreams.flatMap(({ host, upstream }) => (host === of ? upstream : []));
    this.#parts.troubled(affected.length === 0 ? problem : `${affected.join(", ")}: no addresses (${problem})`);
  }

  #judge(): void {
    const { upstreams, ownsMachines, fallback, told } = this.#parts;
    const before = this.#observations;
    const places = this.#places ?? fallback;
    this.#observations = upstreams.map((upstream) => {
      const addresses = upstream.host === undefined ? undefined : this.#addresses.get(upstream.host);
      const observation = observationOf(upstream, addresses, places, ownsMachines);
      return { ...observation, light: this.#regions?.boundOf(upstream, observation) };
    });
    for (const [index, now] of this.#observations.entries()) {
      if (!before[index] || gistOf(before[index]) !== gistOf(now)) told(now, before[index]);
    }
  }
}

/** What a person would call a change: names that change their addresses within one host are none. */
function gistOf({ finding, hosts, asns, edges, light }: Observation): string {
  return [finding, ...hosts.map(({ entity }) => entity).sort(), ...asns, ...edges, light?.reach].join(" ");
}
