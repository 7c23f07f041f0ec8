import type { ChangeRecord, DecisionRecord } from "./journal.ts";
import type { Outages } from "./outages.ts";

/** A failure domain that was taken out of service: how long after the first fault, and did it fail as one? */
interface NamedDomain {
  readonly domain: string;
  readonly members: readonly string[];
  readonly after: number;
  readonly right: boolean;
}

/** What was done about upstreams and failure domains, and how well. Times in milliseconds; what never happened is absent. */
export interface ChangeFigures {
  /** From the first fault until somebody struck was no longer trusted, and until nobody struck was. */
  readonly timeToDetect: number | undefined;
  readonly timeToAllOut: number | undefined;
  /** Times that an upstream was taken out of service which no fault had struck, or a fault that strikes everybody. */
  readonly wrongEjections: number;
  /** The most times that somebody struck was taken back in while its outage lasted. */
  readonly flaps: number;
  /** The failure domains taken out of service, in order. */
  readonly domains: readonly NamedDomain[];
  readonly timeToName: number | undefined;
  readonly wrongDomains: number;
}

/** Reads them from the changes and decisions of a run. `domains` says who the members of each failure domain are. */
export function changeFigures(
  changes: readonly ChangeRecord[],
  decisions: readonly DecisionRecord[],
  outages: Outages,
  domains: ReadonlyMap<string, ReadonlySet<string>>,
): ChangeFigures {
  const outs = changes.filter((one) => outages.isStruck(one.upstream, one.at) && distrusts(one));
  const named = decisions.flatMap(({ at, decision: { action, subject, shadow } }) => {
    const members = action === "open" && !shadow ? membersOf(subject, domains) : undefined;
    if (!members) return [];
    return [
      { domain: subject, members: [...members], after: at - outages.start, right: outages.isCommon(members, at) },
    ];
  });
  const since = (at: number | undefined) => (at === undefined ? undefined : at - outages.start);
  return {
    timeToDetect: since(outs[0]?.at),
    timeToAllOut: since(allOutAt(outages, outs)),
    wrongEjections: changes.filter((one) => takesOut(one) && !outages.isBad(one.upstream, one.at)).length,
    flaps: flapsOf(changes, outages),
    domains: named,
    timeToName: named.find(({ right }) => right)?.after,
    wrongDomains: named.filter(({ right }) => !right).length,
  };
}

/** Who carries all of the labels in `provider:aws & client:geth`; `undefined` when it is no failure domain. */
function membersOf(
  subject: string,
  domains: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> | undefined {
  const [first, ...others] = subject.split(" & ").map((label) => domains.get(label));
  if (!first || others.includes(undefined)) return undefined;
  return new Set([...first].filter((upstream) => others.every((other) => other?.has(upstream))));
}

/** Does a change say that an upstream is no longer trusted with traffic? */
function distrusts({ change }: ChangeRecord): boolean {
  if (change.what === "verdict") return change.to === "suspect" || isOut(change.to);
  return change.what === "breaker" ? change.to === "open" : change.from === "none";
}

/** Does a change take an upstream out of service because of its health? */
function takesOut({ change }: ChangeRecord): boolean {
  if (change.what === "verdict") return isOut(change.to) && !isOut(change.from);
  return change.what === "breaker" && change.to === "open";
}

function isOut(verdict: string): boolean {
  return verdict === "ejected" || verdict === "quarantined" || verdict === "drained";
}

/** When the last of those struck was first distrusted; `undefined` while one still is trusted. */
function allOutAt({ struck }: Outages, outs: readonly ChangeRecord[]): number | undefined {
  const first = [...struck].map((upstream) => outs.find((one) => one.upstream === upstream)?.at);
  return first.every((at) => at !== undefined) && first.length > 0 ? Math.max(...first) : undefined;
}

function flapsOf(changes: readonly ChangeRecord[], { windows }: Outages): number {
  const spans = new Map<number, { from: number; to: number; readonly upstreams: Set<string> }>();
  for (const { from, to, outage, effect, affected } of windows) {
    if (effect !== "struck") continue;
    const span = spans.get(outage) ?? { from, to, upstreams: new Set() };
    spans.set(outage, span);
    span.to = Math.max(span.to, to);
    for (const upstream of affected) span.upstreams.add(upstream);
  }
  const returns = changes.filter(({ change }) => change.what === "verdict" && isOut(change.from) && !isOut(change.to));
  let most = 0;
  for (const { from, to, upstreams } of spans.values()) {
    const counts = new Map<string, number>();
    for (const { at, upstream } of returns) {
      if (at < from || at >= to || !upstreams.has(upstream)) continue;
      counts.set(upstream, (counts.get(upstream) ?? 0) + 1);
    }
    most = Math.max(most, ...counts.values());
  }
  return most;
}
