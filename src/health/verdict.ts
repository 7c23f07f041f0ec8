import type { Cause } from "../core/observer.ts";
import type { Verdict } from "../core/upstream.ts";

/** What is remembered of an upstream from one judgment to the next. Times are milliseconds of the injected clock. */
export interface Standing {
  readonly verdict: Verdict;
  readonly because: string;
  /** What the verdict rests on. */
  readonly cause: Cause;
  /** Since when the verdict stands. */
  readonly since: number;
  /** Share of traffic, 0..1; less than 1 only while it comes back. */
  readonly weight: number;
  /** Ejections that are still held against it. */
  readonly strikes: number;
  /** When it was last ejected, and the earliest time that it may come back. */
  readonly ejectedAt: number;
  readonly holdUntil: number;
  /** It is out because a failure domain of it is, whatever it shows itself. */
  readonly condemned: boolean;
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
  /** What it said that is not so. */
  readonly disproved: string | undefined;
  /** Why its answers would be old: it syncs, or lags. */
  readonly behind: string | undefined;
  /** Why they may soon be. */
  readonly trails: string | undefined;
  /** How many other upstreams of the network serve now, and how many there are in all. */
  readonly others: number;
  readonly fleet: number;
  /** Somebody else answered since this one fails, so that the fault is not on our side of the network. */
  readonly control: boolean;
  /** The fleet has about as many calls as it bears: then answers come late from those who are well, too. */
  readonly strained: boolean;
  /** Its domain comes back, and failover says step by step what it may have: a second ramp behind that would only be slow. */
  readonly granted: boolean;
  /** Why a failure domain of it is out, and why an operator wants it out; `undefined` when neither is so. */
  readonly condemned: string | undefined;
  readonly drained: string | undefined;
  /** An operator wants it in service, whatever evidence says. */
  readonly forced: boolean;
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
    cause: "well",
    since: now,
    weight: 1,
    strikes: 0,
    ejectedAt: Number.NEGATIVE_INFINITY,
    holdUntil: now,
    condemned: false,
  };
}

/**
 * The judgment: from the standing so far and the signs to the standing from now on; the same object when nothing
 * changes.
 *
 *     healthy <-> suspect -> ejected -> ramping -> healthy
 *     any -> quarantined -> ramping
 *     any -> drained -> ramping
 *
 * An upstream that only fails partly or is behind stays in service, as `suspect`, when ejecting it would leave less
 * than half of the fleet serving. One that is down is ejected however few remain: verdicts are honest, and whoever
 * picks must fall back on ejected upstreams when nothing else is eligible. In return an upstream of a fleet in which
 * nothing serves comes back with its first passing probe. Nobody is ejected for failing while nobody else answers
 * either: then the fault is ours, and it would not help.
 *
 * Whole failure domains are judged in `failover`, by many upstreams' onsets of suspicion together. It says here who is
 * condemned with its domain, and what operators ordered. One that is let go comes back if its probes pass; otherwise it
 * stays out on its own account.
 */
export function judge(standing: Standing, signs: Signs, now: number): Standing {
  const { refused, disproved, drained, condemned, forced } = signs;
  if (refused !== undefined) return outside(standing, "quarantined", "identity", refused, now);
  if (disproved !== undefined) return outside(standing, "quarantined", "disproved", disproved, now);
  if (drained !== undefined) return outside(standing, "drained", "order", drained, now);
  if (condemned !== undefined && !forced) return condemnedNow(standing, condemned, now);
  switch (standing.verdict) {
    case "quarantined":
      return returning(
        standing,
        standing.cause === "disproved" ? "audits pass" : "its identity is right",
        rampFrom,
        now,
      );
    case "drained":
      return returning(standing, "no longer drained", rampFrom, now);
    case "ejected":
      return afterEjection(standing, signs, now);
    default:
      return inService(standing, signs, now);
  }
}

/** Out for a reason that is not its health. */
function outside(standing: Standing, verdict: Verdict, cause: Cause, because: string, now: number): Standing {
  if (standing.verdict === verdict && standing.because === because) return standing;
  return { ...standing, verdict, because, cause, since: now, weight: 1, condemned: false };
}

