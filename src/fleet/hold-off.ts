import type { Call } from "../core/call.ts";
import { type Fault, type FaultKind, type Outcome, ruleOf } from "../core/outcome.ts";
import type { HoldReason, UpstreamStatus } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";
import { jittered, type Random } from "../lib/random.ts";

/** Leaves an upstream alone for a while when it asks for it or cannot serve anyway. */
export interface HoldOff {
  /**
   * Hears how a call ended that was sent at `sentAt`, in the clock's milliseconds. Writes `status.heldUntil`, `heldBecause`
   * and `triableAt`.
   */
  heard(call: Call, outcome: Outcome, sentAt: number): void;
  /** Did the upstream lately say that it does not have this method? */
  lacks(method: string): boolean;
  /** Ends all holds and bans: somebody knows better (an operator, a changed key). */
  clear(): void;
}

type Changed = (from: HoldReason | "none", to: HoldReason | "none", because: string) => void;

interface Pause {
  /** The first hold, and where doubling ends, in milliseconds. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** How long a Retry-After may ask for. */
  readonly askedMostMs: number;
  /** May an answer end the hold early? Not where one method still works while the account does not. */
  readonly early: boolean;
}

const minute = 60_000;
const hour = 60 * minute;

/**
 * How long each reason holds. Throttling passes fast as a rule, so it begins with a second; what an upstream asks for
 * by Retry-After is honoured up to an hour. Source of the caps and of "any answer clears": SmartRouter's hold-off
 * (Retry-After as a floor up to 1 h); the steps are ours.
 */
const pauses: Readonly<Record<HoldReason, Pause>> = {
  unreachable: { firstMs: 1_000, mostMs: 15_000, askedMostMs: 15_000, early: true },
  unavailable: { firstMs: 1_000, mostMs: 15_000, askedMostMs: 15_000, early: true },
  throttled: { firstMs: 1_000, mostMs: 5 * minute, askedMostMs: hour, early: true },
  billing: { firstMs: 10 * minute, mostMs: hour, askedMostMs: hour, early: false },
  // A key is wrong until somebody corrects it; but some vendors refuse a single method in the same words.
  unauthorized: { firstMs: minute, mostMs: hour, askedMostMs: hour, early: false },
  wrong_chain: { firstMs: hour, mostMs: hour, askedMostMs: hour, early: false },
};

/**
 * While an upstream is held for throttling and nobody else can serve, one call at a time may try it: so long after the hold
 * began or the last try. The pause is halved with each try that was answered, and doubled with each other one. So who asked
 * for an hour and answers again after a minute serves as fast as it bears before the hour is over, and who does not is asked
 * once a minute.
 */
const tryMs = { first: 5_000, least: 50, most: minute };

/** How long a method that an upstream does not have is not asked of it. Source: nodecore's method ban, 5 min. */
const banMs = 5 * minute;
/** Method names come from clients: so many are remembered, and none that is longer than any real one. */
const mostBans = 256;
const longestName = 64;

/** Builds the hold-off of one upstream. `changed` hears when a hold begins, and when an answer or `clear` ends it. */
export function createHoldOff(
  status: UpstreamStatus,
  environment: { readonly clock: Clock; readonly random: Random },
  changed: Changed,
): HoldOff {
  return new LiveHoldOff(status, environment.clock, environment.random, changed);
}

/** Holds for one reason without an answer in between. */
interface Streak {
  steps: number;
  /** When the latest step began, and when its hold ends. */
  since: number;
  until: number;
}

class LiveHoldOff implements HoldOff {
  readonly #status: UpstreamStatus;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #changed: Changed;
  readonly #streaks: Partial<Record<HoldReason, Streak>> = {};
  /** When the latest step of any streak began. */
  #since = Number.NEGATIVE_INFINITY;
  /** No answer ends the hold before then. */
  #firmUntil = 0;
  /** The pause between two calls that try it while it is held for throttling, in milliseconds. */
  #tryMs = tryMs.first;
  /** From method to the end of its ban, the oldest ban first. */
  readonly #bans = new Map<string, number>();

  constructor(status: UpstreamStatus, clock: Clock, random: Random, changed: Changed) {
    this.#status = status;
    this.#clock = clock;
    this.#random = random;
    this.#changed = changed;
  }

