import type { Attempt } from "../core/context.ts";
import type { DomainStatus, Watcher } from "../core/failover.ts";
import { ruleOf } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Domain } from "./domains.ts";
import { Gate } from "./gate.ts";
import type { Explanation } from "./inference.ts";
import { passesFor } from "./proof.ts";
import { attemptsFor, nextShare, rampOf } from "./ramp.ts";
import type { Removing, Scene } from "./scene.ts";
import type { DomainSigns, DomainStanding } from "./standing.ts";

/**
 * An outage that has gone on for longer than this is compared with the time before no more, as far as answers are slower:
 * the upstreams, the way there or what is asked of them changed for good, and slow is better than never back.
 */
const usualHoldsMs = 1_800_000;

/** A failure domain against which something was seen, and what is remembered of it. */
export class LiveDomain {
  domain: Domain;
  members: readonly Upstream[];
  standing: DomainStanding;
  /** Members that stay in service because they still answered when it was taken out, and did not fail since. */
  spared: ReadonlySet<Upstream> = new Set();
  /** Networks in which nobody outside of it serves: their members stay in service too. */
  dependents: ReadonlySet<string> = new Set();
  /** By member what was usual before the outage for each class of methods; filled while it is out. */
  readonly #usualMs = new Map<Upstream, ReadonlyMap<string, number>>();
  #gate = new Gate(undefined);

  constructor(domain: Domain, members: readonly Upstream[], standing: DomainStanding) {
    this.domain = domain;
    this.members = members;
    this.standing = standing;
  }

  /** Is it out of service, as far as its members are not spared? */
  get isOut(): boolean {
    const { phase } = this.standing;
    return phase === "open" || phase === "half_open";
  }

  /** Is it out, and keeps a part of its traffic nevertheless, because the others cannot bear all of it? */
  get isKept(): boolean {
    return this.isOut && this.standing.share > 0;
  }

  /** Does this member stay in service, and with all of its traffic, while the domain is out or comes back? */
  exempts(member: Upstream): boolean {
    return this.spared.has(member) || this.dependents.has(member.network);
  }

  /** Labels changed: it is this domain now. Who belongs to it only now, and is not `suspect`, has shown that it is well. */
  become(domain: Domain, members: readonly Upstream[], suspect: (upstream: Upstream) => boolean): void {
    const before = new Set(this.members);
    this.domain = domain;
    this.members = members;
    this.spared = new Set(members.filter((one) => (before.has(one) ? this.spared.has(one) : !suspect(one))));
  }

  /** What is usual, before the outage colours it. */
  remember(watcherOf: (upstream: Upstream) => Watcher): void {
    let failures = 0;
    for (const member of this.members) {
      const watcher = watcherOf(member);
      this.#usualMs.set(member, watcher.usualMs(member));
      failures = Math.max(failures, watcher.vitals(member).usualFailures);
    }
    this.#gate = new Gate(failures);
  }

  /** An attempt at a member ended while the domain comes back. In a `strained` fleet it is nobody's fault that it took long. */
  attempted(attempt: Attempt, strained: boolean): void {
    const { outcome, startedAt, endedAt, upstream } = attempt;
    if (!outcome || this.standing.phase !== "ramping" || this.exempts(upstream)) return;
    const ms = endedAt - startedAt;
    const compares = !strained && endedAt - this.standing.openedAt <= usualHoldsMs;
    const usualMs = compares ? this.#usualMs.get(upstream)?.get(attempt.class) : undefined;
    if (outcome.ok) this.#gate.answered(startedAt, ms, usualMs);
    else if (ruleOf(outcome.kind).health === "hard") this.#gate.failed(startedAt);
    else if (outcome.kind === "cancelled") this.#gate.calledOff(startedAt, ms, usualMs);
  }

  /** Its hold is over, and members begin to pass probes: their next ones need not wait for the usual pause. */
  hurry(watcherOf: (upstream: Upstream) => Watcher): void {
    if (this.standing.phase !== "half_open") return;
    for (const member of this.members) {
      const watcher = watcherOf(member);
      const { passes, failingShare } = watcher.vitals(member);
      if (passes > 0 && passes < passesFor(failingShare)) watcher.nudge(member);
    }
  }

  /** What there is to see of it. */
  signs(
    scene: Scene,
    watcherOf: (upstream: Upstream) => Watcher,
    given: {
      readonly explanation: Explanation | undefined;
      readonly best: boolean;
      readonly removing: Removing;
      readonly allowed: boolean;
      readonly token: boolean;
    },
    now: number,
  ): DomainSigns {
    const { explanation, best, removing, allowed, token } = given;
    const able = this.members.filter(({ status }) => status.confirmed);
    const vitals = able.map((member) => watcherOf(member).vitals(member));
    const answering = vitals.filter(({ passes }) => passes > 0).length;
    const passing = vitals.filter((one) => one.passes >= passesFor(one.failingShare) && one.current).length;
    const down = vitals.filter((one) => one.failing).length;
    const { phase, stepAt, share, rampMs } = this.standing;
    const struck = explanation?.struck.length ?? 0;
    const failing = phase === "closed" || phase === "watch" ? Math.max(down, struck) : down;
    const probed = { passing, failing };
    if (phase === "ramping") {
      const ramp = rampOf(rampMs);
      const demand = { attempts: attemptsFor(nextShare(ramp, share)), patienceMs: ramp.patienceMs };
      this.#gate.begin(stepAt, demand, probed);
    }
    const control = this.isOut || phase === "ramping" ? scene.hasControl(this.domain, now) : explanation?.control;
    const networks = new Set(this.members.map(({ network }) => network));
    return {
      logOdds: explanation?.logOdds ?? Number.NEGATIVE_INFINITY,
      best,
      control: Boolean(control),
      alone: scene.dependents(this.domain).size === networks.size,
      keeps: removing.keeps,
      allowed,
      members: able.length,
      answering,
      passing,
      failing,
      gate: phase === "ramping" ? this.#gate.verdict(probed, now) : "wait",
      gateBecause: this.#gate.because(probed),
      token,
    };
  }

  status(): DomainStatus {
    const { phase, because, since, share, holdUntil, strikes } = this.standing;
    const { name: domain, dimensions, source } = this.domain;
    return { domain, dimensions, source, members: this.members, phase, because, since, share, holdUntil, strikes };
  }
}
