import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import type { Vitals, Watcher } from "../core/failover.ts";
import type { Observer } from "../core/observer.ts";
import type { NetworkView, Protocol } from "../core/protocol.ts";
import { sharesFate, type Upstream, type Verdict } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { Control } from "./control.ts";
import type { Member } from "./member.ts";
import { Membership } from "./membership.ts";
import { Pace } from "./pace.ts";
import { Probing } from "./probing.ts";
import { type Beat, Pulse } from "./pulse.ts";
import type { HealthOptions } from "./schema.ts";
import { type HealthSnapshot, snapshotOf } from "./snapshot.ts";
import { Traffic } from "./traffic.ts";

export interface MonitorParts {
  readonly network: string;
  /** As the chain names itself; learned from the upstreams when undefined. So is the genesis. */
  readonly chain?: string | undefined;
  readonly genesis?: string | undefined;
  /** Time between blocks, in milliseconds; learned when undefined. */
  readonly blockTimeMs?: number | undefined;
  readonly upstreams: readonly Upstream[];
  readonly protocol: Pick<Protocol, "probe">;
  readonly clock: Clock;
  readonly random: Random;
  /** Hears of verdicts that change. */
  readonly observer: Observer;
  readonly options: HealthOptions;
  /** Shared by the networks of a process, so that many idle ones cost little; own ones when undefined. */
  readonly pulse?: Pulse | undefined;
  readonly pace?: Pace | undefined;
  readonly control?: Control | undefined;
  /** Has the network about as many calls as its upstreams bear? No, when undefined. */
  readonly strained?: (() => boolean) | undefined;
}

/** Watches over the upstreams of one network: writes the fields of their status that belong to health. */
export interface Monitor extends Observer, Watcher {
  attempted(call: Call, attempt: Attempt): void;
  /** What the network looks like; one object, kept up to date in place. */
  readonly view: NetworkView;
  /** At least one upstream was confirmed to serve this chain. */
  readonly ready: boolean;
  /** Calls `task` once, when ready; at once when it already is. */
  onReady(task: () => void): void;
  /** Begins to probe. */
  start(): void;
  stop(): void;
  /** The usual latency of answers to a class of methods over all upstreams, in milliseconds; `undefined` before enough was seen. */
  latency(className: string, quantile: number): number | undefined;
  /** How many serving upstreams have the block `height`. */
  servable(height: number): number;
  add(upstream: Upstream): void;
  remove(upstream: Upstream): void;
  /** All that is known, for people. */
  snapshot(): HealthSnapshot;
}

/** Builds a monitor. It probes from `start` on; attempts may be told to it at any time. */
export function createMonitor(parts: MonitorParts): Monitor {
  return new NetworkMonitor(parts);
}

/** Beats without anything to look at before the pulse is left: leaving and joining for each call would cost more. */
const quietBeats = 20;

/** How long a suspect is judged on each beat: what it is suspected of may be over, or may have lasted too long. */
const freshSuspicionMs = 1_000;

class NetworkMonitor implements Monitor {
  readonly #clock: Clock;
  readonly #pulse: Pulse;
  readonly #membership: Membership;
  readonly #traffic: Traffic;
  readonly #probing: Probing;
  #quiet = 0;

  constructor(parts: MonitorParts) {
    const { clock, random, options, protocol } = parts;
    this.#clock = clock;
    this.#pulse = parts.pulse ?? new Pulse(clock);
    const membership = new Membership({
      network: parts.network,
      chain: parts.chain,
      genesis: parts.genesis,
      blockTimeMs: parts.blockTimeMs,
      maxLag: options.maxLag,
      tellsChain: protocol.probe.some(({ name }) => name === "chain"),
      observer: parts.observer,
      control: parts.control ?? new Control(),
      strained: parts.strained ?? (() => false),
      turned: (member, from) => this.#turned(member, from),
    });
    const traffic = new Traffic(membership);
    const pace = parts.pace ?? new Pace();
    this.#membership = membership;
    this.#traffic = traffic;
    this.#probing = new Probing({ steps: protocol.probe, clock, random, options, membership, traffic, pace });
    for (const upstream of parts.upstreams) this.add(upstream);
  }