  heard(call: Call, outcome: Outcome, sentAt: number): void {
    if (sentAt >= this.#status.triableAt) this.#tried(outcome.ok);
    if (outcome.ok) {
      if (this.#status.heldUntil !== 0) this.#answered(sentAt);
      return;
    }
    const { hold } = ruleOf(outcome.kind);
    if (hold === "none") return;
    if (hold === "method") this.#ban(call.method);
    else this.#hold(reasonOf(outcome.kind), outcome, sentAt);
  }

  lacks(method: string): boolean {
    if (this.#bans.size === 0) return false;
    const until = this.#bans.get(method);
    return until !== undefined && this.#clock.now() < until;
  }

  clear(): void {
    this.#bans.clear();
    if (this.#status.heldUntil !== 0) this.#release("told to clear");
  }

  #hold(reason: HoldReason, { detail, retryAfterMs = 0 }: Fault, sentAt: number): void {
    const now = this.#clock.now();
    const pause = pauses[reason];
    const askedMs = Math.min(retryAfterMs, pause.askedMostMs);
    const streak = this.#streaks[reason] ?? { steps: 0, since: Number.NEGATIVE_INFINITY, until: 0 };
    this.#streaks[reason] = streak;
    // Many calls run into one wall at once: those that were under way when a hold began are no further step.
    const further = now >= streak.until && sentAt > streak.since;
    if (!further && askedMs === 0) return;
    let holdMs = askedMs;
    if (further) {
      const stepMs = Math.min(pause.mostMs, pause.firstMs * 2 ** streak.steps);
      holdMs = Math.max(askedMs, jittered(this.#random, Math.max(askedMs, stepMs), 0.2));
      streak.steps++;
      streak.since = now;
      this.#since = now;
    }
    streak.until = Math.max(streak.until, now + holdMs);
    this.#firmUntil = Math.max(this.#firmUntil, pause.early ? now + askedMs : streak.until);
    // A shorter hold never shortens a longer one.
    const status = this.#status;
    if (streak.until <= status.heldUntil) return;
    const from = status.heldBecause ?? "none";
    status.heldUntil = streak.until;
    status.heldBecause = reason;
    if (reason !== "throttled") status.triableAt = Number.POSITIVE_INFINITY;
    else if (from !== reason || !(status.triableAt > now)) this.#tryAfter(tryMs.first);
    if (further || from !== reason) this.#changed(from, reason, `held for ${formatDuration(holdMs)}: ${detail}`);
  }

  /** An answer to a call from before the hold says nothing of the time since. */
  #answered(sentAt: number): void {
    if (sentAt > this.#since && this.#clock.now() >= this.#firmUntil) this.#release("it answers again");
  }

  /** A call that tried it, though it is held, has ended. */
  #tried(answered: boolean): void {
    this.#tryAfter(answered ? Math.max(tryMs.least, this.#tryMs / 2) : Math.min(tryMs.most, this.#tryMs * 2));
  }

  #tryAfter(ms: number): void {
    this.#tryMs = ms;
    this.#status.triableAt = this.#clock.now() + ms;
  }

  #release(because: string): void {
    const from = this.#status.heldBecause ?? "none";
    this.#status.heldUntil = 0;
    this.#status.heldBecause = undefined;
    this.#status.triableAt = Number.POSITIVE_INFINITY;
    this.#firmUntil = 0;
    // When they began stays known, for refusals of calls from before that are still to come.
    for (const streak of Object.values(this.#streaks)) {
      streak.steps = 0;
      streak.until = 0;
    }
    this.#changed(from, "none", because);
  }

  #ban(method: string): void {
    if (method.length > longestName) return;
    this.#bans.delete(method);
    this.#bans.set(method, this.#clock.now() + banMs);
    if (this.#bans.size <= mostBans) return;
    const [oldest] = this.#bans.keys();
    if (oldest !== undefined) this.#bans.delete(oldest);
  }
}

function reasonOf(kind: FaultKind): HoldReason {
  switch (kind) {
    case "unreachable":
    case "unauthorized":
    case "wrong_chain":
      return kind;
    case "rate_limited":
      return "throttled";
    case "quota_exhausted":
      return "billing";
    default:
      return "unavailable";
  }
}
