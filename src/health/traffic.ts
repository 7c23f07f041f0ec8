import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import { type Answer, type Fault, ruleOf } from "../core/outcome.ts";
import { Latencies, leastPatienceMs } from "./latencies.ts";
import type { Member } from "./member.ts";
import type { Membership } from "./membership.ts";

/** Turns attempts, ended and waiting, into evidence. Runs on the request path. */
export class Traffic {
  /** Of all upstreams together. */
  readonly latencies = new Latencies();
  /** When the network last had any, in the clock's milliseconds. */
  at = Number.NEGATIVE_INFINITY;
  readonly #membership: Membership;

  constructor(membership: Membership) {
    this.#membership = membership;
  }

  /** An attempt has its outcome. */
  attempted(call: Call, attempt: Attempt): void {
    const member = this.#membership.members.get(attempt.upstream);
    const { outcome } = attempt;
    if (!member || !outcome) return;
    this.at = attempt.endedAt;
    if (outcome.ok) this.#answered(member, call, attempt, outcome);
    else this.#failed(member, attempt, outcome);
  }

  /** Looks for attempts that have waited too long, unless `stalled`. Returns whether any waits at all. */
  look(now: number, stalled: boolean): boolean {
    let waiting = false;
    for (const member of this.#membership.members.values()) {
      if (!member.upstream.waiting.oldest) continue;
      waiting = true;
      if (!stalled) this.#lookAt(member, now);
    }
    return waiting;
  }

  #answered(member: Member, { traits }: Call, attempt: Attempt, answer: Answer): void {
    const { evidence } = member;
    const now = attempt.endedAt;
    const ms = now - attempt.startedAt;
    this.latencies.answered(attempt.class, ms, traits.timeoutMs, now);
    member.backlog.answered(ms, () => member.latencies.quantile(attempt.class, 0.5), now);
    member.latencies.answered(attempt.class, ms, traits.timeoutMs, now);
    if (attempt.overdue) evidence.forgiven();
    evidence.succeeded(now);
    this.#membership.answered(member, attempt.startedAt, now);
    if (answer.height !== undefined) this.#membership.heard(member, answer.height, now);
    if (traits.access === "write" && !answer.failed) member.prober?.nudge();
    if (member.standing.verdict !== "healthy") this.#membership.judge(member, now);
  }

  #failed(member: Member, attempt: Attempt, { kind }: Fault): void {
    const { evidence } = member;
    const now = attempt.endedAt;
    const { health } = ruleOf(kind);
    if (this.#membership.wasDark(attempt.startedAt)) return;
    if (kind === "cancelled" || kind === "deadline") {
      this.#calledOff(member, attempt);
    } else if (health === "none") {
      if (attempt.overdue) evidence.forgiven();
    } else {
      member.upstream.status.heardAt = now;
      // The waiting of one that was overdue has been counted as this failure already.
      if (!attempt.overdue) evidence.failed(now, health === "hard" ? 1 : 0.5, kind);
      if (kind === "wrong_chain") member.prober?.doubtIdentity();
    }
    this.#weigh(member, now);
  }

  #calledOff(member: Member, attempt: Attempt): void {
    const { evidence, latencies } = member;
    const now = attempt.endedAt;
    const age = now - attempt.startedAt;
    this.latencies.gaveUp(attempt.class, age, now);
    // An outage must not become the usual.
    if (!evidence.uneasy) latencies.gaveUp(attempt.class, age, now);
    if (attempt.overdue) return;
    const slower = this.#slowerThan(member, attempt.class, age - excuse(member, attempt, now));
    if (slower !== undefined) evidence.calledOff(now, slower);
  }

  /**
   * The share of sound answers that take longer. Of a class that is new to the upstream, it is known from others, who may be
   * nearer: then as many as of the slowest class that it has answered, or, while it has hardly answered any, as of those who
   * are as much nearer as their probes say.
   */
  #slowerThan({ latencies, upstream }: Member, className: string, ageMs: number): number | undefined {
    const known = latencies.slowerThan(className, ageMs);
    if (known !== undefined) return known;
    const elsewhere = this.latencies.slowerThan(className, ageMs);
    if (elsewhere === undefined) return undefined;
    const here = latencies.slowest(ageMs);
    if (here !== undefined) return Math.max(elsewhere, here);
    const { probeMs } = upstream.status;
    return Number.isNaN(probeMs)
      ? undefined
      : this.latencies.slowerThan(className, (ageMs * this.#nearestMs()) / probeMs);
  }

  /** What a probe takes at the quickest upstream, in milliseconds. */
  #nearestMs(): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (const { upstream } of this.#membership.members.values()) {
      const { probeMs } = upstream.status;
      if (probeMs < nearest) nearest = probeMs;
    }
    return nearest;
  }

  #lookAt(member: Member, now: number): void {
    const { latencies, evidence, upstream } = member;
    let found = false;
    for (let attempt = upstream.waiting.oldest; attempt; attempt = attempt.newer) {
      const age = now - attempt.startedAt;
      if (age < leastPatienceMs) break;
      const patience = latencies.patience(attempt.class);
      if (attempt.overdue || patience === undefined || age <= patience) continue;
      if (this.#membership.wasDark(attempt.startedAt)) continue;
      if (age <= patience + excuse(member, attempt, now)) continue;
      attempt.overdue = true;
      upstream.status.heardAt = now;
      evidence.overdue(now);
      found = true;
    }
    if (found) this.#weigh(member, now);
  }

  /** After something was held against a member: asks for a second opinion, and judges where that may change anything. */
  #weigh(member: Member, now: number): void {
    const { evidence, standing } = member;
    if (evidence.uneasy && !member.alarmed) {
      member.alarmed = true;
      member.prober?.suspect();
    }
    if (evidence.score > evidence.suspectAbove || standing.verdict !== "healthy") this.#membership.judge(member, now);
  }
}

/** How much of an attempt's waiting is the doing of all the calls that its upstream has, in milliseconds. */
function excuse({ backlog, upstream }: Member, attempt: Attempt, now: number): number {
  return Math.max(backlog.lateMs(now), upstream.waiting.behindMs(attempt));
}
