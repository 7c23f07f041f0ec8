import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";

/**
 * In a fleet that has more than this of what it bears answers come late from all. In a queue with one server (M/M/1) one
 * takes 3.3 times as long at 0.7 as on an idle one. To send calls twice speeds answers up only below some such load: Vulimiri
 * et al., Low Latency via Redundancy, CoNEXT 2013.
 */
const strainedAbove = 0.7;

/**
 * What was found is true for so long, in milliseconds: it is asked for each call that may be sent twice. And a fleet that was
 * strained is so for longer: queues drain slowly, and loads go up and down.
 */
const calmMs = 50;
const strainedMs = 5_000;

export interface PressureParts {
  readonly upstreams: readonly Upstream[];
  readonly clock: Clock;
  /** May it be given calls at `now`? */
  readonly serves: (upstream: Upstream, now: number) => boolean;
  /** What somebody said that it bears, in calls a second, and how many it has of late. */
  readonly declared: (upstream: Upstream) => number | undefined;
  readonly rateOf: (upstream: Upstream) => number;
}

/** How much of what the upstreams in service of one network bear they have. */
export class Pressure {
  readonly #parts: PressureParts;
  #strainedUntil = Number.NEGATIVE_INFINITY;
  #lookAt = Number.NEGATIVE_INFINITY;

  constructor(parts: PressureParts) {
    this.#parts = parts;
  }

  /** By how many calls they turned out to bear at once. Who never came near what it bears has room for all. */
  learned(): number {
    return this.#share(
      ({ status }) => status.inFlight,
      ({ status }) => status.bearable,
    );
  }

  /**
   * Have they so many that answers of all come late? By what was learned, or by what was declared: that is known from the
   * first call on, but calls differ, so that it is no reason to refuse any.
   */
  isStrained(): boolean {
    const now = this.#parts.clock.now();
    if (now < this.#lookAt) return now < this.#strainedUntil;
    this.#lookAt = now + calmMs;
    if (this.learned() > strainedAbove || this.#declared() > strainedAbove) this.#strainedUntil = now + strainedMs;
    return now < this.#strainedUntil;
  }

  #declared(): number {
    const { rateOf, declared } = this.#parts;
    return this.#share(rateOf, (upstream) => declared(upstream) ?? Number.POSITIVE_INFINITY);
  }

  #share(used: (upstream: Upstream) => number, borne: (upstream: Upstream) => number): number {
    const { upstreams, clock, serves } = this.#parts;
    const now = clock.now();
    let load = 0;
    let capacity = 0;
    for (const upstream of upstreams) {
      if (!serves(upstream, now)) continue;
      load += used(upstream);
      capacity += borne(upstream);
    }
    return load / capacity;
  }
}