function condemnedNow(standing: Standing, because: string, now: number): Standing {
  if (standing.condemned && standing.because === because) return standing;
  const since = standing.verdict === "ejected" ? standing.since : now;
  return { ...standing, verdict: "ejected", because, cause: "order", since, weight: 1, condemned: true };
}

function returning(standing: Standing, because: string, weight: number, now: number): Standing {
  return { ...standing, verdict: "ramping", because, cause: "well", since: now, weight, condemned: false };
}

function afterEjection(standing: Standing, signs: Signs, now: number): Standing {
  const { passes, others, behind, granted, forced } = signs;
  if (forced) return returning(standing, "an operator wants it in service", 1, now);
  const alone = others === 0;
  const released = standing.condemned;
  const proven = passes >= passesNeeded && (released || now >= standing.holdUntil);
  if (behind === undefined && (proven || (alone && passes > 0))) {
    const weight = alone || granted ? 1 : rampFrom;
    return returning(standing, released ? "its domain comes back" : "probes pass again", weight, now);
  }
  const because = behind ?? (released ? signs.lastFailure || "not proven yet" : standing.because);
  if (because === standing.because) return standing;
  return { ...standing, because, cause: behind === undefined ? "failing" : "stale", condemned: false };
}

function inService(standing: Standing, signs: Signs, now: number): Standing {
  const ramping = standing.verdict === "ramping";
  const lateOnly = signs.strained && signs.silent && !(now - signs.failingSince >= silenceMs);
  const suspect = signs.score > signs.suspectAbove && !lateOnly;
  const down = now - signs.failingSince >= downAfterMs;
  const spared = signs.others * 2 < signs.fleet;

  if (signs.behind !== undefined) {
    const put = spared || signs.forced ? suspected : ejected;
    return put(standing, signs.behind, "stale", now);
  }
  const condemned = (signs.score > signs.ejectAbove && !lateOnly) || (ramping && suspect);
  const waited = !signs.silent || now - signs.failingSince >= silenceMs || longSuspect(standing, now);
  // Suspicion comes first: what others answer from then on tells whose fault it is.
  const doubted = standing.verdict !== "healthy";
  if (condemned && doubted && waited && signs.control && !signs.forced && (down || !spared)) {
    return ejected(standing, signs.lastFailure, "failing", now);
  }

  if (suspect) return suspected(standing, signs.lastFailure, "failing", now);
  if (ramping) return ramp(standing, signs.others === 0, now);
  if (signs.trails !== undefined) return suspected(standing, signs.trails, "stale", now);
  if (standing.verdict === "suspect" && signs.score < clearBelow) {
    return { ...standing, verdict: "healthy", because: "recovered", cause: "well", since: now };
  }
  return standing;
}

function longSuspect({ verdict, since }: Standing, now: number): boolean {
  return verdict === "suspect" && now - since >= longSuspicionMs;
}

function suspected(standing: Standing, because: string, cause: Cause, now: number): Standing {
  if (standing.verdict === "suspect") return standing;
  return { ...standing, verdict: "suspect", because, cause, since: now, weight: 1 };
}

function ejected(standing: Standing, because: string, cause: Cause, now: number): Standing {
  const strikes = Math.max(0, standing.strikes - (now - standing.ejectedAt) / forgiveMs) + 1;
  const hold = Math.min(longestHoldMs, firstHoldMs * 2 ** (strikes - 1));
  const holdUntil = now + hold;
  return {
    verdict: "ejected",
    because,
    cause,
    since: now,
    weight: 1,
    strikes,
    ejectedAt: now,
    holdUntil,
    condemned: false,
  };
}

/** Nothing is gained by sparing one that serves `alone`. */
function ramp(standing: Standing, alone: boolean, now: number): Standing {
  const progress = (now - standing.since) / rampMs;
  if (progress >= 1)
    return { ...standing, verdict: "healthy", because: "came back", cause: "well", since: now, weight: 1 };
  return { ...standing, weight: alone ? 1 : Math.max(standing.weight, rampFrom + (1 - rampFrom) * progress) };
}
