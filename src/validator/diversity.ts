import { sharesFate, type Upstream } from "../core/upstream.ts";

/** So many are put in order; whoever asks more of a large fleet asks them as they are. */
const mostOrdered = 12;

/**
 * The upstreams in another order: each as different as can be from those before, in software and in where it stands. What is
 * asked of a few must not fail with one client's bug or one cloud's outage, and who is asked in place of one that is silent
 * should not be silent with it. Of those that are as different the most welcome goes first.
 */
export function diverse(upstreams: readonly Upstream[], voterOf: (upstream: Upstream) => string): readonly Upstream[] {
  const left = [...upstreams];
  const chosen: Upstream[] = [];
  const likeness = (one: Upstream) =>
    chosen.reduce(
      (sum, other) =>
        sum + Number(voterOf(one) === voterOf(other)) + Number(sharesFate(one.coordinates, other.coordinates)),
      0,
    );
  while (chosen.length < mostOrdered && left.length > 0) {
    const next = left.reduce((best, one) => (likeness(one) < likeness(best) ? one : best));
    left.splice(left.indexOf(next), 1);
    chosen.push(next);
  }
  return [...chosen, ...left];
}
