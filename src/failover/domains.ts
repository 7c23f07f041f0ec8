import { type Dimension, type LabelSource, labelSources, type Upstream } from "../core/upstream.ts";

/** Upstreams that may fail for one common reason. */
interface Shared {
  /** Its place in `lattice.groups`. */
  readonly index: number;
  /** Indices into `lattice.upstreams`, ascending. */
  readonly members: readonly number[];
  /** The same as bits: upstream `u` is bit `u % 32` of word `u / 32`. */
  readonly bits: Uint32Array;
}

/** A failure domain of at least two upstreams: those that carry a label, or two labels of different dimensions. */
export interface Domain extends Shared {
  readonly kind: "domain";
  /** `region:aws/us-east-1`, `provider:aws & client:geth`. */
  readonly name: string;
  /** Other labels with just these members: `provider:hetzner`, where all that stands there stands in one region. */
  readonly aliases: readonly string[];
  /** Those of the name. */
  readonly dimensions: readonly Dimension[];
  /** How well the membership is known: as the weakest label by which a member belongs. */
  readonly source: LabelSource;
}

/** What else a failure of many may be: a chain's own trouble (`network:ethereum`), or ours (`self`: all upstreams). */
interface Rival extends Shared {
  readonly kind: "network" | "self";
  readonly name: string;
}

export type Group = Domain | Rival;

/** All failure domains of the process, and what else a failure of many may be. */
export interface Lattice {
  readonly upstreams: readonly Upstream[];
  readonly domains: readonly Domain[];
  /** The domains; then each network of at least two upstreams, where there are other networks; then `self`. */
  readonly groups: readonly Group[];
  /** How many domains were left out because there would have been too many. */
  readonly dropped: number;
  /** The domains of an upstream; none for one that is not in the lattice. */
  of(upstream: Upstream): readonly Domain[];
  /** The groups of the upstream with this index. */
  groupsOf(index: number): readonly Group[];
  /** The domain of a name or an alias; two labels in either order. */
  find(name: string): Domain | undefined;
}

/** The most domains. With all seven coordinates, 1,000 upstreams have at most 3,500 labels of two members or more. */
const mostDomains = 4_096;

/** Of labels with the same members the first in this order names the domain; the labels of two are in this order too. */
const byPrecision: readonly Dimension[] = ["region", "provider", "operator", "edge", "asn", "client", "jurisdiction"];

/** Between the two labels in the name of a domain of two. */
export const joint = " & ";

/** A set of upstreams before it is known whether it becomes a domain. */
interface Candidate {
  readonly labels: readonly Label[];
  readonly members: readonly number[];
}

interface Label {
  readonly name: string;
  readonly dimension: Dimension;
  readonly rank: number;
}

/**
 * Finds what the upstreams of a process have in common, across its networks: a cloud that fails does so for all of
 * them. Domains are the labels with two members or more, and the pairs of labels of different dimensions with two
 * members or more. Each set of members is one domain, under the name of a single label if there is one, the more
 * precise the better. An upstream without a coordinate shares nothing by it.
 *
 * There are at most 4,096 domains. Labels come first, then pairs, both the largest first; the rest is left out and
 * counted in `dropped`. What is lost are pairs of few members, whose labels are domains still.
 */
export function latticeOf(upstreams: readonly Upstream[], limit = mostDomains): Lattice {
  const labels = labelsOf(upstreams);
  const unique = new Map<string, { first: Candidate; aliases: string[] }>();
  for (const candidate of [...labels, ...pairsOf(labels, upstreams.length)]) {
    const key = candidate.members.join();
    const known = unique.get(key);
    if (!known) unique.set(key, { first: candidate, aliases: [] });
    else if (candidate.labels.length === 1) known.aliases.push(nameOf(candidate));
  }
  const found = [...unique.values()].sort(
    ({ first: a }, { first: b }) => a.labels.length - b.labels.length || b.members.length - a.members.length,
  );
  const domains = found.slice(0, limit).map(({ first, aliases }, index) => domainOf(first, aliases, index, upstreams));
  const groups: readonly Group[] = [...domains, ...rivalsOf(upstreams, domains.length)];
  return new Grouping(upstreams, domains, groups, found.length - domains.length);
}

class Grouping implements Lattice {
  readonly upstreams: readonly Upstream[];
  readonly domains: readonly Domain[];
  readonly groups: readonly Group[];
  readonly dropped: number;
  readonly #groupsOf: readonly Group[][];
  readonly #domainsOf: ReadonlyMap<Upstream, readonly Domain[]>;
  readonly #byName = new Map<string, Domain>();

  constructor(upstreams: readonly Upstream[], domains: readonly Domain[], groups: readonly Group[], dropped: number) {
    this.upstreams = upstreams;
    this.domains = domains;
    this.groups = groups;
    this.dropped = dropped;
    this.#groupsOf = upstreams.map(() => []);
    for (const group of groups) for (const member of group.members) this.#groupsOf[member]?.push(group);
    const domainsOf = (index: number) => this.groupsOf(index).filter((group) => group.kind === "domain");
    this.#domainsOf = new Map(upstreams.map((upstream, index) => [upstream, domainsOf(index)]));
    for (const domain of domains) for (const name of [domain.name, ...domain.aliases]) this.#byName.set(name, domain);
  }

  of(upstream: Upstream): readonly Domain[] {
    return this.#domainsOf.get(upstream) ?? [];
  }

  groupsOf(index: number): readonly Group[] {
    return this.#groupsOf[index] ?? [];
  }

