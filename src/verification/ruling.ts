import type { Upstream } from "../core/upstream.ts";

/** What one upstream says to one question. */
export interface Vote {
  readonly voter: Upstream;
  /** What it says, in the form in which equal answers are equal. */
  readonly says: string;
}

export type Ruling =
  /** One alone says something else than at least two who have nothing in common. */
  | { readonly kind: "blamed"; readonly voter: Upstream; readonly by: readonly Upstream[] }
  | { readonly kind: "agreed" }
  | { readonly kind: "undecided"; readonly because: string };

/** Have two upstreams nothing in common that would make them err together? */
export type Independent = (a: Upstream, b: Upstream) => boolean;

/** How many who are independent of each other it takes to blame another. */
const enough = 2;

/**
 * Who is wrong, by the votes? Only the one that stands alone against two or more which are independent of it and of each
 * other, and with nobody on its side: a majority of one operator's endpoints, or of one backend's, blames nobody.
 *
 * Where honest node software is known to differ, `byClient` is true: then those who blame must run the software that the
 * blamed one says it runs, or two different kinds of it.
 */
export function ruling(votes: readonly Vote[], independent: Independent, byClient: boolean): Ruling {
  const sides = new Map<string, Upstream[]>();
  for (const { voter, says } of votes) {
    const side = sides.get(says);
    if (side) side.push(voter);
    else sides.set(says, [voter]);
  }
  if (sides.size < 2) return { kind: "agreed" };
  if (sides.size > 2) return { kind: "undecided", because: "more than two different answers" };
  const [few, many] = [...sides.values()].sort(
    (a, b) => independents(a, independent).length - independents(b, independent).length,
  ) as [Upstream[], Upstream[]];
  const [accused] = few as [Upstream];
  if (few.length > 1) return { kind: "undecided", because: "several stand against several" };
  const by = independents(
    many.filter((one) => independent(one, accused)),
    independent,
  );
  if (by.length < enough) return { kind: "undecided", because: "fewer than two independent upstreams say otherwise" };
  if (byClient && !mayJudge(accused, by)) {
    return { kind: "undecided", because: "only one other kind of node software says otherwise" };
  }
  return { kind: "blamed", voter: accused, by };
}

/** As many as are independent of each other, taken in order. */
function independents(all: readonly Upstream[], independent: Independent): Upstream[] {
  const chosen: Upstream[] = [];
  for (const one of all) if (chosen.every((other) => independent(one, other))) chosen.push(one);
  return chosen;
}

function mayJudge(accused: Upstream, by: readonly Upstream[]): boolean {
  const { client } = accused.coordinates;
  const others = new Set(by.map(({ coordinates }) => coordinates.client));
  return client === undefined || others.has(client) || others.size >= 2;
}
