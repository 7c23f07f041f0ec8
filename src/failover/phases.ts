import { formatDuration } from "../lib/duration.ts";
import type { Random } from "../lib/random.ts";
import { holdMs, mostStrikes, quietMs, withEdge } from "./hold.ts";
import { openAbove, watchAbove } from "./inference.ts";
import { longOutageMs, nextShare, rampMsAfter, rampMsAfterFailure, rampOf } from "./ramp.ts";
import type { DomainSigns, DomainStanding, Withheld } from "./standing.ts";

/** A watch ends when the posterior was below 0.2, which is log-odds of ln(0.2 / 0.8), for this long. */
const calmBelow = Math.log(0.2 / 0.8);
const calmMs = 10_000;

/**
 * The pace of automation is no reason to tell of before it has held a domain in service for this long: members go out one
 * by one meanwhile, and what is left of a large domain is then small enough to go as a whole.
 */
const slowedMs = 3_000;

/**
 * Nobody is up again before this. What the last probes said when it went down is old; and one that hangs from before takes
 * its 2 s, and the next one comes a second later.
 */
const upAfterMs = 3_000;

/** How many failed gates in a row end a ramp, and how long all its traffic must go well. */
const mostFailedGates = 2;
const settleMs = 30_000;

/** One strike is forgiven after this long in good health, as in gRPC's outlier detection (proposal A50). */
const forgiveMs = 300_000;

/**
 * The life of a failure domain: from its standing so far and the signs to the standing from now on; the same object when
 * nothing changes.
 *
 *     closed <-> watch -> open <-> half_open -> ramping -> closed
 *                closed -> open <- ramping
 *
 * When nobody outside serves, it is not taken out, and if it is, it is back with its first passing probe, with all its
 * traffic and out of turn: whatever it may do badly, nobody would do it better. And while nobody outside answers either,
 * nothing is held against it: the fault is then likely to be ours.
 */
export function advance(standing: DomainStanding, signs: DomainSigns, now: number, random: Random): DomainStanding {
  if (signs.members === 0) {
    return standing.phase === "closed" ? standing : closed(standing, "nobody belongs to it any more", now);
  }
  switch (standing.phase) {
    case "closed":
      return whileClosed(standing, signs, now, random);
    case "watch":
      return whileWatched(standing, signs, now, random);
    case "open":
    case "half_open":
      return whileOut(standing, signs, now, random);
    case "ramping":
      return whileRamping(standing, signs, now, random);
  }
}

function whileClosed(standing: DomainStanding, signs: DomainSigns, now: number, random: Random): DomainStanding {
  const forgiven = forgive(standing, now);
  if (oddsOf(signs) <= watchAbove) return forgiven;
  return whileWatched(become(forgiven, "watch", accusation(signs), now), signs, now, random);
}

function whileWatched(standing: DomainStanding, signs: DomainSigns, now: number, random: Random): DomainStanding {
  const odds = oddsOf(signs);
  // Onsets grow old within seconds. Who was found out once, and is still down, need not be found out again.
  const stillDown = standing.withheld !== undefined && signs.failing > signs.members - quorum(signs.members);
  if (odds > openAbove || stillDown) {
    const withheld = obstacle(signs);
    if (withheld === undefined) return opened(standing, signs, accusation(signs), now, random);
    return withheld === standing.withheld ? standing : withhold(standing, signs, withheld, now);
  }
  const since = Number.isNaN(standing.calmSince) ? now : standing.calmSince;
  const calmSince = odds < calmBelow ? since : Number.NaN;
  if (now - calmSince >= calmMs) return closed(standing, "it is no longer likely to fail as one", now);
  if (standing.withheld !== undefined || !Number.isNaN(standing.slowedSince)) {
    return { ...standing, withheld: undefined, slowedSince: Number.NaN, because: accusation(signs), calmSince };
  }
  return Object.is(calmSince, standing.calmSince) ? standing : { ...standing, calmSince };
}

/** It certainly fails, and stays in service. */
function withhold(standing: DomainStanding, signs: DomainSigns, withheld: Withheld, now: number): DomainStanding {
  const since = Number.isNaN(standing.slowedSince) ? now : standing.slowedSince;
  const slowedSince = withheld === "velocity" ? since : Number.NaN;
  if (now - slowedSince < slowedMs) {
    return Object.is(slowedSince, standing.slowedSince) ? standing : { ...standing, slowedSince };
  }
  const because = `${accusation(signs)}; not taken out: ${obstacles[withheld]}`;
  return { ...standing, withheld, slowedSince, because, calmSince: Number.NaN };
}

