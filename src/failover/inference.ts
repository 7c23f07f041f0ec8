import type { Upstream } from "../core/upstream.ts";
import { bitsOf, contains, countIn, type Domain, type Group, type Lattice } from "./domains.ts";
import { logBeta } from "./log-beta.ts";

/** What inference knows of one upstream. Times are the clock's milliseconds. */
export interface Observation {
  /** Since when it is suspect; NaN when it is not. */
  readonly onset: number;
  /** Would one know if it had failed? It was heard of in the last 1.5 s, or a probe of it waits for its answer. */
  readonly observable: boolean;
  /** How often it becomes suspect on its own, per millisecond, as learned before this onset. */
  readonly rate: number;
  /** When it last answered; -Infinity for never. */
  readonly goodAt: number;
  /** The evidence against it, as a share of what makes it suspect. */
  readonly suspicion: number;
}

/** One way to explain why several upstreams became suspect together. */
export interface Explanation {
  readonly group: Group;
  /** Log-odds that the group failed as one, against that those of its members that did became suspect by chance. */
  readonly logOdds: number;
  /** Its members that became suspect together (k), the first to do so first. */
  readonly struck: readonly Upstream[];
  /** How many members could have been seen to (n): those struck, and those that stand and are observable. */
  readonly observed: number;
  /** When the first of `struck` became suspect, and how long after it the last did, in milliseconds. */
  readonly firstAt: number;
  readonly windowMs: number;
  /** Members that still answer: to be left in service when the group is taken out. */
  readonly spared: readonly Upstream[];
  /**
   * Of the upstreams outside of the group that are not suspect themselves the one that answered last, if that was after
   * the group began to fail. Without one nothing shows that the trouble is not ours, and the group must not be taken
   * out.
   */
  readonly control: Upstream | undefined;
}

/** Onsets of suspicion within this time are taken to come together. */
export const coincidenceMs = 5_000;

/** Log-odds above which a domain is watched (likelier than not), and above which it is taken out (99 of 100: ln 99). */
export const watchAbove = 0;
export const openAbove = 4.6;

/**
 * Which part of a domain fails when it fails: a Beta distribution with these parameters. Three quarters on average,
 * most often all, and a half is not rare: an outage of one zone of a region.
 */
const partA = 2;
const partB = 0.7;
const logBetaOfParts = logBeta(partA, partB);

/** How often a whole network has trouble of its own, or this process loses its own: as often as a cloud fails. */
const rivalRate = 1 / (90 * 86_400_000);

/** The greatest chance of an onset within the window: one of a hopeless upstream says nothing, but never speaks against. */
const likeliest = 0.5;

/** Of explanations that are this close, the one for fewer upstreams is believed. */
const tieMargin = 1;

/** A member that answered this lately, and with hardly any evidence against it, is spared. */
const freshMs = 1_000;
const littleSuspicion = 0.3;

/** The most explanations that are told. */
const mostExplanations = 8;

/**
 * Why did these upstreams become suspect? The explanations of those onsets that lie in the last five seconds, the best
 * first, then by their odds; none when fewer than two upstreams became suspect, as a single one is its own affair.
 * `observations` are in the order of `lattice.upstreams`; `rateOf` says how often a domain fails, per millisecond.
 *
 * That an upstream is down says little: some always are. That several become suspect *together* does, and the more so
 * the less each of them does it alone. With n observable members of a domain D, k of which became suspect within
 * Dt = 5 s, and with l_u and l_D as the rates at which members and domain do so:
 *
 *     log-odds = ln(l_D Dt) + ln B(k + a, n - k + b) - ln B(a, b) - sum over the k of ln(l_u Dt)
 *
 * This is the Bayes factor of "D failed once, and took each member with a chance that is Beta(a, b) distributed"
 * against "each failed on its own", times the prior odds. That the others did not fail on their own is equally likely
 * under both and cancels out. All explanations are compared with the same alternative, so the highest odds win. Within
 * 1.0 of them the smaller group does: as little as possible is taken out.
 *
 * Members that were suspect before the window cannot become so again and count for nothing. Nor does anybody who was
 * not heard of: who asks probes them. The rivals of the domains are a network as a whole, and `self`: the process is
 * cut off, or starved. That is thought of while nobody answers who is not suspect too: on a line that loses packets, or
 * in a process that stalls, a call gets through now and then. Where a rival is as good as a domain of the same size it
 * wins, since then taking out the domain helps nobody.
 *
 * Who has acted on an explanation may ask for the next one: with the observations of its members as if unobservable.
 * Pure. The cost grows with the domains of the struck upstreams, not with all domains.
 */
