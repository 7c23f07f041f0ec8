import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import type { Decision, FailoverControl, Order, Watcher } from "../core/failover.ts";
import type { Change, Halt, Observer } from "../core/observer.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Random } from "../lib/random.ts";
import { Decisions } from "./decisions.ts";
import { contains, counterpart, type Domain, joint, type Lattice, latticeOf } from "./domains.ts";
import { direct } from "./effects.ts";
import { coincidenceMs, type Explanation, explain, watchAbove } from "./inference.ts";
import { LiveDomain } from "./live-domain.ts";
import { Orders } from "./orders.ts";
import { Ourselves } from "./ourselves.ts";
import { Panics } from "./panic.ts";
import { advance } from "./phases.ts";
import { Rates } from "./rates.ts";
import { turns } from "./reentry.ts";
import { type Removing, Scene } from "./scene.ts";
import type { FailoverOptions } from "./schema.ts";
import { newDomain } from "./standing.ts";
import { allows, isWide, type Removals, remember } from "./velocity.ts";

/** How often things are looked at while anything is suspect or not closed, in milliseconds. */
const lookMs = 100;
/** The least time between two looks: when hundreds become suspect in one moment, each would take a look at all of them. */
const leastLookMs = 10;
/** The most members that are probed at once because one of them became suspect. */
const mostNudges = 32;
/** A domain that was closed for so long is forgotten, in milliseconds: its last strike is forgiven by then. */
const forgetMs = 3_600_000;
/**
 * How long a new label waits for others, and how long the labels of all stand at least, in milliseconds: at the start a
 * thousand upstreams name their client within seconds, and to group them anew takes 20 ms.
 */
const gatherMs = 3_000;
const labelsStandMs = 30_000;

export interface FailoverParts {
  /** All upstreams of the process, of all networks. */
  readonly upstreams: readonly Upstream[];
  readonly watcherOf: (upstream: Upstream) => Watcher;
  /** What the configuration says that an upstream bears, in calls a second. */
  readonly declared: (upstream: Upstream) => number | undefined;
  /** Has a network so many calls that answers of all come late? No, when undefined. */
  readonly strained?: ((network: string) => boolean) | undefined;
  readonly options: FailoverOptions;
  readonly clock: Clock;
  readonly random: Random;
  /** Hears what is decided. */
  readonly decided: (decision: Decision) => void;
}

/** Takes a failure domain out as a whole, and lets it come back in steps. */
export interface Failover extends Observer, FailoverControl {
  attempted(call: Call, attempt: Attempt): void;
  changed(upstream: Upstream, change: Change): void;
  relabelled(): void;
  halted(network: string, halt: Halt | undefined): void;
  stop(): void;
}

/** Builds the failover of a process. It looks at what observers tell, and works only while something is wrong. */
export function createFailover(parts: FailoverParts): Failover {
  return new LiveFailover(parts);
}

