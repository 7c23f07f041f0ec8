import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { ActiveFault } from "./faults.ts";
import { endings, failing, type Plan, page } from "./plan.ts";

/** How many times as long as usual a cold upstream takes at first, when not said. */
const coldTimes = 5;

/** What faults make of requests: which they hit, how hard, and what they end before the upstream begins to work. */
export class Effects {
  readonly #clock: Clock;
  /** Chance for faults alone, so that what is usual stays as it is without them. */
  readonly #luck: Random;

  constructor(clock: Clock, luck: Random) {
    this.#clock = clock;
    this.#luck = luck;
  }

  /** Those of the faults that hit a request. */
  hits(active: readonly ActiveFault[]): readonly ActiveFault[] {
    return active.length === 0 ? active : active.filter((fault) => this.#isHit(fault));
  }

  #isHit(fault: ActiveFault): boolean {
    if (fault.spec.fault === "brown_out" || fault.spec.fault === "capacity_cap") return true;
    const rate = (fault.spec.rate ?? 1) * this.#grown(fault);
    return rate >= 1 || this.#luck() < rate;
  }

  /** How far a fault that grows has grown, 0..1. */
  #grown({ spec, since }: ActiveFault): number {
    return spec.ramp === undefined ? 1 : Math.min(1, (this.#clock.now() - since) / spec.ramp);
  }

  /** The share of requests that a brown-out hits now. */
  #brown(fault: ActiveFault): number {
    return (fault.spec.rate ?? 0.5) * this.#grown(fault);
  }

  /** How many times as long as usual answers take, because caches are empty. */
  coldness(hits: readonly ActiveFault[]): number {
    let times = 1;
    for (const { spec, since } of hits) {
      if (spec.fault !== "cold" || spec.for === undefined) continue;
      const left = Math.max(0, 1 - (this.#clock.now() - since) / spec.for);
      times = Math.max(times, 1 + ((spec.times ?? coldTimes) - 1) * left);
    }
    return times;
  }

  /** What an upstream bears that has a capacity of its own, in the same units. */
  capacity(hits: readonly ActiveFault[], own: number): number {
    let capacity = own;
    for (const fault of hits) {
      if (fault.spec.fault !== "capacity_cap" || fault.spec.capacity === undefined) continue;
      capacity = Math.min(capacity, own - (own - fault.spec.capacity) * this.#grown(fault));
    }
    return capacity;
  }

  /** What is over before the node begins to work. */
  early(hits: readonly ActiveFault[], delayMs: number): Plan | undefined {
    for (const fault of hits) {
      const { spec } = fault;
      switch (spec.fault) {
        case "refuse":
        case "black_hole":
        case "reset":
          return { ...failing(delayMs, 500, ""), ending: endings[spec.fault] ?? "reset" };
        case "rate_limited":
          return failing(delayMs, 429, "too many requests", spec.retryAfter);
        case "errors":
          return failing(delayMs, spec.status ?? 500, "internal server error");
        case "brown_out":
          if (this.#luck() < this.#brown(fault)) return failing(delayMs, spec.status ?? 500, "internal server error");
          break;
        case "html_200":
          return page(delayMs, "<!doctype html><title>Maintenance</title><p>We will be back soon.</p>");
        case "empty_200":
          return page(delayMs, "");
      }
    }
    return undefined;
  }

  /** How much slower a request gets by the faults that hit it, in milliseconds. */
  slowness(hits: readonly ActiveFault[]): number {
    let ms = 0;
    for (const fault of hits) {
      const { spec } = fault;
      if (spec.fault === "slow") ms += spec.latency ?? 2_000;
      if (spec.fault === "brown_out" && this.#luck() < this.#brown(fault)) ms += spec.latency ?? 1_500;
    }
    return ms;
  }
}
