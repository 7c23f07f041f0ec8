import type { Upstream, UpstreamStatus } from "../core/upstream.ts";
import type { Random } from "../lib/random.ts";
import { doubtfulHolds } from "./eligibility.ts";
import { distanceOf, distances, Share } from "./locality.ts";
import { Member } from "./member.ts";
import type { RoutingOptions } from "./schema.ts";

/** Upstreams that are equally welcome: of one tier and equally far. */
export interface Group {
  readonly name: string;
  /** The first `ready` of them are well (or coming back), the others suspect. Those that are out are in no group. */
  readonly members: readonly Member[];
  readonly ready: number;
  /** The share of calls that begin their search here, 0..1. */
  readonly load: number;
}

/**
 * The order in which upstreams are considered, worked out now and then and not for each call: by tier, within a tier
 * by distance, each group keeping as much of the traffic as it can bear.
 */
export class Ranking {
  /** The most welcome first. */
  groups: readonly Group[] = [];
  /** Is anybody who is well said to keep old state? */
  archives = false;
  /** And to serve traces? */
  traces = false;
  /** All upstreams, those that are out included. */
  readonly members: readonly Member[];
  readonly #options: RoutingOptions;
  readonly #shares = new Map<number, Share>();

  constructor(upstreams: readonly Upstream[], options: RoutingOptions) {
    this.members = upstreams.map((upstream) => new Member(upstream));
    this.#options = options;
  }

  /** Works the order out anew, as of `now`. */
  refresh(now: number): void {
    const drafts = this.#divide(now);
    let left = 1;
    let serving: number | undefined;
    const groups = [...drafts]
      .sort(([a], [b]) => a - b)
      .map(([key, draft]) => {
        const share = this.#shareOf(key, draft, now);
        // Within a tier the load spills from group to group; another tier serves only when nobody in this one can.
        const load = serving === undefined || serving === tierOf(key) ? Math.min(left, share) : 0;
        if (load > 0) serving = tierOf(key);
        left -= load;
        const { ready, suspect } = draft;
        return { name: nameOf(key), members: [...ready, ...suspect], ready: ready.length, load };
      });
    const taken = 1 - left;
    this.groups = taken > 0 && taken < 1 ? groups.map((group) => ({ ...group, load: group.load / taken })) : groups;
  }

  /** The group where a call begins its search: at random by load; the first when none takes any. */
  start(random: Random): Group | undefined {
    const [first] = this.groups;
    if (first === undefined || first.load >= 1) return first;
    let point = random();
    for (const group of this.groups) {
      if (point < group.load) return group;
      point -= group.load;
    }
    return first;
  }

  /** Puts each upstream where it belongs. */
  #divide(now: number): Map<number, Draft> {
    this.archives = false;
    this.traces = false;
    const quickest = new Map<number, number>();
    const { home } = this.#options;
    for (const member of this.members) {
      member.weigh(now);
      if (standing(member, now) !== "ready") continue;
      const { tier, coordinates, status, archive, traces } = member.upstream;
      this.archives ||= archive;
      this.traces ||= traces;
      if (home !== undefined && coordinates.region === home) continue;
      const { probeMs } = status;
      if (probeMs < (quickest.get(tier) ?? Number.POSITIVE_INFINITY)) quickest.set(tier, probeMs);
    }
    const drafts = new Map<number, Draft>();
    for (const member of this.members) {
      const { upstream } = member;
      if (!upstream.status.confirmed) continue;
      const quickestMs = quickest.get(upstream.tier) ?? Number.NaN;
      member.distance = distanceOf(upstream, home, quickestMs, member.distance);
      const key = keyOf(upstream.tier, distances.indexOf(member.distance));
      const draft = drafts.get(key) ?? { ready: [], suspect: [], all: 0, healthy: 0, granted: false };
      drafts.set(key, draft);
      enlist(draft, member, now);
    }
    return drafts;
  }

  #shareOf(key: number, { healthy, all, granted }: Draft, now: number): number {
    const share = this.#shares.get(key) ?? new Share();
    this.#shares.set(key, share);
    const { spillBelow, failBack: failBackMs } = this.#options;
    share.update(healthy / all, now, { spillBelow, failBackMs }, granted);
    return share.value;
  }
}

/**
 * A group in the making. `healthy` counts those that are ready or resting by the weight that health gives them; `granted`:
 * failover grants one of them its traffic in steps.
 */
interface Draft {
  readonly ready: Member[];
  readonly suspect: Member[];
  all: number;
  healthy: number;
  granted: boolean;
}

/** Counts a member to its group. */
function enlist(draft: Draft, member: Member, now: number): void {
  const { status } = member.upstream;
  const where = standing(member, now);
  draft.all++;
  if (where === "ready" || where === "suspect") draft[where].push(member);
  if (where === "ready" || where === "resting") draft.healthy += status.weight;
  draft.granted ||= where === "ready" && isGranted(status);
}

/**
 * What an upstream is good for. One that is `resting` is held for a moment after a failure of the kind that happens now
 * and then: it gets no calls, but its group is none the worse for it. If there is more to it, health will say so.
 */
function standing({ upstream: { status } }: Member, now: number): "ready" | "resting" | "suspect" | "out" {
  if (!status.confirmed || status.breaker === "open") return "out";
  const held = status.heldUntil > now;
  if (status.verdict === "suspect") return held ? "out" : "suspect";
  if (status.verdict !== "healthy" && status.verdict !== "ramping") return "out";
  if (!held) return "ready";
  return doubtfulHolds.has(status.heldBecause) ? "resting" : "out";
}

/** Does failover say how much it may have while it comes back, and not its own health alone? */
function isGranted({ verdict, weight, allowance }: UpstreamStatus): boolean {
  return allowance < 1 || (verdict === "ramping" && weight >= 1);
}

function keyOf(tier: number, distance: number): number {
  return tier * distances.length + distance;
}

function tierOf(key: number): number {
  return Math.floor(key / distances.length);
}

function nameOf(key: number): string {
  return `tier ${tierOf(key)}, ${distances[key % distances.length]}`;
}
