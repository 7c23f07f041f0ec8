import type { DomainStanding } from "./standing.ts";

/** A failure domain that is not closed, as far as turns go. */
interface Returning {
  /** Its upstreams, or their indices in the lattice. */
  readonly members: readonly unknown[];
  readonly standing: Pick<DomainStanding, "phase" | "since" | "readySince" | "share">;
}

/**
 * A ramp that takes longer than this lets others begin: one that neither ends well nor ill must not keep them out. Without
 * failed gates the longest takes 210 s.
 */
const longestTurnMs = 600_000;

/**
 * Whose turn it is to come back, of all failure domains of the process: one at a time, so that not all of them load cold
 * machines at once and a step that goes wrong has one cause. Whoever ramps has the turn until it has all of its traffic;
 * then who waits longest. With a domain comes back what lies wholly within it. What lies within one that is out waits for
 * that one: nothing comes back to it before, and its turn would keep others waiting for nothing.
 *
 * The turn follows from what is handed in alone, so it cannot be lost with a domain that vanishes.
 */
export function turns<Domain extends Returning>(domains: readonly Domain[], now: number): ReadonlySet<Domain> {
  const ramping = domains.filter(({ standing: { phase, share } }) => phase === "ramping" && share < 1);
  const out = domains.filter(({ standing: { phase } }) => phase === "open" || phase === "half_open");
  const ready = new Set(
    out.filter(({ standing: { phase, readySince } }) => phase === "half_open" && !Number.isNaN(readySince)),
  );
  const waiting = [...ready]
    .filter((one) => out.every((outer) => outer === one || ready.has(outer) || !within(one, outer)))
    .sort((a, b) => a.standing.readySince - b.standing.readySince || b.members.length - a.members.length);
  const turn = new Set(ramping);
  const longest = waiting[0];
  if (longest && ramping.every(({ standing }) => now - standing.since > longestTurnMs)) {
    const enclosing = waiting.filter((one) => within(longest, one));
    turn.add(enclosing.reduce((widest, one) => (one.members.length > widest.members.length ? one : widest)));
  }
  const holders = [...turn];
  for (const one of waiting) if (holders.some((holder) => within(one, holder))) turn.add(one);
  return turn;
}

/** Does every member of `inner` belong to `outer`? */
function within(inner: Returning, outer: Returning): boolean {
  return inner.members.length <= outer.members.length && inner.members.every((one) => outer.members.includes(one));
}