  get view(): NetworkView {
    return this.#membership.view;
  }

  get ready(): boolean {
    return this.#membership.ready;
  }

  onReady(task: () => void): void {
    this.#membership.onReady(task);
  }

  start(): void {
    this.#probing.start();
  }

  stop(): void {
    this.#probing.stop();
    this.#pulse.leave(this.#beat);
  }

  add(upstream: Upstream): void {
    if (this.#membership.members.has(upstream)) return;
    this.#probing.add(this.#membership.add(upstream, this.#clock.now()));
    upstream.waiting.wake = () => this.#pulse.join(this.#beat);
  }

  remove(upstream: Upstream): void {
    const member = this.#membership.members.get(upstream);
    if (!member) return;
    upstream.waiting.wake = undefined;
    this.#probing.remove(member);
    this.#membership.remove(upstream, this.#clock.now());
  }

  attempted(call: Call, attempt: Attempt): void {
    const before = this.#membership.heads.believed;
    this.#traffic.attempted(call, attempt);
    this.#probing.stir();
    if (this.#membership.heads.believed > before) this.#follow(attempt.upstream);
  }

  latency(className: string, quantile: number): number | undefined {
    return this.#traffic.latencies.quantile(className, quantile);
  }

  servable(height: number): number {
    return this.#membership.heads.servable(height);
  }

  nudge(upstream: Upstream): void {
    this.#membership.members.get(upstream)?.prober?.suspect();
  }

  vitals(upstream: Upstream): Vitals {
    return this.#member(upstream).vitals(this.#membership.heads);
  }

  usualMs(upstream: Upstream): ReadonlyMap<string, number> {
    return this.#member(upstream).latencies.usual(0.95);
  }

  rejudge(upstream: Upstream): void {
    this.#membership.judge(this.#member(upstream), this.#clock.now());
  }

  snapshot(): HealthSnapshot {
    return snapshotOf(this.#membership, this.#clock.now());
  }

  #member(upstream: Upstream): Member {
    const member = this.#membership.members.get(upstream);
    if (!member) throw new Error(`${upstream.id} is not watched here`);
    return member;
  }

  #follow(upstream: Upstream): void {
    const leader = this.#membership.members.get(upstream);
    if (leader) this.#probing.follow(leader);
  }

  /** A verdict changed: a second opinion is wanted at once, and what depends on time begins. */
  #turned({ upstream, prober, standing: { verdict } }: Member, from: Verdict): void {
    if (verdict === "ejected") prober?.doubtIdentity();
    if (verdict === "ejected" || (verdict === "suspect" && from !== "ejected")) prober?.suspect();
    if (verdict === "suspect") this.#nearest(upstream)?.prober?.nudge();
    if (verdict === "suspect" || verdict === "ramping") this.#pulse.join(this.#beat);
  }

  /** Who is likely to show first that the way is open, while one upstream is under suspicion. */
  #nearest(suspect: Upstream): Member | undefined {
    let nearest: Member | undefined;
    for (const member of this.#membership.members.values()) {
      const { upstream, standing } = member;
      if (standing.verdict !== "healthy" || sharesFate(upstream.coordinates, suspect.coordinates)) continue;
      if (!nearest || upstream.status.probeMs < nearest.upstream.status.probeMs) nearest = member;
    }
    return nearest;
  }

  /** Looks at all that waits, and at verdicts that time alone may change. */
  readonly #beat: Beat = (now, stalled) => {
    let restless = this.#traffic.look(now, stalled);
    for (const member of this.#membership.members.values()) {
      const { verdict, since } = member.standing;
      if (verdict !== "ramping" && !(verdict === "suspect" && now - since < freshSuspicionMs)) continue;
      restless = true;
      this.#membership.judge(member, now);
    }
    this.#quiet = restless ? 0 : this.#quiet + 1;
    return this.#quiet < quietBeats;
  };
}
