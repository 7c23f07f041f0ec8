import type { Upstream } from "../core/upstream.ts";

/** Fewer upstreams, or fewer providers, than this may well be down together without any fault of ours. */
const leastUpstreams = 3;
const leastProviders = 2;

/**
 * Who answered last, of all networks of the process: the control group of whoever stops to answer. Two are remembered,
 * so that nobody is his own control. Written on each answer, so two writes at most.
 */
export class Control {
  #last: Upstream | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #otherAt = Number.NEGATIVE_INFINITY;
  #telling = false;
  /** When somebody answered again after nobody did, in the clock's milliseconds: what failed before then was our fault. */
  reachableSince = Number.NEGATIVE_INFINITY;
  readonly #upstreams: Upstream[] = [];

  add(upstream: Upstream): void {
    this.#upstreams.push(upstream);
    this.#weigh();
  }

  remove(upstream: Upstream): void {
    this.#upstreams.splice(this.#upstreams.indexOf(upstream), 1);
    if (this.#last === upstream) this.#last = undefined;
    this.#weigh();
  }

  /** An upstream answered what it was asked at `askedAt`: the way was open then. */
  answered(upstream: Upstream, askedAt: number): void {
    if (upstream === this.#last) {
      this.#lastAt = Math.max(this.#lastAt, askedAt);
    } else if (askedAt > this.#lastAt) {
      this.#otherAt = this.#lastAt;
      this.#last = upstream;
      this.#lastAt = askedAt;
    } else {
      this.#otherAt = Math.max(this.#otherAt, askedAt);
    }
  }

  /** Nobody answered for a while, and now somebody does. */
  reachable(now: number): void {
    this.reachableSince = now;
  }

  /**
   * Did anybody else answer what was asked since `since` (the clock's milliseconds), and were we not cut off then? Where too
   * few are known to tell, yes.
   */
  answers(upstream: Upstream, since: number): boolean {
    if (!this.#telling) return true;
    if (since < this.reachableSince) return false;
    return !((upstream === this.#last ? this.#otherAt : this.#lastAt) < since);
  }

  #weigh(): void {
    const providers = new Set(this.#upstreams.map(({ coordinates }) => coordinates.provider));
    this.#telling = this.#upstreams.length >= leastUpstreams && providers.size >= leastProviders;
  }
}
