import { type Fault, ruleOf } from "../core/outcome.ts";
import type { ProbeReading, ProbeStep } from "../core/protocol.ts";
import type { Clock } from "../lib/clock.ts";
import { jittered, type Random } from "../lib/random.ts";
import type { Member } from "./member.ts";
import type { Membership } from "./membership.ts";
import type { Pace } from "./pace.ts";
import { Prober } from "./prober.ts";
import type { HealthOptions } from "./schema.ts";
import type { Traffic } from "./traffic.ts";

/** A network has traffic until this long after its last attempt, in milliseconds. */
const busyMs = 10_000;

/** Pauses in milliseconds: under suspicion, after an ejection, and in quarantine. */
const urgentMs = 300;
const ejectedMs = 500;
const quarantineMs = 60_000;

/** How long suspicion and an ejection count as fresh. */
const freshSuspicionMs = 10_000;
const freshEjectionMs = 30_000;

/** The longest that a Retry-After keeps the probes away, in milliseconds. */
const longestRestMs = 60_000;

/** On chains at least this slow a new head at one upstream is reason to look at the others, within so many milliseconds. */
const slowChainMs = 1_500;
const followMs = 100;

const jitter = 0.2;

export interface ProbingParts {
  readonly steps: readonly ProbeStep[];
  readonly clock: Clock;
  readonly random: Random;
  readonly options: HealthOptions;
  readonly membership: Membership;
  readonly traffic: Traffic;
  readonly pace: Pace;
}

/** Has the upstreams of one network probed, as often as there is reason to. */
export class Probing {
  readonly #parts: ProbingParts;
  #busy = false;
  #started = false;

  constructor(parts: ProbingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#started = true;
    for (const member of this.#parts.membership.members.values()) this.#launch(member);
  }

  stop(): void {
    this.#started = false;
    for (const member of this.#parts.membership.members.values()) member.prober?.stop();
  }

  /** A member joined. */
  add(member: Member): void {
    this.#count(1);
    if (this.#started) this.#launch(member);
  }

  /** A member left. */
  remove(member: Member): void {
    this.#count(-1);
    member.prober?.stop();
  }

  /** There is traffic: after a quiet time, everybody is looked at within one interval. */
  stir(): void {
    if (this.#busy) return;
    const { membership, random, options } = this.#parts;
    this.#setBusy(true);
    for (const { prober } of membership.members.values()) prober?.nudge(random() * options.interval);
  }

  /** A member has a new head: do the others have it too? */
  follow(leader: Member): void {
    const { membership, random } = this.#parts;
    if (!this.#busy || membership.heads.blockMs < slowChainMs) return;
    for (const member of membership.members.values()) {
      if (member !== leader && member.serves && member.track.status.head < leader.track.status.head) {
        member.prober?.nudge(random() * followMs);
      }
    }
  }

  #launch(member: Member): void {
    const { steps, clock, random, options, membership, pace } = this.#parts;
    const { upstream } = member;
    member.prober = new Prober({
      upstream,
      steps,
      clock,
      timeoutMs: options.timeout,
      listener: {
        read: (reading) => this.#read(member, reading),
        passed: (askedAt) => {
          member.passes++;
          member.rounds++;
          member.stumbled = false;
          member.evidence.probePassed(clock.now());
          membership.answered(member, askedAt, clock.now());
          membership.probed(member, true, clock.now());
        },
        failed: (fault) => this.#failed(member, fault),
        pause: () => this.#pause(member),
        urgent: () => (member.evidence.uneasy || member.stumbled) && member.serves,
        lateMs: () => member.backlog.lateMs(clock.now()),
      },
    });
    // A millisecond for each upstream of the process, so that a thousand do not start in the same one.
    member.prober.start(random() * pace.upstreams);
  }

  #read(member: Member, reading: Partial<ProbeReading>): void {
    const { membership, clock } = this.#parts;
    const before = membership.heads.believed;
    membership.read(member, reading, clock.now());
    if (membership.heads.believed > before) this.follow(member);
  }

  #failed(member: Member, fault: Fault): void {
    const { clock, membership, options } = this.#parts;
    const now = clock.now();
    const share = weightOf(fault);
    if (share > 0) {
      member.upstream.status.heardAt = now;
      member.stumbled = true;
      member.passes = 0;
      member.rounds++;
      member.failedRounds++;
      member.evidence.probeFailed(now, share, fault.kind);
    } else {
      member.restUntil = now + Math.max(options.idleInterval, Math.min(longestRestMs, fault.retryAfterMs ?? 0));
    }
    membership.probed(member, false, now);
  }

  #pause(member: Member): number {
    const { clock, traffic, random, options, pace } = this.#parts;
    const now = clock.now();
    if (this.#busy && now - traffic.at >= busyMs) this.#setBusy(false);
    member.alarmed = member.evidence.uneasy;
    const usual = pace.pause(this.#busy ? options.interval : options.idleInterval, this.#busy);
    return Math.max(jittered(random, this.#wished(member, now, usual), jitter), member.restUntil - now);
  }

  #wished(member: Member, now: number, usual: number): number {
    const { verdict, since } = member.standing;
    if (verdict === "quarantined") {
      member.prober?.doubtIdentity();
      return quarantineMs;
    }
    if (verdict === "ejected") return now - since < freshEjectionMs ? ejectedMs : usual;
    if (!this.#parts.membership.settled) return urgentMs;
    const fresh = verdict === "suspect" && now - since < freshSuspicionMs;
    return fresh || member.evidence.uneasy || member.stumbled ? urgentMs : usual;
  }

  #setBusy(busy: boolean): void {
    const { size } = this.#parts.membership.members;
    this.#count(-size);
    this.#busy = busy;
    this.#count(size);
  }

  #count(more: number): void {
    this.#parts.pace.count(this.#busy ? more : 0, this.#busy ? 0 : more);
  }
}

/**
 * How much a failed probe counts. Unlike in traffic an unexplained error is held against the upstream: the questions
 * are ours, and every sound node can answer them.
 */
function weightOf({ kind }: Fault): number {
  const { health } = ruleOf(kind);
  if (kind === "rpc_error" || health === "hard") return 1;
  return health === "soft" ? 0.5 : 0;
}
