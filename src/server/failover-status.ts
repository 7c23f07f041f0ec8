import type { Action, Decision, DomainStatus, Order, Phase } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import { type Clock, timestamp } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Runtime } from "./runtime.ts";

/** How many decisions the status page is given. */
const shownDecisions = 8;

/** What somebody who looks in an outage wants to see first. */
const urgency: readonly Phase[] = ["open", "half_open", "ramping", "watch", "closed"];

type Parts = Pick<Runtime, "failover" | "networks" | "clock" | "redact">;

/**
 * How failover stands, as `GET /api/failover` and the status page show it: failure domains that are not closed (every one
 * when `all`), orders, networks that panic, and why the process thinks that it is cut off itself, `null` when it does not. In `shadow` mode
 * domains have phases too, and nothing is done about it.
 */
export function failoverStatus(parts: Parts, all = false) {
  const { failover, networks, clock, redact } = parts;
  const impaired = failover.impaired();
  const eligible = (upstream: Upstream) =>
    networks.some((network) => network.upstreams.includes(upstream) && network.eligible(upstream));
  return {
    mode: failover.mode,
    shadow: failover.mode === "shadow",
    impaired: impaired === undefined ? null : redact(impaired),
    panics: failover.panics().map(({ network, since, because }) => ({
      network,
      since: wallClock(since, clock),
      for: durationText(clock.now() - since),
      because: redact(because),
    })),
    domains: failover
      .domains(all)
      .toSorted((a, b) => urgency.indexOf(a.phase) - urgency.indexOf(b.phase))
      .map((domain) => domainStatus(domain, eligible, parts)),
    orders: failover.orders().map((order) => orderStatus(order, { clock, redact })),
  };
}

/** The newest decisions, for the status page. Of the many steps in which a domain comes back the last one is enough. */
export function recentDecisions({ failover, redact }: Parts) {
  const newer = new Map<string, Action>();
  const shown = failover.decisions().filter(({ subject, action }) => {
    const followed = newer.get(subject);
    newer.set(subject, action);
    return action !== "ramp" || followed !== "ramp";
  });
  return shown.slice(0, shownDecisions).map(decisionStatus(redact));
}

function domainStatus(
  { domain, dimensions, source, phase, because, since, share, holdUntil, strikes, members }: DomainStatus,
  eligible: (upstream: Upstream) => boolean,
  { clock, redact }: Parts,
) {
  const hold = phase === "open" && holdUntil !== undefined ? untilStatus(holdUntil, clock) : null;
  return {
    domain,
    dimensions,
    source,
    phase,
    because: redact(because),
    since: wallClock(since, clock),
    for: durationText(clock.now() - since),
    share,
    hold,
    strikes,
    members: members.map((member) => ({
      upstream: member.id,
      network: member.network,
      verdict: member.status.verdict,
      eligible: eligible(member),
    })),
  };
}

/** An order as it is shown. */
export function orderStatus(
  { id, target, what, share, until, by }: Order,
  { clock, redact }: Pick<Parts, "clock" | "redact">,
) {
  return { id, target, what, share, ...untilStatus(until, clock), by: redact(by) };
}

/** A decision as it is shown: with a line of words for it, times as ISO, and nothing secret. */
export function decisionStatus(redact: Runtime["redact"]) {
  return (decision: Decision) => ({
    id: decision.id,
    at: timestamp(decision.at),
    action: decision.action,
    subject: decision.subject,
    text: decisionText(decision),
    because: redact(decision.because),
    logOdds: decision.logOdds === undefined ? null : rounded(decision.logOdds),
    evidence: decision.evidence.map(({ upstream, agoMs, symptom }) => ({
      upstream,
      ago: durationText(agoMs),
      symptom: redact(symptom),
    })),
    rivals: decision.rivals.map(({ subject, logOdds }) => ({ subject, logOdds: rounded(logOdds) })),
    spared: decision.spared,
    moved: decision.moved.map(({ provider, share }) => ({ provider, share: Math.round(share * 1_000) / 1_000 })),
    shadow: decision.shadow,
  });
}

/** What each action did, said of its subject. */
const words: Readonly<Record<Action, string>> = {
  watch: "watched, and sent nothing a second time",
  open: "taken out of service",
  half_open: "probed, to see whether it is back",
  ramp: "given its traffic back in steps",
  close: "in full service, and watched no more",
  withhold: "left in service, because too little would remain without it",
  self: "about its own connection",
  halt: "about its chain",
  panic: "about how much of it is left",
  drain: "drained by an operator",
  force: "kept in service by an operator",
  lift: "freed of an order",
};

/** Actions that tell what is, and not what is done about it: shadow mode changes nothing about them. */
const observations: ReadonlySet<Action> = new Set(["self", "halt", "panic"]);

/** A decision in words: `region aws/us-east-1: taken out of service`. */
function decisionText({ action, subject, shadow }: Decision): string {
  const done = shadow && !observations.has(action) ? `would have been ${words[action]}` : words[action];
  return `${subjectText(subject)}: ${done}`;
}

/** `region aws/us-east-1` for `region:aws/us-east-1`; what a person calls the subject of a decision. */
export function subjectText(subject: string): string {
  if (subject === "self") return "this process";
  return subject
    .split(" & ")
    .map((label) => label.replace(":", " "))
    .join(" and ");
}

function untilStatus(until: number, clock: Clock) {
  return { until: wallClock(until, clock), for: durationText(until - clock.now()) };
}

/** The clock's milliseconds as people write a time. */
function wallClock(at: number, clock: Clock): string {
  return timestamp(Math.round(clock.epoch() + at - clock.now()));
}

/** From a second on, whole seconds are exact enough. */
function durationText(ms: number): string {
  return formatDuration(ms < 1_000 ? Math.max(0, ms) : 1_000 * Math.round(ms / 1_000));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
