import { indices } from "../indices.ts";
import type { Observation } from "./observation.ts";

/** How concentrated the hosts of some upstreams are, by one account of who hosts them. */
export interface Account {
  /** Herfindahl-Hirschman index, 0..10000. */
  readonly hhi: number;
  /** How many equal hosts would be as concentrated. */
  readonly effective: number;
  /** The host that has most, and its share, 0..1. */
  readonly top: string;
  readonly topShare: number;
}

/** Declared beside observed concentration of hosts; each upstream counts the same. */
export interface HostingFigure {
  readonly declared: Account;
  readonly observed: Account;
  /** The share, 0..1, of upstreams whose host was seen; the others count with what is declared of them. */
  readonly seen: number;
}

/**
 * How concentrated upstreams are by what is declared, and by what was seen. One whose addresses belong to several hosts
 * counts for each by its part of the addresses. Whose host cannot be seen counts as declared in both, so that the
 * difference is what was found out. `undefined` when there are none.
 */
export function hostingFigure(observations: readonly Observation[]): HostingFigure | undefined {
  const declared = new Map<string, number>();
  const observed = new Map<string, number>();
  let seen = 0;
  for (const { claimed, hosts } of observations) {
    add(declared, claimed, 1);
    const all = hosts.reduce((sum, { addresses }) => sum + addresses, 0);
    if (all === 0) add(observed, claimed, 1);
    else seen++;
    for (const { entity, addresses } of hosts) add(observed, entity, addresses / all);
  }
  const before = accountOf(declared);
  const after = accountOf(observed);
  return before && after && { declared: before, observed: after, seen: seen / observations.length };
}

/** The same for each network by itself. */
export function hostingFigures(observations: readonly Observation[]): ReadonlyMap<string, HostingFigure> {
  const byNetwork = Map.groupBy(observations, ({ network }) => network);
  return new Map(
    [...byNetwork].flatMap(([network, found]) => {
      const figure = hostingFigure(found);
      return figure ? [[network, figure] as const] : [];
    }),
  );
}

function add(weights: Map<string, number>, entity: string, weight: number): void {
  weights.set(entity, (weights.get(entity) ?? 0) + weight);
}

function accountOf(weights: ReadonlyMap<string, number>): Account | undefined {
  const [top] = [...weights].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const measured = indices([...weights.values()]);
  if (!top || !measured) return undefined;
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return { hhi: measured.hhi, effective: measured.effective, top: top[0], topShare: top[1] / total };
}
