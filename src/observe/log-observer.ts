import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import type { Action, Decision } from "../core/failover.ts";
import type { Change, Observer } from "../core/observer.ts";
import { type Outcome, ruleOf } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import type { Level, Log, LogData } from "./log.ts";
import { outcomeNames, slotOf } from "./outcomes.ts";

/** How many failures of one kind are told per second; the others are told as a number. */
const toldPerSecond = 10;

/** Method names come from clients: this much of one is told. */
const longestMethod = 64;

/** States that somebody should look at. */
const alarming: ReadonlySet<string> = new Set([
  "ejected",
  "quarantined",
  "open",
  "billing",
  "unauthorized",
  "wrong_chain",
]);

/**
 * Tells the log of every change of an upstream, of every decision of failover, of which nodes validators are served by, of
 * alarms and failed calls (and, at level `debug`, failed attempts) as far as they are not too many, and of a share of all
 * calls, `sampleCalls`, 0..1: every second one for 0.5.
 */
export function logObserver(log: Log, clock: Clock, sampleCalls: number): Observer {
  const seldom = new Seldom(log, clock);
  let sample = 0;
  const observer: Observer = {
    answered(call, outcome, { attempts }, elapsedMs) {
      sample += sampleCalls;
      const sampled = sample >= 1;
      if (sampled) sample--;
      const bad = !outcome.ok && ruleOf(outcome.kind).blame !== "client";
      if (!bad && !sampled) return;
      const data = () => callData(call, outcome, attempts, elapsedMs);
      if (bad) seldom.say("warn", "call failed", nameOf(outcome), data);
      else log.info("call", data());
    },
    changed(upstream, change) {
      const level = alarming.has(change.to) ? "warn" : "info";
      log[level](
        `upstream ${upstream.id}: ${change.what} ${change.from} -> ${change.to}`,
        changeData(upstream, change),
      );
    },
    alarmed(network, { what, because, upstream }) {
      const level = what === "agreement" ? "info" : "warn";
      seldom.say(level, `validators: ${what}`, what, () => ({ network, upstream, because }));
    },
    retold(upstream, { kind, entries, well }) {
      const data = () => ({ network: upstream.network, kind, entries });
      if (well) log.info(`upstream ${upstream.id}: told again what validators told`, data());
      else seldom.say("debug", `upstream ${upstream.id}: could not be told what validators told`, kind, data);
    },
    refitted(upstream, duty, because) {
      const words = because === undefined ? `is asked to ${duty} again` : `is not asked to ${duty}`;
      log.info(`upstream ${upstream.id}: ${words}`, { network: upstream.network, because });
    },
    audited(upstream, { check, finding, because, convicted }) {
      if (finding === "agreed" || finding === "unanswered") return;
      const level = convicted ? "warn" : "info";
      log[level](`upstream ${upstream.id}: audit of ${check}: ${finding}`, {
        network: upstream.network,
        upstream: upstream.id,
        because: because ?? "",
      });
    },
    enlightened(network, { what, because, upstream }) {
      const data = { network, upstream, because };
      if (what === "follows") log.info(`light client: ${what}`, data);
      else seldom.say("warn", `light client: ${what}`, what, () => data);
    },
    decided(decision) {
      const { action, subject, shadow } = decision;
      const level = alarmingActions.has(action) ? "warn" : "info";
      log[level](`failover: ${shadow ? "would " : ""}${action} ${subject}`, decisionData(decision));
    },
  };
  if (!log.writes("debug")) return observer;
  return {
    ...observer,
    attempted(call, attempt) {
      const { outcome } = attempt;
      if (outcome && !outcome.ok) {
        seldom.say("debug", "attempt failed", nameOf(outcome), () =>
          callData(call, outcome, [attempt], attempt.endedAt - attempt.startedAt),
        );
      }
    },
  };
}

/** Decisions that somebody should look at. */
const alarmingActions: ReadonlySet<Action> = new Set(["open", "withhold", "self", "panic"]);

function decisionData({ id, because, logOdds, evidence, rivals, spared, moved, shadow }: Decision): LogData {
  return {
    decision: id,
    because,
    logOdds: logOdds === undefined ? undefined : rounded(logOdds),
    evidence: listed(evidence, ({ upstream, agoMs, symptom }) => `${upstream}:${rounded(agoMs)}ms:${symptom}`),
    rivals: listed(rivals, (rival) => `${rival.subject}:${rounded(rival.logOdds)}`),
    spared: listed(spared, (upstream) => upstream),
    moved: listed(moved, ({ provider, share }) => `${provider}:${Math.round(100 * share)}%`),
    shadow: shadow || undefined,
  };
}

/** How many things of a list are told. */
const longestList = 20;

function listed<T>(all: readonly T[], text: (one: T) => string): string | undefined {
  if (all.length === 0) return undefined;
  const more = all.length > longestList ? [`and ${all.length - longestList} more`] : [];
  return [...all.slice(0, longestList).map(text), ...more].join(", ");
}

function callData(call: Call, outcome: Outcome, attempts: readonly Attempt[], elapsedMs: number): LogData {
  return {
    network: call.network,
    method: call.method.slice(0, longestMethod),
    outcome: nameOf(outcome),
    ms: rounded(elapsedMs),
    attempts: attempts.map(attemptText).join(" "),
    detail: outcome.ok ? undefined : outcome.detail,
  };
}

function attemptText({ upstream, reason, startedAt, endedAt, outcome }: Attempt): string {
  const ended = outcome ? `${nameOf(outcome)}:${rounded(endedAt - startedAt)}ms` : "waiting";
  return `${upstream.id}:${reason}:${ended}`;
}

function changeData({ network, coordinates }: Upstream, { because }: Change): LogData {
  return { network, provider: coordinates.provider, region: coordinates.region, because };
}

function nameOf(outcome: Outcome): string {
  return outcomeNames[slotOf(outcome)] as string;
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Says the first few of each kind in a second, and at its end how many more there were. */
class Seldom {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #said = new Map<string, number>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `name` is one of few: with the message it makes the kind. */
  say(level: Level, message: string, name: string, data: () => LogData): void {
    const kind = `${message}: ${name}`;
    const said = this.#said.get(kind) ?? 0;
    this.#said.set(kind, said + 1);
    if (said === 0) this.#clock.schedule(1_000, () => this.#sum(level, kind));
    if (said < toldPerSecond) this.#log[level](message, data());
  }

  #sum(level: Level, kind: string): void {
    const unsaid = (this.#said.get(kind) ?? 0) - toldPerSecond;
    this.#said.delete(kind);
    if (unsaid > 0) this.#log[level](`suppressed ${unsaid} more within a second: ${kind}`);
  }
}