function whileOut(standing: DomainStanding, signs: DomainSigns, now: number, random: Random): DomainStanding {
  const { alone, answering, keeps } = signs;
  if (alone && answering > 0) {
    return ramping(standing, 1, "nobody else serves, and it passes a probe", now);
  }
  const noted = note(standing, signs, now, random);
  const keeping = keeps === noted.share ? noted : { ...noted, share: keeps };
  if (keeping.phase === "half_open") {
    const { members, failing } = signs;
    const again = noted.edges !== standing.edges;
    if (again) return opened(keeping, signs, `${failing} of ${members} members fail again`, now, random);
    return whileHalfOpen(keeping, signs, now);
  }
  if (keeping.holdUntil !== undefined && now < keeping.holdUntil) return keeping;
  const because = `it was held for ${formatDuration(now - standing.since)}`;
  return whileHalfOpen(become(keeping, "half_open", because, now), signs, now);
}

/** Notes when it seems to be up again, and when it goes down once more. If it flaps, its hold then begins anew. */
function note(standing: DomainStanding, signs: DomainSigns, now: number, random: Random): DomainStanding {
  const { members, passing, failing, control } = signs;
  const needed = neededToReturn(standing, members, now);
  if (!standing.up) {
    const up = passing >= needed && now - (standing.edges.at(-1) ?? 0) >= upAfterMs;
    return up ? { ...standing, up } : standing;
  }
  if (!control || failing <= members - needed) return standing;
  const edges = withEdge(standing.edges, now);
  const { holdUntil } = standing;
  const held = holdUntil === undefined ? undefined : Math.max(holdUntil, now + quietMs(edges, random));
  return { ...standing, up: false, edges, holdUntil: held, strikes: Math.min(mostStrikes, standing.strikes + 1) };
}

const itsTurn = "; another domain comes back first";

/** Waits until it is up, for as long as that takes: probes go on, and nobody is sent there. */
function whileHalfOpen(standing: DomainStanding, signs: DomainSigns, now: number): DomainStanding {
  const { members, passing, token } = signs;
  const needed = neededToReturn(standing, members, now);
  const waiting = !Number.isNaN(standing.readySince);
  if (passing >= needed) {
    const because = `${passing} of ${members} members pass probes`;
    if (token) return ramping(standing, signs.keeps, because, now);
    // Whose turn it is, is found among those that wait; so the next look tells.
    if (!waiting) return { ...standing, readySince: now, because };
    if (standing.because.endsWith(itsTurn)) return standing;
    return { ...standing, because: `${because}${itsTurn}` };
  }
  const because = `only ${passing} of ${members} members pass probes`;
  return waiting ? { ...standing, readySince: Number.NaN, because } : standing;
}

function whileRamping(standing: DomainStanding, signs: DomainSigns, now: number, random: Random): DomainStanding {
  if (signs.alone) return standing.share < 1 ? stepTo(standing, 1, "nobody else serves", now) : settled(standing, now);
  const { members, failing, gate, gateBecause } = signs;
  // What fails while nobody outside answers is not held against it: its gate begins anew.
  if (!signs.control) return gate === "fail" ? { ...standing, stepAt: now } : standing;
  if (failing >= members || oddsOf(signs) > openAbove) {
    return opened(standing, signs, accusation(signs), now, random);
  }
  if (gate === "fail") {
    const failedGates = standing.failedGates + 1;
    if (failedGates >= mostFailedGates) return opened(standing, signs, gateBecause, now, random);
    const rampMs = rampMsAfterFailure(standing.rampMs);
    const least = Math.max(nextShare(rampOf(rampMs), 0), signs.keeps);
    const share = Math.min(standing.share, Math.max(least, standing.share / 2));
    return { ...stepTo(standing, share, gateBecause, now), failedGates, rampMs };
  }
  if (standing.share < signs.keeps) return stepTo(standing, signs.keeps, "the others cannot bear more", now);
  if (gate === "wait") return standing;
  if (standing.share >= 1) return settled(standing, now);
  const ramp = rampOf(standing.rampMs);
  if (now - standing.stepAt < ramp.stepMs) return standing;
  return stepTo(standing, nextShare(ramp, standing.share), "all went well so far", now);
}