  find(name: string): Domain | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.split(joint).reverse().join(joint));
  }
}

/** Is the upstream with this index in the group? */
export function contains({ bits }: Group, index: number): boolean {
  return ((bits[index >>> 5] as number) & (1 << (index & 31))) !== 0;
}

/**
 * What a domain is in another lattice over the same upstreams, after labels changed: the domain of its name, else the one
 * with its members; `undefined` when there is neither.
 */
export function counterpart({ name, members }: Domain, lattice: Lattice): Domain | undefined {
  return (
    lattice.find(name) ??
    lattice.domains.find(
      (one) => one.members.length === members.length && one.members.every((member, place) => member === members[place]),
    )
  );
}

/** How many members of the group are in a set of upstreams, given as bits like a group's. */
export function countIn({ bits }: Group, set: Uint32Array): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) {
    // Counts the bits of a word in parallel: Hacker's Delight, 2nd edition, figure 5-2.
    let rest = (bits[word] as number) & (set[word] as number);
    if (rest === 0) continue;
    rest -= (rest >>> 1) & 0x55555555;
    rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
    rest = (rest + (rest >>> 4)) & 0x0f0f0f0f;
    count += Math.imul(rest, 0x01010101) >>> 24;
  }
  return count;
}

/** A set of upstreams as bits, for as many as there are in all. */
export function bitsOf(members: Iterable<number>, upstreams: number): Uint32Array {
  const bits = new Uint32Array((upstreams + 31) >>> 5);
  for (const index of members) bits[index >>> 5] = (bits[index >>> 5] as number) | (1 << (index & 31));
  return bits;
}

/** The labels with two members or more, the most precise dimension first, then by name. */
function labelsOf(upstreams: readonly Upstream[]): readonly Candidate[] {
  const membersOf = new Map<string, number[]>();
  upstreams.forEach(({ failureDomains }, index) => {
    for (const label of failureDomains) {
      const members = membersOf.get(label);
      if (members) members.push(index);
      else membersOf.set(label, [index]);
    }
  });
  return [...membersOf]
    .filter(([, members]) => members.length > 1)
    .map(([name, members]) => ({ labels: [labelOf(name)], members }))
    .sort(({ labels: [a] }, { labels: [b] }) => compare(a as Label, b as Label));
}

function compare(a: Label, b: Label): number {
  return a.rank - b.rank || (a.name < b.name ? -1 : 1);
}

function labelOf(name: string): Label {
  const dimension = name.slice(0, name.indexOf(":")) as Dimension;
  return { name, dimension, rank: byPrecision.indexOf(dimension) };
}

/** The pairs of labels with two members or more, but for those that are all of one of the two. */
function pairsOf(labels: readonly Candidate[], upstreams: number): readonly Candidate[] {
  const labelsOf: number[][] = Array.from({ length: upstreams }, () => []);
  labels.forEach(({ members }, label) => {
    for (const member of members) labelsOf[member]?.push(label);
  });
  const membersOf = new Map<number, number[]>();
  labelsOf.forEach((own, upstream) => {
    own.forEach((first, place) => {
      for (const second of own.slice(place + 1)) {
        const pair = first * labels.length + second;
        const members = membersOf.get(pair);
        if (members) members.push(upstream);
        else membersOf.set(pair, [upstream]);
      }
    });
  });
  const pairs: Candidate[] = [];
  for (const [pair, members] of [...membersOf].sort(([a], [b]) => a - b)) {
    const first = labels[Math.floor(pair / labels.length)] as Candidate;
    const second = labels[pair % labels.length] as Candidate;
    if (members.length < 2) continue;
    if (members.length === first.members.length || members.length === second.members.length) continue;
    pairs.push({ labels: [...first.labels, ...second.labels], members });
  }
  return pairs;
}

function nameOf({ labels }: Candidate): string {
  return labels.map(({ name }) => name).join(joint);
}

function domainOf(
  candidate: Candidate,
  aliases: readonly string[],
  index: number,
  upstreams: readonly Upstream[],
): Domain {
  const { members } = candidate;
  const dimensions = candidate.labels.map(({ dimension }) => dimension);
  const sources = members.flatMap((member) => {
    const { coordinates } = upstreams[member] as Upstream;
    return dimensions.map((dimension) => labelSources.indexOf(coordinates.sources?.[dimension] ?? "declared"));
  });
  const source = labelSources[Math.min(...sources)] as LabelSource;
  const bits = bitsOf(members, upstreams.length);
  return { kind: "domain", index, name: nameOf(candidate), aliases, dimensions, source, members, bits };
}

/**
 * The explanations that are no failure domain. A network is one only beside other networks, and we ourselves only
 * before upstreams of two providers: else they cannot be told from the trouble of all upstreams, or of the provider.
 */
function rivalsOf(upstreams: readonly Upstream[], firstIndex: number): readonly Rival[] {
  const networks = Map.groupBy(upstreams.keys(), (index) => (upstreams[index] as Upstream).network);
  const sets: [Rival["kind"], string, readonly number[]][] = [];
  if (networks.size > 1)
    for (const [network, members] of networks) {
      if (members.length > 1) sets.push(["network", `network:${network}`, members]);
    }
  const providers = new Set(upstreams.map(({ coordinates }) => coordinates.provider));
  if (providers.size > 1) sets.push(["self", "self", [...upstreams.keys()]]);
  return sets.map(([kind, name, members], place) => {
    return { kind, index: firstIndex + place, name, members, bits: bitsOf(members, upstreams.length) };
  });
}