class LiveFailover implements Failover {
  readonly #parts: FailoverParts;
  #lattice: Lattice;
  readonly #rates: Rates;
  readonly #scene: Scene;
  readonly #orders: Orders;
  readonly #decisions: Decisions;
  readonly #panics = new Panics((network, because) =>
    this.#decisions.write({ action: "panic", subject: `network:${network}`, because }),
  );
  /** Those against which something was seen. */
  readonly #live = new Map<Domain, LiveDomain>();
  #removals: Removals = [];
  /** How many domains come back now. */
  #ramping = 0;
  readonly #ourselves = new Ourselves();
  /** The networks whose chain stands still. */
  readonly #halts = new Map<string, Halt>();
  #next: Scheduled | undefined;
  #relabelling: Scheduled | undefined;
  #relabelledAt = Number.NEGATIVE_INFINITY;
  #looking = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(parts: FailoverParts) {
    const { clock, upstreams, watcherOf, declared, options } = parts;
    this.#parts = parts;
    this.#lattice = latticeOf(upstreams);
    this.#rates = new Rates(this.#lattice, clock.now());
    const { reserve } = options;
    this.#scene = new Scene({ lattice: this.#lattice, rates: this.#rates, watcherOf, declared, reserve });
    this.#decisions = new Decisions(clock, parts.decided);
    this.#orders = new Orders(clock, (order, members) => {
      this.#written(order, "lift", `the order of ${order.by} came to its end`);
      this.#direct(members);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
    this.#relabelling?.cancel();
    this.#orders.stop();
  }

  // What it hears.

  attempted(_: Call, attempt: Attempt): void {
    if (this.#ramping === 0) return;
    const strained = this.#parts.strained?.(attempt.upstream.network) ?? false;
    for (const domain of this.#lattice.of(attempt.upstream)) this.#live.get(domain)?.attempted(attempt, strained);
  }

  changed(upstream: Upstream, change: Change): void {
    if (change.what !== "verdict" || this.#parts.options.mode === "off") return;
    const { to, cause } = change;
    this.#lookForPanic(upstream.network, this.#parts.clock.now());
    if (to === "healthy" || to === "ramping") this.#scene.ended(upstream);
    if ((to !== "suspect" && to !== "ejected") || (cause !== "failing" && cause !== "stale")) return;
    const now = this.#parts.clock.now();
    const domains = this.#lattice.of(upstream);
    // What befalls upstreams while we are cut off, or through calls from then, is not their own doing.
    const known = this.#ourselves.isDoubtful(now) || domains.some((domain) => this.#live.get(domain)?.isOut);
    this.#scene.began(upstream, cause, known, now);
    this.#testGroup(upstream, domains);
    // What a look does may make others suspect; the next look will see them.
    if (this.#looking) return;
    const wait = this.#lookedAt + leastLookMs - now;
    if (wait <= 0) this.#look();
    else this.#lookIn(wait);
  }

  relabelled(): void {
    if (this.#stopped || this.#relabelling) return;
    const { clock } = this.#parts;
    const wait = Math.max(gatherMs, this.#relabelledAt + labelsStandMs - clock.now());
    this.#relabelling = clock.schedule(wait, () => this.#relabel());
  }

  halted(network: string, halt: Halt | undefined): void {
    const begun = halt ?? this.#halts.get(network);
    if (!begun || this.#parts.options.mode === "off") return;
    if (halt) this.#halts.set(network, halt);
    else this.#halts.delete(network);
    const lasted = formatDuration(1_000 * Math.round((this.#parts.clock.now() - begun.since) / 1_000));
    const because = halt
      ? `no upstream has had a block after ${halt.height} for ${lasted}`
      : `moves again after ${lasted}`;
    this.#decisions.write({ action: "halt", subject: `network:${network}`, because });
  }

  // What operators see and do.

  get mode() {
    return this.#parts.options.mode;
  }

  domains(all = false) {
    if (!all) return [...this.#live.values()].filter(isNotClosed).map((live) => live.status());
    return this.#lattice.domains.map((domain) => (this.#live.get(domain) ?? this.#newcomer(domain)).status());
  }

  decisions() {
    return this.#decisions.list();
  }

  orders() {
    return this.#orders.list();
  }

  order(wanted: Omit<Order, "id" | "until"> & { readonly forMs: number }): Order | { readonly problem: string } {
    const members = this.#targeted(wanted.target);
    if (members.length === 0) return { problem: `no upstream belongs to ${wanted.target}` };
    const before = this.#orders.list().find(({ target }) => target === wanted.target);
    const order = this.#orders.place(wanted, members);
    if ("problem" in order) return order;
    // A drill renews its order again and again.
    if (before?.what !== order.what || before.share !== order.share) {
      const share = order.what === "drain" ? ` to ${Math.round(100 * order.share)} % of its traffic` : "";
      this.#written(
        order,
        order.what,
        `ordered by ${order.by}${share} for ${formatDuration(Math.round(wanted.forMs))}`,
      );
    }
    this.#direct(members);
    return order;
  }

  lift(target: string, by: string): Order | undefined {
    const lifted = this.#orders.lift(target);
    if (!lifted) return undefined;
    this.#written(lifted.order, "lift", `lifted by ${by}`);
    this.#direct(lifted.members);
    return lifted.order;
  }

  panics() {
    return this.#panics.list();
  }

  impaired(): string | undefined {
    return this.#ourselves.because(this.#lattice.upstreams, this.#parts.clock.now());
  }

  #targeted(target: string): readonly Upstream[] {
    const { upstreams } = this.#lattice;
    if (target.startsWith("upstream:")) return upstreams.filter(({ id }) => target === `upstream:${id}`);
    const labels = target.split(joint);
    return upstreams.filter(({ failureDomains }) => labels.every((label) => failureDomains.includes(label)));
  }

  #written({ target }: Order, action: "drain" | "force" | "lift", because: string): void {
    this.#decisions.write({ action, subject: target, because });
  }

  // How it works.

  /** Asks all who share a domain with one that became suspect, and somebody outside, so that nobody need guess. */
  #testGroup(upstream: Upstream, domains: readonly Domain[]): void {
    const asked = new Set(
      domains.filter(({ dimensions }) => dimensions.length === 1).flatMap(({ members }) => members),
    );
    const suspects = [...asked].map((index) => this.#lattice.upstreams[index] as Upstream);
    const own = suspects.filter(({ network }) => network === upstream.network);
    const outside = this.#lattice.upstreams.find((one, index) => !asked.has(index) && one !== upstream);
    const all = outside ? [...own, outside, ...suspects.filter((one) => !own.includes(one))] : [...own, ...suspects];
    for (const one of new Set(all.slice(0, mostNudges))) this.#parts.watcherOf(one).nudge(one);
  }

  /** Looks now, and again and again for as long as there is anything to look at. */
  #look(): void {
    if (this.#stopped) return;
    this.#next?.cancel();
    const now = this.#parts.clock.now();
    this.#lookedAt = now;
    this.#looking = true;
    try {
      this.#step(now);
    } finally {
      this.#looking = false;
    }
    for (const network of this.#scene.networks()) this.#lookForPanic(network, now);
    const restless = now - this.#scene.lastOnset <= 2 * coincidenceMs || this.#ourselves.cutOff;
    if (restless || [...this.#live.values()].some(isNotClosed)) this.#lookIn(lookMs);
  }

  #lookIn(ms: number): void {
    this.#next?.cancel();
    this.#next = this.#parts.clock.schedule(ms, () => this.#look());
  }

  #step(now: number): void {
    const explanations = this.#explain(now);
    const [best] = explanations;
    this.#judgeOurselves(best, now);
    for (const { group, logOdds } of explanations) {
      if (group.kind === "domain" && logOdds > watchAbove && !this.#live.has(group)) {
        this.#live.set(group, this.#newcomer(group));
      }
    }
    const turn = turns([...this.#live.values()], now);
    for (const live of this.#live.values()) {
      const { phase, since } = live.standing;
      // What lies within one that is out is out already, and comes back with it.
      const covered = (phase === "closed" || phase === "watch") && this.#isCovered(live.domain);
      const explanation = covered ? undefined : explanations.find(({ group }) => group === live.domain);
      if (phase === "closed" && !explanation) {
        if (now - since > forgetMs) this.#live.delete(live.domain);
        continue;
      }
      const dependents = this.#scene.dependents(live.domain);
      const shifted = !sameMembers(dependents, live.dependents);
      live.dependents = dependents;
      const removing = this.#scene.removing(live.domain, now, live.isKept);
      const wide = isWide([live.domain.name, ...live.domain.aliases]);
      const allowed =
        allows(this.#removals, { capacity: removing.capacity, wide }, now) && !this.#ourselves.isDoubtful(now);
      const given = { explanation, best: explanation === best, removing, allowed, token: turn.has(live) };
      const signs = live.signs(this.#scene, this.#parts.watcherOf, given, now);
      const next = advance(live.standing, signs, now, this.#parts.random);
      if (next !== live.standing) this.#apply(live, next, { explanation, explanations, removing, wide }, now);
      else if (shifted) this.#direct(live.members);
      live.hurry(this.#parts.watcherOf);
      this.#unspare(live);
    }
  }

  /** Is enough of a network left for health to be obeyed in full? */
  #lookForPanic(network: string, now: number): void {
    const lives = this.#parts.options.mode === "act" ? [...this.#live.values()] : [];
    const kept = lives.filter((live) => live.isKept && live.members.some((one) => one.network === network));
    const upstreams = this.#scene.upstreamsOf(network);
    this.#panics.look(network, { upstreams, kept: kept.map(({ domain }) => domain.name) }, now);
  }

  /** Why upstreams became suspect of late: first with all of them, so that a region may turn out to be a provider. */
  #explain(now: number): readonly Explanation[] {
    const rateOf = (domain: Domain) => this.#rates.domain(domain, now);
    const all = explain(this.#lattice, this.#scene.observations([], now), rateOf, now);
    const group = all[0]?.group;
    if (group?.kind !== "domain" || !this.#isCovered(group)) return all;
    // The best explanation is known already. What does the rest come from?
    const out = [...this.#live.values()].filter(({ isOut }) => isOut).map(({ domain }) => domain);
    return explain(this.#lattice, this.#scene.observations(out, now), rateOf, now);
  }

  /** Is a domain out that has all of its members? */
  #isCovered({ members }: Domain): boolean {
    return [...this.#live.values()].some(
      ({ isOut, domain }) => isOut && members.every((member) => contains(domain, member)),
    );
  }

  #apply(
    live: LiveDomain,
    next: LiveDomain["standing"],
    {
      explanation,
      explanations,
      removing,
      wide,
    }: {
      readonly explanation: Explanation | undefined;
      readonly explanations: readonly Explanation[];
      readonly removing: Removing;
      readonly wide: boolean;
    },
    now: number,
  ): void {
    const before = live.standing;
    live.standing = next;
    this.#ramping += Number(next.phase === "ramping") - Number(before.phase === "ramping");
    const { upstreams } = this.#lattice;
    if (next.phase === "open" && before.phase !== "open" && before.phase !== "half_open") {
      this.#rates.blame(live.domain, now);
      this.#removals = remember(this.#removals, { capacity: removing.capacity, wide }, now);
      if (before.phase !== "ramping") live.remember(this.#parts.watcherOf);
      live.spared = new Set(explanation?.spared ?? []);
    }
    const action = actionOf(before, next);
    if (action) {
      this.#decisions.write({
        action,
        subject: live.domain.name,
        because: next.because,
        logOdds: explanation?.logOdds,
        evidence: (explanation?.struck ?? []).map((upstream) => ({
          upstream: upstream.id,
          agoMs: Math.round(now - this.#scene.onsetOf(upstream)),
          symptom: this.#parts.watcherOf(upstream).vitals(upstream).symptom,
        })),
        rivals: explanations
          .filter(({ group }) => group !== live.domain)
          .map(({ group, logOdds }) => ({ subject: group.name, logOdds })),
        spared: [...live.spared].map(({ id }) => id),
        moved: next.phase === "open" ? this.#scene.moved(live.domain) : [],
        shadow: this.#parts.options.mode === "shadow",
      });
    }
    this.#direct(live.domain.members.map((index) => upstreams[index] as Upstream));
  }

  /** A member that was spared and fails after all goes the way of the others. */
  #unspare(live: LiveDomain): void {
    const failed = [...live.spared].filter((member) => this.#scene.isSuspect(member));
    if (failed.length === 0) return;
    live.spared = new Set([...live.spared].filter((member) => !failed.includes(member)));
    this.#direct(failed);
  }

  /** Are we cut off ourselves? */
  #judgeOurselves(best: Explanation | undefined, now: number): void {
    const before = this.#ourselves.cutOff;
    const told = this.#ourselves.judge(best, this.#lattice.upstreams, now);
    if (!told) return;
    if (!before) this.#rates.excuse();
    this.#decisions.write({ action: "self", subject: "self", ...told });
  }

  #newcomer(domain: Domain): LiveDomain {
    return new LiveDomain(domain, this.#scene.members(domain), newDomain(this.#parts.clock.now()));
  }

  /** Groups the upstreams anew. Domains that are still there keep how they stand and what was learned of them. */
  #relabel(): void {
    this.#relabelling = undefined;
    this.#relabelledAt = this.#parts.clock.now();
    const before = this.#lattice;
    this.#lattice = latticeOf(before.upstreams);
    this.#rates.relabel(before, this.#lattice);
    const known = [...this.#live.values()];
    this.#live.clear();
    for (const live of [...known.filter(isNotClosed), ...known.filter((one) => !isNotClosed(one))]) {
      const domain = counterpart(live.domain, this.#lattice);
      if (domain && !this.#live.has(domain)) {
        live.become(domain, this.#scene.members(domain), (one) => this.#scene.isSuspect(one));
        this.#live.set(domain, live);
      } else this.#dissolved(live);
    }
    this.#ramping = [...this.#live.values()].filter(({ standing: { phase } }) => phase === "ramping").length;
    this.#orders.retarget((target) => this.#targeted(target));
    this.#direct(this.#lattice.upstreams);
  }

  /** With new labels a domain is none any more, or the same as another one. */
  #dissolved({ domain: { name }, standing: { phase } }: LiveDomain): void {
    if (phase === "closed") return;
    const because = "by their new labels its members are no failure domain of their own any more";
    const shadow = this.#parts.options.mode === "shadow";
    this.#decisions.write({ action: "close", subject: name, because, shadow });
  }

  /** Lets upstreams feel what domains and orders mean for them. */
  #direct(upstreams: readonly Upstream[]): void {
    const acting = this.#parts.options.mode === "act";
    for (const upstream of upstreams) {
      const lives = acting ? this.#lattice.of(upstream).flatMap((domain) => this.#live.get(domain) ?? []) : [];
      if (direct(upstream, lives, this.#orders.effect(upstream))) this.#parts.watcherOf(upstream).rejudge(upstream);
    }
  }
}

function isNotClosed({ standing: { phase } }: LiveDomain): boolean {
  return phase !== "closed";
}

function sameMembers(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((member) => other.has(member));
}

/** What a change of standing is called; `undefined` when it is none worth telling. */
function actionOf(before: LiveDomain["standing"], next: LiveDomain["standing"]): Decision["action"] | undefined {
  // That nobody outside answered yet is so for a moment in each outage.
  const withheld = next.withheld !== undefined && next.withheld !== "control" && next.withheld !== before.withheld;
  if (next.phase === "watch" && withheld) return "withhold";
  if (next.phase === "ramping") return next.share === before.share && before.phase === "ramping" ? undefined : "ramp";
  if (next.phase === before.phase) return undefined;
  return next.phase === "closed" ? "close" : next.phase;
}