function settled(standing: DomainStanding, now: number): DomainStanding {
  return now - standing.stepAt >= settleMs ? closed(standing, "it came back", now) : standing;
}

/** It comes back with the first share of its ramp, or with `least` where that is more. */
function ramping(standing: DomainStanding, least: number, because: string, now: number): DomainStanding {
  // To wait for one's turn is no outage.
  const overAt = Number.isNaN(standing.readySince) ? now : standing.readySince;
  const clean = standing.strikes <= 1 && standing.edges.length <= 1;
  const rampMs = rampMsAfter(overAt - standing.openedAt, clean);
  const share = Math.max(least, nextShare(rampOf(rampMs), 0));
  return { ...stepTo(become(standing, "ramping", because, now), share, because, now), rampMs, up: true };
}

function stepTo(standing: DomainStanding, share: number, because: string, now: number): DomainStanding {
  return { ...standing, share, because, stepAt: now, failedGates: 0 };
}

function opened(
  standing: DomainStanding,
  signs: DomainSigns,
  because: string,
  now: number,
  random: Random,
): DomainStanding {
  const { phase } = standing;
  // That it came up and went down again while it was out has been counted.
  const strikes = phase === "half_open" ? standing.strikes : Math.min(mostStrikes, standing.strikes + 1);
  const edges = phase === "half_open" ? standing.edges : withEdge(standing.edges, now);
  return {
    ...become(standing, "open", because, now),
    share: signs.keeps,
    strikes,
    up: false,
    edges,
    holdUntil: now + holdMs(strikes, edges, random),
    openedAt: phase === "closed" || phase === "watch" ? now : standing.openedAt,
  };
}

function closed(standing: DomainStanding, because: string, now: number): DomainStanding {
  const forgivenAt = standing.phase === "watch" ? standing.forgivenAt : now;
  return { ...become(standing, "closed", because, now), share: 1, up: true, forgivenAt };
}

function become(
  standing: DomainStanding,
  phase: DomainStanding["phase"],
  because: string,
  now: number,
): DomainStanding {
  return {
    ...standing,
    phase,
    because,
    since: now,
    holdUntil: undefined,
    withheld: undefined,
    slowedSince: Number.NaN,
    calmSince: Number.NaN,
    readySince: Number.NaN,
    failedGates: 0,
  };
}

/** Sets healthy time off against strikes. */
function forgive(standing: DomainStanding, now: number): DomainStanding {
  const served = Math.floor((now - standing.forgivenAt) / forgiveMs);
  if (standing.strikes === 0 || served < 1) return standing;
  const strikes = Math.max(0, standing.strikes - served);
  const forgivenAt = standing.forgivenAt + served * forgiveMs;
  return { ...standing, strikes, forgivenAt };
}

function oddsOf({ best, logOdds }: DomainSigns): number {
  return best ? logOdds : Number.NEGATIVE_INFINITY;
}

/** Two thirds of the members, rounded up: of two, both. */
function quorum(members: number): number {
  return Math.ceil((2 * members) / 3);
}

/**
 * How many members must pass probes. After a long outage one is enough: if the others still fail then, this is no longer
 * one failure, and machines that died for good must not keep the sound ones out for ever. They stay ejected themselves.
 */
function neededToReturn({ openedAt }: DomainStanding, members: number, now: number): number {
  return now - openedAt > longOutageMs ? 1 : quorum(members);
}

const obstacles: Readonly<Record<Withheld, string>> = {
  control: "nobody outside answered since, so the fault may be ours",
  alone: "nobody else serves",
  velocity: "enough was taken out for now",
};

function obstacle({ control, alone, allowed }: DomainSigns): Withheld | undefined {
  if (!control) return "control";
  if (alone) return "alone";
  return allowed ? undefined : "velocity";
}

function accusation({ failing, members, logOdds }: DomainSigns): string {
  const odds = Number.isFinite(logOdds) ? `, log-odds ${logOdds.toFixed(1)}` : "";
  return `${failing} of ${members} members fail${odds}`;
}
