import type { Upstream } from "../core/upstream.ts";
import type { Distance } from "./locality.ts";

/** How fast the memory of a latency fades while an upstream is not asked, in milliseconds: Finagle's peak EWMA, 10 s. */
const fadeMs = 10_000;
/** What an upstream of unknown latency counts as while its first answer is awaited, in milliseconds. */
const unknownMs = 10_000;
/** How long an upstream takes at most back to its full share after a hold, in milliseconds, and the share it begins with. */
const longestRampMs = 10_000;
const rampFrom = 0.1;

/** An upstream as routing sees it, with what routing remembers of it. */
export class Member {
  readonly upstream: Upstream;
  /** The share of picks that it accepts, 0..1. */
  weight = 1;
  distance: Distance | undefined;
  pickedAt = Number.NEGATIVE_INFINITY;
  #heldFrom = 0;
  #heldUntil = 0;

  constructor(upstream: Upstream) {
    this.upstream = upstream;
  }

  /**
   * Works out the weight. After a hold it grows from 10 % to all within as long as the hold was, 10 s at most: an
   * upstream that just refused for too many calls must not get them all at once because it is idle.
   */
  weigh(now: number): void {
    const { weight, heldUntil } = this.upstream.status;
    if (heldUntil > now && this.#heldUntil <= now) this.#heldFrom = now;
    // An answer may end a hold before its time.
    if (heldUntil > 0) this.#heldUntil = heldUntil;
    else if (this.#heldUntil > now) this.#heldUntil = now;
    const rampMs = Math.min(longestRampMs, this.#heldUntil - this.#heldFrom);
    const back = rampMs > 0 ? (now - this.#heldUntil) / rampMs : 1;
    this.weight = weight * Math.min(1, Math.max(rampFrom, back));
  }

  /**
   * What a call may expect here, to choose the lesser of two: latency x (calls in flight + 1), the load of Finagle's
   * peak EWMA. The memory of the latency fades while it is not asked, so that it gets another chance. The age of the
   * oldest waiting call counts as latency at once, so a stalled upstream is avoided before any timeout. An upstream of
   * unknown latency gets one call at a time until it has answered.
   */
  cost(now: number): number {
    const { latencyMs, inFlight } = this.upstream.status;
    if (Number.isNaN(latencyMs)) return inFlight === 0 ? 0 : unknownMs * (inFlight + 1);
    if (inFlight === 0) return latencyMs * Math.exp((this.pickedAt - now) / fadeMs);
    const { oldest } = this.upstream.waiting;
    const age = oldest ? now - oldest.startedAt : 0;
    return Math.max(age, latencyMs) * (inFlight + 1);
  }
}
