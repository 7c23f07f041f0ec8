import type { Upstream } from "../core/upstream.ts";

/** How far an upstream is: in the home region; elsewhere but among the quickest; much slower than those. */
export type Distance = "home" | "near" | "far";
export const distances: readonly Distance[] = ["home", "near", "far"];

/** Far is what takes more than 3 times as long as the quickest, and near again what takes less than twice as long. */
const farFactor = 3;
const nearFactor = 2;
/** Differences of less than this, in milliseconds, never make an upstream far. */
const toleranceMs = 20;

/**
 * Where an upstream belongs. `quickestMs` is how long a probe takes at the quickest healthy upstream outside the home
 * region (NaN when unknown: then nobody is far), `before` where this one belonged so far, so that one on the edge does
 * not go to and fro. Probes ask all the same, traffic does not, so probes tell how far somebody is.
 */
export function distanceOf(
  upstream: Upstream,
  home: string | undefined,
  quickestMs: number,
  before: Distance | undefined,
): Distance {
  if (home !== undefined && upstream.coordinates.region === home) return "home";
  const factor = before === "far" ? nearFactor : farFactor;
  return upstream.status.probeMs > factor * quickestMs + toleranceMs ? "far" : "near";
}

/**
 * How much of the traffic meant for a group it keeps, 0..1; the rest spills over to the next group. It keeps all of it
 * while at least `spillBelow` of its members are healthy, and proportionally less below that, so that the survivors of
 * a half-dead group are not given the load of all. Source: the priority levels of Envoy, which spill below 71.4 %.
 * It gives up traffic at once. It takes some back only after it has been better for `failBackMs`, and then evenly over
 * as long again: one that comes and goes is left alone, and one with cold caches is not met by everybody at once. What it
 * is `granted` step by step it takes at once: somebody else is careful already, and twice careful is slow.
 */
export class Share {
  value = Number.NaN;
  #betterSince = Number.NaN;
  #valueThen = 0;

  /** `healthy` is the share of the group's members that can serve, 0..1. */
  update(
    healthy: number,
    now: number,
    options: { readonly spillBelow: number; readonly failBackMs: number },
    granted = false,
  ): void {
    const { spillBelow, failBackMs } = options;
    const target = healthy >= spillBelow ? 1 : healthy / spillBelow;
    if (Number.isNaN(this.value) || target <= this.value || granted) {
      this.value = target;
      this.#betterSince = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#betterSince)) {
      this.#betterSince = now;
      this.#valueThen = this.value;
    }
    const risen = (now - this.#betterSince) / failBackMs - 1;
    if (risen > 0) this.value = Math.min(target, this.#valueThen + risen);
  }
}