export function explain(
  lattice: Lattice,
  observations: readonly Observation[],
  rateOf: (domain: Domain) => number,
  now: number,
): readonly Explanation[] {
  const struck: number[] = [];
  const atRisk: number[] = [];
  observations.forEach(({ onset, observable }, index) => {
    const recent = onset <= now && now - onset <= coincidenceMs;
    if (recent) struck.push(index);
    if (recent || (observable && Number.isNaN(onset))) atRisk.push(index);
  });
  struck.sort((a, b) => at(observations, a).onset - at(observations, b).onset);
  const scene: Scene = { lattice, observations, now, struck };
  return ranked(weighed(scene, atRisk, rateOf))
    .slice(0, mostExplanations)
    .map((weighed) => told(weighed, scene));
}

interface Scene {
  readonly lattice: Lattice;
  readonly observations: readonly Observation[];
  readonly now: number;
  /** Those whose onset lies in the window, by onset. */
  readonly struck: readonly number[];
}

interface Weighed {
  readonly group: Group;
  readonly logOdds: number;
  readonly observed: number;
}

/** The odds of each group with two struck members or more. */
function weighed(scene: Scene, atRisk: readonly number[], rateOf: (domain: Domain) => number): Weighed[] {
  const { lattice, observations, struck } = scene;
  const counts = new Uint32Array(lattice.groups.length);
  const surprises = new Float64Array(lattice.groups.length);
  const touched: Group[] = [];
  for (const upstream of struck) {
    const surprise = -logChance(at(observations, upstream).rate);
    for (const group of lattice.groupsOf(upstream)) {
      const count = (counts[group.index] as number) + 1;
      counts[group.index] = count;
      surprises[group.index] = (surprises[group.index] as number) + surprise;
      if (count === 2) touched.push(group);
    }
  }
  const visible = bitsOf(atRisk, observations.length);
  const found: Weighed[] = [];
  for (const group of touched) {
    if (group.kind === "self" && somebodyAnswers(scene)) continue;
    const count = counts[group.index] as number;
    const observed = countIn(group, visible);
    const prior = logChance(group.kind === "domain" ? rateOf(group) : rivalRate);
    const part = logBeta(count + partA, observed - count + partB) - logBetaOfParts;
    found.push({ group, observed, logOdds: prior + part + (surprises[group.index] as number) });
  }
  return found;
}

/** The logarithm of the chance that what happens at this rate (per millisecond) happens within the window. */
function logChance(rate: number): number {
  return Math.log(Math.min(likeliest, rate * coincidenceMs));
}

/** Did anybody who is not suspect answer since upstreams began to fail? */
function somebodyAnswers({ observations, struck }: Scene): boolean {
  const since = began(struck, observations);
  return observations.some(({ goodAt, onset }) => goodAt > since && Number.isNaN(onset));
}

/**
 * When a failure that struck these (in the order of their onsets) had begun for sure: at the onset of the middle one,
 * which for two is the first. An unrelated onset a few seconds earlier would date it back to when all was well.
 */
function began(struck: readonly number[], observations: readonly Observation[]): number {
  return at(observations, struck[(struck.length - 1) >> 1] as number).onset;
}

/** The best, then the others by odds. Names decide at last, so that the order of upstreams does not matter. */
function ranked(found: Weighed[]): readonly Weighed[] {
  found.sort((a, b) => b.logOdds - a.logOdds || smaller(a, b));
  const highest = found[0]?.logOdds ?? 0;
  const [best] = found.filter(({ logOdds }) => logOdds >= highest - tieMargin).sort(smaller);
  return best ? [best, ...found.filter((one) => one !== best)] : [];
}

function smaller(a: Weighed, b: Weighed): number {
  return (
    a.group.members.length - b.group.members.length ||
    Number(a.group.kind === "domain") - Number(b.group.kind === "domain") ||
    b.logOdds - a.logOdds ||
    (a.group.name < b.group.name ? -1 : 1)
  );
}

function told({ group, logOdds, observed }: Weighed, scene: Scene): Explanation {
  const { lattice, observations, now } = scene;
  const struck = scene.struck.filter((index) => contains(group, index));
  const firstAt = at(observations, struck[0] as number).onset;
  const spared = group.members.filter((index) => {
    const { goodAt, suspicion } = at(observations, index);
    return now - goodAt <= freshMs && suspicion < littleSuspicion;
  });
  let control: number | undefined;
  let latest = began(struck, observations);
  observations.forEach(({ goodAt, onset }, index) => {
    if (goodAt <= latest || !Number.isNaN(onset) || contains(group, index)) return;
    control = index;
    latest = goodAt;
  });
  const upstreamAt = (index: number) => lattice.upstreams[index] as Upstream;
  return {
    group,
    logOdds,
    struck: struck.map(upstreamAt),
    observed,
    firstAt,
    windowMs: at(observations, struck.at(-1) as number).onset - firstAt,
    spared: spared.map(upstreamAt),
    control: control === undefined ? undefined : upstreamAt(control),
  };
}

function at(observations: readonly Observation[], index: number): Observation {
  return observations[index] as Observation;
}
