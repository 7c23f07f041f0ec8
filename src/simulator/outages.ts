import type { Window } from "./windows.ts";

/** How long after the last fault its aftermath counts, in milliseconds. */
const aftermathMs = 60_000;

/** How long after a fault a late judgement on those it struck still counts as right, in milliseconds. */
const graceMs = 5_000;

/** The faults of a run as its figures see them. Without faults `start` is never, so that everything is before it. */
export class Outages {
  readonly windows: readonly Window[];
  /** From the first fault until the last is over, in milliseconds of the virtual clock. */
  readonly start: number;
  readonly end: number;
  /** The upstreams that were struck at some time, and those that were not struck alone. */
  readonly struck: ReadonlySet<string>;
  readonly struckTogether: ReadonlySet<string>;
  readonly #byUpstream = new Map<string, Window[]>();

  constructor(windows: readonly Window[]) {
    this.windows = windows;
    this.start = Math.min(...windows.map(({ from }) => from));
    this.end = Math.max(...windows.map(({ to }) => to));
    for (const window of windows) {
      if (window.effect === "everybody") continue;
      for (const upstream of window.affected) {
        const own = this.#byUpstream.get(upstream) ?? [];
        this.#byUpstream.set(upstream, own);
        own.push(window);
      }
    }
    const striking = windows.filter(({ effect }) => effect === "struck");
    this.struck = new Set(striking.flatMap(({ affected }) => affected));
    this.struckTogether = new Set(striking.flatMap(({ alone, affected }) => (alone ? [] : affected)));
  }

  phase(at: number): "before" | "during" | "after" {
    return !(at >= this.start) ? "before" : at < this.end ? "during" : "after";
  }

  /** Is this in the outage or in the minute after it? All of a run is that has none. */
  counts(at: number): boolean {
    return this.windows.length === 0 || (at >= this.start && at < this.end + aftermathMs);
  }

  isStruck(upstream: string, at: number): boolean {
    return this.#has(upstream, ({ from, to, effect }) => effect === "struck" && at >= from && at < to);
  }

  /** Would it have been right to take it out? */
  isBad(upstream: string, at: number): boolean {
    return this.#has(upstream, ({ from, to }) => at >= from && at < to + graceMs);
  }

  /** Had at least two of these, and half of them, one common reason to be taken out? */
  isCommon(upstreams: ReadonlySet<string>, at: number): boolean {
    const least = Math.max(2, upstreams.size / 2);
    return this.windows.some(({ from, to, effect, affected }) => {
      if (effect === "everybody" || at < from || at >= to + graceMs) return false;
      return affected.filter((upstream) => upstreams.has(upstream)).length >= least;
    });
  }

  /** What share of its usual capacity an upstream has, at most. */
  capacityOf(upstream: string, usual: number, at: number): number {
    const own = this.#byUpstream.get(upstream) ?? [];
    return own.reduce(
      (least, { from, to, capacity }) =>
        capacity !== undefined && at >= from && at < to ? Math.min(least, capacity) : least,
      usual,
    );
  }

  #has(upstream: string, such: (window: Window) => boolean): boolean {
    return this.#byUpstream.get(upstream)?.some(such) ?? false;
  }
}
