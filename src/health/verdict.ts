import type { Verdict } from "../core/upstream.ts";

/** What is remembered of an upstream from one judgment to the next. Times are milliseconds of the injected clock. */
export interface Standing {
  readonly verdict: Verdict;
  readonly because: string;
  /** Since when the verdict stands. */
  readonly since: number;
  /** Share of traffic, 0..1; less than 1 only while it comes back. */
  readonly weight: number;
  /** Ejections that are still held against it. */
  readonly strikes: number;
  /** When it was last ejected, and the earliest time that it may come back. */
  readonly ejectedAt: number;
  readonly holdUntil: number;
}

/** What there is to judge by, now. */
export interface Signs {
  /** From the evidence: the score and its limits. */
  readonly score: number;
  readonly suspectAbove: number;
  readonly ejectAbove: number;
  /** Since when nothing but failures came; NaN when the last word was a success. */
  readonly failingSince: number;
  /** The last failure was silence. */
  readonly silent: boolean;
  readonly lastFailure: string;
  /** Passing probes in a row. */
  readonly passes: number;
  /** Why it must not serve this network at all: a wrong chain or genesis. */
  readonly refused: string | undefined;
  /** Why its answers would be old: it syncs, or lags. */
  readonly behind: string | undefined;
  /** Why they may soon be. */
  readonly trails: string | undefined;
  /** How many other upstreams of the network serve now, and how many there are in all. */
  readonly others: number;
  readonly fleet: number;
}

/** Passing probes in a row that an ejected upstream needs. */
const passesNeeded = 3;

/** How long an ejection lasts at least: doubled with each strike, up to the most. */
const firstHoldMs = 2_000;
const longestHoldMs = 60_000;

/** One strike is forgotten after this long without an ejection. */
const forgiveMs = 300_000;

/** How an upstream comes back: from this weight to 1, evenly, over this time. */
const rampFrom = 0.1;
const rampMs = 10_000;

/** The score below which suspicion ends; well under the limit, so that it does not flicker. */
const clearBelow = 1;

/** Nothing but failures for this long: down, and not only failing now and then. */
const downAfterMs = 500;

/**
 * Silence ejects only when there was nothing else for this long, or suspicion lasts so long: a hundred calls that wait
 * through one short pause of the upstream are one observation, and their answers take it back.
 */
const silenceMs = 250;
const longSuspicionMs = 1_000;

/** The standing of an upstream of which nothing is known yet. */
export function newcomer(now: number): Standing {
  return {
    verdict: "healthy",
    because: "not probed yet",
    since: now,
    weight: 1,
    strikes: 0,
    ejectedAt: Number.NEGATIVE_INFINITY,
    holdUntil: now,
  };
}

/**
 * The judgment: from the standing so far and the signs to the standing from now on; the same object when nothing
 * changes.
 *
 *     healthy <-> suspect -> ejected -> ramping -> healthy
 *     any -> quarantined -> ramping
 *
 * An upstream that only fails partly or is behind stays in service, as `suspect`, when ejecting it would leave less
 * than half of the fleet serving. One that is down is ejected however few remain: verdicts are honest, and whoever
 * picks must fall back on ejected upstreams when nothing else is eligible. In return an upstream of a fleet in which
 * nothing serves comes back with its first passing probe.
 *
 * Failure domains will be judged elsewhere, by many upstreams' onsets of suspicion together; such a judgment will be
 * one more sign here.
 */
export function judge(standing: Standing, signs: Signs, now: number): Standing {
  if (signs.refused !== undefined) return quarantined(standing, signs.refused, now);
  switch (standing.verdict) {
    case "quarantined":
      return { ...standing, verdict: "ramping", because: "its identity is right", since: now, weight: rampFrom };
    case "drained":
      return standing;
    case "ejected":
      return afterEjection(standing, signs, now);
    default:
      return inService(standing, signs, now);
  }
}

function quarantined(standing: Standing, because: string, now: number): Standing {
  if (standing.verdict === "quarantined" && standing.because === because) return standing;
  return { ...standing, verdict: "quarantined", because, since: now, weight: 1 };
}

function afterEjection(standing: Standing, signs: Signs, now: number): Standing {
  const alone = signs.others === 0;
  const proven = signs.passes >= passesNeeded && now >= standing.holdUntil;
  if (signs.behind !== undefined || !(proven || (alone && signs.passes > 0))) {
    const because = signs.behind ?? standing.because;
    return because === standing.because ? standing : { ...standing, because };
  }
  const weight = alone ? 1 : rampFrom;
  return { ...standing, verdict: "ramping", because: "probes pass again", since: now, weight };
}

function inService(standing: Standing, signs: Signs, now: number): Standing {
  const ramping = standing.verdict === "ramping";
  const suspect = signs.score > signs.suspectAbove;
  const down = now - signs.failingSince >= downAfterMs;
  const spared = signs.others * 2 < signs.fleet;

  if (signs.behind !== undefined) return (spared ? suspected : ejected)(standing, signs.behind, now);
  const condemned = signs.score > signs.ejectAbove || (ramping && suspect);
  const waited = !signs.silent || now - signs.failingSince >= silenceMs || longSuspect(standing, now);
  if (condemned && waited && (down || !spared)) return ejected(standing, signs.lastFailure, now);

  if (suspect) return suspected(standing, signs.lastFailure, now);
  if (ramping) return ramp(standing, signs.others === 0, now);
  if (signs.trails !== undefined) return suspected(standing, signs.trails, now);
  if (standing.verdict === "suspect" && signs.score < clearBelow) {
    return { ...standing, verdict: "healthy", because: "recovered", since: now };
  }
  return standing;
}

function longSuspect({ verdict, since }: Standing, now: number): boolean {
  return verdict === "suspect" && now - since >= longSuspicionMs;
}

function suspected(standing: Standing, because: string, now: number): Standing {
  if (standing.verdict === "suspect") return standing;
  return { ...standing, verdict: "suspect", because, since: now, weight: 1 };
}

function ejected(standing: Standing, because: string, now: number): Standing {
  const strikes = Math.max(0, standing.strikes - (now - standing.ejectedAt) / forgiveMs) + 1;
  const hold = Math.min(longestHoldMs, firstHoldMs * 2 ** (strikes - 1));
  return { verdict: "ejected", because, since: now, weight: 1, strikes, ejectedAt: now, holdUntil: now + hold };
}

/** Nothing is gained by sparing one that serves `alone`. */
function ramp(standing: Standing, alone: boolean, now: number): Standing {
  const progress = (now - standing.since) / rampMs;
  if (progress >= 1) return { ...standing, verdict: "healthy", because: "came back", since: now, weight: 1 };
  return { ...standing, weight: alone ? 1 : rampFrom + (1 - rampFrom) * progress };
}
