/**
 * Where an upstream stands after what was found out about it. Times are wall-clock milliseconds: it outlives the process.
 *
 *     clear -> held (24 h, then 7 d, then until an operator lets it go) -> trial -> probation -> clear
 */
export interface Custody {
  readonly phase: "clear" | "held" | "trial" | "probation";
  readonly because: string;
  readonly since: number;
  /** When the phase ends by itself; `undefined` for never. */
  readonly until: number | undefined;
  /** How often it was convicted, as far as that is remembered. */
  readonly strikes: number;
  /** Audits that it passed in a row since the trial began. */
  readonly passed: number;
  /** How often it was convicted ever: the term that this belongs to. */
  readonly term: number;
}

/** How long it is held, by the number of convictions; from then on until an operator lets it go. */
export const longestHoldMs = 7 * 86_400_000;
const holdMs = [86_400_000, longestHoldMs];

/** Audits in a row that a trial takes, and how long all calls are audited after it. */
export const passesNeeded = 20;
const probationMs = 86_400_000;

/** Convictions are forgotten after this long without another. */
const forgiveMs = 90 * 86_400_000;

export const atLiberty: Custody = {
  phase: "clear",
  because: "",
  since: 0,
  until: undefined,
  strikes: 0,
  passed: 0,
  term: 0,
};

/** It is found to have said what is not so. While it is held, nothing more comes of that. */
export function convicted(custody: Custody, because: string, now: number): Custody {
  if (custody.phase === "held") return custody;
  const strikes = (now - custody.since > forgiveMs ? 0 : custody.strikes) + 1;
  const hold = holdMs[strikes - 1];
  const until = hold === undefined ? undefined : now + hold;
  return { phase: "held", because, since: after(custody, now), until, strikes, passed: 0, term: custody.term + 1 };
}

/** What time does. */
export function later(custody: Custody, now: number): Custody {
  if (custody.until === undefined || now < custody.until) return custody;
  const since = after(custody, now);
  if (custody.phase === "held") return { ...custody, phase: "trial", since, until: undefined, passed: 0 };
  return { ...custody, phase: "clear", because: "", since, until: undefined };
}

/** It passed one more audit while on trial: after enough of them it serves again, with all of its calls audited. */
export function passed(custody: Custody, now: number): Custody {
  if (custody.phase !== "trial") return custody;
  const count = custody.passed + 1;
  if (count < passesNeeded) return { ...custody, passed: count };
  return { ...custody, phase: "probation", since: after(custody, now), until: now + probationMs, passed: count };
}

/** An operator lets it go. */
export function released(custody: Custody, now: number): Custody {
  if (!confines(custody)) return custody;
  return { ...custody, phase: "probation", since: after(custody, now), until: now + probationMs };
}

/** The time now; by a clock that is behind that of whoever wrote the phase before, just after that. */
function after({ since }: Custody, now: number): number {
  return Math.max(now, since + 1);
}

/** Phases in the order in which they follow on each other within one term. */
const phases: readonly Custody["phase"][] = ["held", "trial", "probation", "clear"];

/**
 * Which of two instances knows better, as each moves on by itself: whoever heard of the later conviction; of one term
 * whoever is further on in it, as only time, audits and operators lead on; else whoever counts more audits, or is
 * later. So all come to the same, in whatever order they hear of each other, and nothing older undoes what is newer.
 *
 * An instance that had not heard of an earlier term may have convicted it anew: that counts on top of what it had not
 * heard of.
 */
export function newer(a: Custody, b: Custody): Custody {
  for (const [found, unheard] of [
    [a, b],
    [b, a],
  ] as const) {
    const anew = found.phase === "held" && unheard.phase !== "held" && found.since > unheard.since;
    if (anew && found.term <= unheard.term) return convicted(unheard, found.because, found.since);
  }
  const further =
    b.term - a.term || phases.indexOf(b.phase) - phases.indexOf(a.phase) || b.passed - a.passed || b.since - a.since;
  return further > 0 ? b : a;
}

/** Does it get no calls of clients? */
export function confines({ phase }: Custody): boolean {
  return phase === "held" || phase === "trial";
}
