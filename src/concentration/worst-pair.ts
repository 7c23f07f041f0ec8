/** A failure domain as a set of upstreams. */
interface DomainSet {
  /** The upstreams that go with it, ascending. */
  readonly indices: readonly number[];
}

/** Two failure domains and the capacity that goes with both; what lies in both goes once. */
interface DomainPair<T> {
  readonly a: T;
  readonly b: T;
  readonly lost: number;
  /** No other pair takes more. */
  readonly exact: boolean;
}

/** How many domains are paired with each other: the 64 largest, so 2,016 pairs at most. */
const mostPaired = 64;

/**
 * The two domains that take most capacity when both fail. Searched exactly among the 64 largest distinct sets, the
 * largest first: the search ends as soon as no pair can take more than the best, because a pair takes at most the sum
 * of its two. By the same bound the answer may be exact though there are more domains. `undefined` when there are no two
 * different sets.
 */
export function worstPair<T extends DomainSet>(
  domains: readonly T[],
  capacities: readonly number[],
): DomainPair<T> | undefined {
  const sets = distinct(domains)
    .map((domain) => ({ domain, lost: capacityOf(domain.indices, capacities) }))
    .sort((a, b) => b.lost - a.lost);
  const paired = sets.slice(0, mostPaired);
  let best: { a: T; b: T; lost: number } | undefined;
  for (const [index, first] of paired.entries()) {
    const inFirst = new Set(first.domain.indices);
    for (const second of paired.slice(index + 1)) {
      if (best && first.lost + second.lost <= best.lost) break;
      const further = second.domain.indices.filter((member) => !inFirst.has(member));
      const lost = first.lost + capacityOf(further, capacities);
      if (!best || lost > best.lost) best = { a: first.domain, b: second.domain, lost };
    }
  }
  if (!best) return undefined;
  const [largest, next] = [sets[0], sets[mostPaired]];
  return { ...best, exact: !largest || !next || largest.lost + next.lost <= best.lost };
}

/** The first of those that have the same members: a provider with one region is one set with it. */
function distinct<T extends DomainSet>(domains: readonly T[]): T[] {
  return [...new Map(domains.toReversed().map((domain) => [domain.indices.join(), domain])).values()].reverse();
}

function capacityOf(indices: readonly number[], capacities: readonly number[]): number {
  return indices.reduce((total, index) => total + (capacities[index] as number), 0);
}
