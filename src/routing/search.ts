import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Random } from "../lib/random.ts";
import { lastObstacle, mayTry, type Obstacle, obstacle, passesSoon } from "./eligibility.ts";
import type { Member } from "./member.ts";
import type { Group, Ranking } from "./ranking.ts";
import { fateMate, wasTried } from "./tried.ts";

/** Finds the upstream for a call in the present order. */
export class Search {
  readonly #ranking: Ranking;
  readonly #random: Random;

  constructor(ranking: Ranking, random: Random) {
    this.#ranking = ranking;
    this.#random = random;
  }

  /** For a call that nobody was asked yet: the first group, by load, that has somebody. */
  first(call: Call, now: number): Member | undefined {
    const { groups } = this.#ranking;
    const start = this.#ranking.start(this.#random);
    let found = start && this.#within(start, call, now);
    for (let index = 0; !found && index < groups.length; index++) {
      const group = groups[index] as Group;
      if (group !== start) found = this.#within(group, call, now);
    }
    // Those that are coming back have declined; but there is nobody else.
    for (let index = 0; !found && index < groups.length; index++) {
      const { members } = groups[index] as Group;
      found = this.#cheapest(members, 0, members.length, 0, call, now);
    }
    return found;
  }

  /**
   * For a call that was sent before (a retry, a hedge): somebody who keeps old data, if some was missing; then one who
   * shares no fate with those asked, wherever one is; then one who is quite well; then by group.
   */
  another(call: Call, context: CallContext, now: number): Member | undefined {
    const { groups } = this.#ranking;
    const missing = context.attempts.some(({ outcome }) => outcome?.ok === false && outcome.kind === "missing_data");
    const best = new Best(now);
    groups.forEach(({ members, load }, place) => {
      for (const member of members) {
        const { upstream } = member;
        if (wasTried(upstream, context) || !this.#can(member, call, now)) continue;
        const drawbacks =
          (missing && !upstream.archive ? 8 : 0) + (fateMate(upstream, context) ? 4 : 0) + frailty(member);
        best.consider(member, (drawbacks * 2 + (load > 0 ? 0 : 1)) * groups.length + place);
      }
    });
    return best.member;
  }

  /**
   * When nobody in the order can: somebody who got well since it was worked out, or somebody who seems to be ill rather
   * than nobody, and rather than him somebody who asked for a rest and may be tried. Never for a hedge, and none of these
   * while well ones are merely full, wait for the next block, or were tried.
   */
  lastResort(call: Call, context: CallContext, now: number): Member | undefined {
    if (context.reason === "hedge") return undefined;
    const best = new Best(now);
    const resting = new Best(now);
    let wellOnes = false;
    for (const member of this.#ranking.members) {
      const { upstream } = member;
      const tried = wasTried(upstream, context);
      const why = obstacle(upstream, call, now, this.#ranking);
      if (why === undefined && !tried) return member;
      wellOnes ||= why === undefined || passesSoon(why, upstream, call);
      if (!tried && mayTry(upstream, call, now)) resting.consider(member, upstream.status.heldUntil);
      if (tried || lastObstacle(upstream, call, now) !== undefined) continue;
      best.consider(member, (fateMate(upstream, context) ? 2 : 0) + (why === "breaker_open" ? 1 : 0));
    }
    return wellOnes ? undefined : (resting.member ?? best.member);
  }

  /**
   * All who can serve a call, the most welcome first; the ones that seem to be ill last, where those are wanted. A call
   * that several get does not wait for room at one of them.
   */
  all(call: Call, reach: "well" | "possible", now: number): Upstream[] {
    const { groups, members } = this.#ranking;
    const can = (why: Obstacle | undefined) => why === undefined || why === "no_room";
    const well = groups
      .flatMap((group) => group.members)
      .filter(({ upstream }) => can(obstacle(upstream, call, now, this.#ranking)));
    const ill =
      reach === "possible"
        ? members.filter((member) => !well.includes(member) && can(lastObstacle(member.upstream, call, now)))
        : [];
    return [...well, ...ill].map(({ upstream }) => upstream);
  }

  /** The lesser of two drawn at random; where neither can, the least of all; the suspects last. */
  #within({ members, ready, load }: Group, call: Call, now: number): Member | undefined {
    return (
      this.#ofTwo(members, ready, load > 0 ? load : 1, call, now) ??
      this.#cheapest(members, 0, ready, 1, call, now) ??
      this.#cheapest(members, ready, members.length, 0, call, now)
    );
  }

  /**
   * The lesser of two drawn at random among the first `ready`. One that is coming back competes only when drawn first,
   * and then as often as its weight says: idle as it is, it would win each comparison. With such as come back no slower than
   * it does it is compared all the same, for they are as idle. `load` is the share of calls that begin in the group; for the
   * weights of its members it is less than all, and that counts towards theirs.
   */
  #ofTwo(members: readonly Member[], ready: number, load: number, call: Call, now: number): Member | undefined {
    if (ready === 0) return undefined;
    const first = Math.floor(this.#random() * ready);
    const one = members[first] as Member;
    const wanted = one.weight >= 1 || this.#random() * load < one.weight;
    const oneCan = wanted && this.#can(one, call, now);
    if (ready === 1) return oneCan ? one : undefined;
    const step = 1 + Math.floor(this.#random() * (ready - 1));
    const other = members[(first + step) % ready] as Member;
    const otherCan = (other.weight >= 1 || (wanted && other.weight >= one.weight)) && this.#can(other, call, now);
    if (oneCan && otherCan) return one.cost(now) <= other.cost(now) ? one : other;
    return oneCan ? one : otherCan ? other : undefined;
  }

  /** The cheapest of `members[from..to)` that can serve the call and has at least this weight. */
  #cheapest(
    members: readonly Member[],
    from: number,
    to: number,
    leastWeight: number,
    call: Call,
    now: number,
  ): Member | undefined {
    const best = new Best(now);
    for (let index = from; index < to; index++) {
      const member = members[index] as Member;
      if (member.weight >= leastWeight && this.#can(member, call, now)) best.consider(member, 0);
    }
    return best.member;
  }

  #can({ upstream }: Member, call: Call, now: number): boolean {
    return obstacle(upstream, call, now, this.#ranking) === undefined;
  }
}

/** 0 for one who is well, 1 for one who is coming back, 2 for a suspect, 3 for one whose failure domain is watched. */
function frailty({ upstream, weight }: Member): number {
  if (upstream.status.watched) return 3;
  if (upstream.status.verdict === "suspect") return 2;
  return weight < 1 ? 1 : 0;
}

/** The member of the lowest rank, of those the one of the lowest cost. */
class Best {
  member: Member | undefined;
  readonly #now: number;
  #rank = Number.POSITIVE_INFINITY;
  #cost = Number.POSITIVE_INFINITY;

  constructor(now: number) {
    this.#now = now;
  }

  consider(member: Member, rank: number): void {
    if (rank > this.#rank) return;
    const cost = member.cost(this.#now);
    if (rank === this.#rank && cost >= this.#cost) return;
    this.member = member;
    this.#rank = rank;
    this.#cost = cost;
  }
}
