/** The software of a node by the common names of its parts; `undefined` for what it does not tell. */
export interface ClientPair {
  readonly consensus: string | undefined;
  readonly execution: string | undefined;
}

/** One node, as far as it matters whose vote it has. */
export interface Electorate {
  readonly id: string;
  /** What it says of itself; `undefined` until it told. */
  readonly told: ClientPair | undefined;
  /** What the operator calls it: `lighthouse`, or `lighthouse+geth`. Goes before what it says of itself. */
  readonly label: string | undefined;
}

/** The voter of nodes whose consensus client nobody knows. */
export const unknownVoter = "unknown";

/**
 * Whose vote each node has, by its id. Nodes of the same software share their faults, so a pair of consensus and
 * execution client is one voter, `lighthouse+geth`, however many nodes run it. What is unknown never makes one vote two:
 *
 * - all nodes of unknown consensus clients are one voter, `unknown`. In a fleet that tells nothing it is the only one,
 *   and its nodes decide by their number.
 * - a node whose execution client alone is unknown (most can say only the consensus client's name) belongs to the pair of
 *   its consensus client that has most nodes, of as many the first by name; where there is none, to `lighthouse+unknown`.
 */
export function votersOf(nodes: readonly Electorate[]): ReadonlyMap<string, string> {
  const pairs = nodes.map((node) => [node.id, pairOf(node)] as const);
  const sizes = new Map<string, number>();
  for (const [, { consensus, execution }] of pairs) {
    if (consensus === undefined || execution === undefined) continue;
    const name = `${consensus}+${execution}`;
    sizes.set(name, (sizes.get(name) ?? 0) + 1);
  }
  const bySize = [...sizes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name]) => name);
  return new Map(
    pairs.map(([id, { consensus, execution }]) => {
      if (consensus === undefined) return [id, unknownVoter];
      if (execution !== undefined) return [id, `${consensus}+${execution}`];
      return [id, bySize.find((name) => name.startsWith(`${consensus}+`)) ?? `${consensus}+${unknownVoter}`];
    }),
  );
}

/**
 * The weight of each node: a voter has one vote, and its nodes have equal parts of it. So one client's many nodes weigh no
 * more than another's single one, and where there is one client only, its nodes decide by their number.
 */
export function weightsOf(nodes: readonly { readonly id: string; readonly voter: string }[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { voter } of nodes) sizes.set(voter, (sizes.get(voter) ?? 0) + 1);
  return new Map(nodes.map(({ id, voter }) => [id, 1 / (sizes.get(voter) as number)]));
}

/** Is a weight more than half of the total? Parts of votes are thirds and the like, so a hair more is not more. */
export function isMajority(weight: number, total: number): boolean {
  return 2 * weight > total + 1e-9;
}

/** Is it half of the total, or more? */
export function isHalf(weight: number, total: number): boolean {
  return 2 * weight > total - 1e-9;
}

function pairOf({ told, label }: Electorate): ClientPair {
  const [consensus, execution] = (label ?? "").toLowerCase().split("+", 2).map(known);
  return {
    consensus: consensus ?? known(told?.consensus),
    execution: execution ?? known(told?.execution),
  };
}

/** A name to show and compare: a few plain characters. */
function known(name: string | undefined): string | undefined {
  const plain = name?.toLowerCase().replace(/[^a-z0-9_.-]/g, "");
  return plain === undefined || plain === "" || plain === unknownVoter ? undefined : plain.slice(0, 32);
}
