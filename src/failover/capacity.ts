import { withoutGaps } from "../core/capacity.ts";

/** An upstream as failover weighs it. Calls are calls a second. */
export interface Bearer {
  readonly provider: string;
  /** Labels `dimension:value`. */
  readonly failureDomains: readonly string[];
  /** What it bears; `undefined` when not known. */
  readonly capacity: number | undefined;
  /** What it is sent now. */
  readonly load: number;
  /** Is it in service? What is out already gives nothing, and takes nothing away. */
  readonly serves: boolean;
}

/** Where no capacity is known, this share of the endpoints in service is thought to bear the load: as for single ejections. */
const enoughEndpoints = 0.5;

/**
 * Can the others be given all calls when the members of `removal` (their indices) are taken out? `demand` is calls a second;
 * `reserve` the share 0..1 of the remaining capacity that must stay free. Where no capacity is known there is nothing to
 * measure: then half of the endpoints that serve are enough.
 *
 * Which calls are urgent plays no part. Those are never shed, and what the others cannot bear is shed at the door; so all
 * that is asked here is whether the members must keep a part of their load.
 */
export function canSpare(
  removal: readonly number[],
  members: readonly Bearer[],
  demand: number,
  reserve: number,
): boolean {
  const gone = new Set(removal);
  const { filled, known } = withoutGaps(members.map(({ capacity }) => capacity));
  const borne = (counts: (index: number) => boolean) =>
    sum(filled.map((capacity, index) => (members[index]?.serves && counts(index) ? capacity : 0)));
  const left = borne((index) => !gone.has(index));
  if (left === 0) return false;
  return known ? left * (1 - reserve) >= demand : left >= enoughEndpoints * borne(() => true);
}

/** Where displaced load goes. */
export interface Poured {
  /** Shares 0..1 of what is displaced, by provider, the largest first; what finds no room is missing from them. */
  readonly shares: readonly { readonly provider: string; readonly share: number }[];
  /** Calls a second that each survivor gets on top, in the order given. */
  readonly added: readonly number[];
  /** Survivors are filled beyond what they are in quiet times. */
  readonly emergency: boolean;
  /** Calls a second for which there is no room. */
  readonly unplaced: number;
}

/**
 * How full an upstream may be made, as a share of its capacity, and how full when there is no other way. In a queue
 * with one server (M/M/1) an answer takes 1 / (1 - u) times as long as on an idle one: 3.3 times at 0.7, 10 times at 0.9.
 */
const full = 0.7;
const fullInEmergency = 0.9;

/** The share of all calls that one failure domain may have, when avoidable: so that the next loss is not the larger one. */
const mostOfOneDomain = 0.5;

/**
 * Spreads `displaced` calls a second over the survivors, in proportion to the room that each has (water-filling). First
 * such that no failure domain ends up with more than half of all calls, then without that, then with the room for
 * emergencies. Members of unknown capacity are taken for the average of the others; where none is known all get equal
 * parts. Survivors out of service get nothing.
 */
export function pour(displaced: number, survivors: readonly Bearer[]): Poured {
  const added = survivors.map(() => 0);
  const loads = survivors.map(({ load }) => load);
  const all = displaced + sum(loads);
  const { filled, known } = withoutGaps(survivors.map(({ capacity }) => capacity));
  /** The room of each, with what was added already. */
  const room = (fill: number) =>
    survivors.map(({ serves, load }, index) => {
      if (!serves) return 0;
      const most = known ? fill * (filled[index] as number) - load : displaced;
      return Math.max(0, most - (added[index] as number));
    });
  let left = displaced;
  left = fillUp(left, room(full), added, ceilingsOf(left, survivors, room(full), all));
  left = fillUp(left, room(full), added, []);
  const emergency = left > 0;
  left = fillUp(left, room(fullInEmergency), added, []);
  return { shares: byProvider(displaced, survivors, added), added, emergency, unplaced: left };
}

/** What is left over by rounding only, as a part of what was displaced. */
const negligible = 1e-9;

/** How much more a failure domain may get. */
interface Ceiling {
  readonly members: readonly number[];
  free: number;
}

/**
 * What each failure domain of the survivors may get. One that cannot be kept below its ceiling, because the others have
 * too little room, may get what they cannot take.
 */
function ceilingsOf(displaced: number, survivors: readonly Bearer[], room: readonly number[], all: number): Ceiling[] {
  const members = new Map<string, number[]>();
  survivors.forEach(({ failureDomains }, index) => {
    for (const domain of failureDomains) members.set(domain, [...(members.get(domain) ?? []), index]);
  });
  const total = sum(room);
  return [...members.values()].map((inside) => {
    const load = sum(inside.map((index) => survivors[index]?.load ?? 0));
    const elsewhere = total - sum(inside.map((index) => room[index] as number));
    return { members: inside, free: Math.max(0, mostOfOneDomain * all - load, displaced - elsewhere) };
  });
}

/**
 * Adds `amount` to the members in proportion to their room, in rounds: a round ends when a domain is at its ceiling, and
 * its members get no more. Returns what is left over.
 */
function fillUp(amount: number, room: readonly number[], added: number[], ceilings: readonly Ceiling[]): number {
  const open = [...room];
  let left = amount;
  // Each round but the last closes a domain.
  for (let round = 0; round <= ceilings.length && left > negligible * amount; round++) {
    const free = sum(open);
    if (free <= 0) break;
    const loose = ceilings.map((ceiling) => ({
      ceiling,
      inside: sum(ceiling.members.map((index) => open[index] as number)),
    }));
    const tightest = Math.min(...loose.map(({ ceiling, inside }) => (inside > 0 ? ceiling.free / inside : 1)));
    const part = Math.min(1, left / free, tightest);
    open.forEach((own, index) => {
      added[index] = (added[index] as number) + part * own;
      open[index] = own * (1 - part);
    });
    left -= part * free;
    for (const { ceiling, inside } of loose) {
      ceiling.free -= part * inside;
      if (ceiling.free <= negligible * amount) for (const index of ceiling.members) open[index] = 0;
    }
  }
  return left > negligible * amount ? left : 0;
}

function byProvider(displaced: number, survivors: readonly Bearer[], added: readonly number[]): Poured["shares"] {
  const shares = new Map<string, number>();
  survivors.forEach(({ provider }, index) => {
    const part = (added[index] as number) / displaced;
    if (part > 0) shares.set(provider, (shares.get(provider) ?? 0) + part);
  });
  return [...shares]
    .map(([provider, share]) => ({ provider, share }))
    .sort((a, b) => b.share - a.share || (a.provider < b.provider ? -1 : 1));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
