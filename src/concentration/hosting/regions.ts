import type { Clock } from "../../lib/clock.ts";
import { type Connect, Connects } from "./connects.ts";
import { type LightBound, lightBound, type Spot } from "./light.ts";
import type { Hosted, Observation } from "./observation.ts";

/** What it takes to tell that somebody cannot be where a region is. */
export interface RegionParts {
  /** Where this process stands. */
  readonly here: Spot;
  readonly spotOf: (region: string) => Spot | undefined;
  /** How far from its point a region may reach, ours and theirs together, in kilometres. */
  readonly vaguenessKm: number;
  readonly connect: Connect;
}

/** Holds declared regions against how soon connections are accepted from there. */
export class Regions {
  readonly #parts: RegionParts;
  readonly #connects: Connects;

  constructor(clock: Clock, parts: RegionParts) {
    this.#parts = parts;
    this.#connects = new Connects(clock, parts.connect);
  }

  /** Connects to all of whom something can follow from it; gives what prevents that, as a sentence. */
  async measure(
    upstreams: readonly Hosted[],
    observations: readonly Observation[],
    stopped: () => boolean,
  ): Promise<string | undefined> {
    const targets = upstreams.flatMap((upstream, index) =>
      observations[index] ? this.#targetsOf(upstream, observations[index]) : [],
    );
    await this.#connects.measure(targets, stopped);
    if (!this.#connects.intercepted) return undefined;
    return "somebody in between accepts connections for all addresses: their times say nothing about regions";
  }

  /** The address that stands nearest can refute a region; the farthest must support it. `undefined` when nothing is known. */
  boundOf(upstream: Hosted, observation: Observation): LightBound | undefined {
    const { here, vaguenessKm } = this.#parts;
    const { region } = upstream;
    const there = this.#spotOf(region);
    const times = this.#targetsOf(upstream, observation).flatMap((target) => this.#connects.leastMs(target) ?? []);
    if (region === undefined || !there || times.length === 0) return undefined;
    const nearest = lightBound(region, here, there, Math.min(...times), vaguenessKm);
    return nearest.reach === "refuted" ? nearest : lightBound(region, here, there, Math.max(...times), vaguenessKm);
  }

  /** Behind a CDN it is the CDN that accepts. */
  #targetsOf({ region, port }: Hosted, { addresses, edges }: Observation) {
    if (port === undefined || edges.length > 0 || !this.#spotOf(region)) return [];
    return addresses.map((address) => ({ address, port }));
  }

  #spotOf(region: string | undefined): Spot | undefined {
    return region === undefined ? undefined : this.#parts.spotOf(region);
  }
}
