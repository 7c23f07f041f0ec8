import { sharesFate, type Upstream } from "../core/upstream.ts";

/**
 * The first `count` of the upstreams as different as they can be, in software and in where they stand, and then the others
 * as they were: what is asked of a few must not fail with one client's bug or one cloud's outage. Of those that are as
 * different the most welcome goes first.
 */
export function diverse(
  upstreams: readonly Upstream[],
  voterOf: (upstream: Upstream) => string,
  count: number,
): readonly Upstream[] {
  const left = [...upstreams];
  const chosen: Upstream[] = [];
  const likeness = (one: Upstream) =>
    chosen.reduce(
      (sum, other) =>
        sum + Number(voterOf(one) === voterOf(other)) + Number(sharesFate(one.coordinates, other.coordinates)),
      0,
    );
  while (chosen.length < count && left.length > 0) {
    const next = left.reduce((best, one) => (likeness(one) < likeness(best) ? one : best));
    left.splice(left.indexOf(next), 1);
    chosen.push(next);
  }
  return [...chosen, ...left];
}
