import type { Dimension, LabelSource, Upstream } from "./upstream.ts";

/**
 * How a failure domain stands. `watch`: probably failing, so nothing is sent there a second time; `open`: out of
 * service; `half_open`: its hold is over and its members are probed; `ramping`: it gets traffic back in steps.
 */
export const phases = ["closed", "watch", "open", "half_open", "ramping"] as const;
export type Phase = (typeof phases)[number];

/** A failure domain that is more than its members: who belongs to it and how it stands. Times are the clock's milliseconds. */
export interface DomainStatus {
  /** `region:aws/us-east-1`, or two labels at once: `provider:aws & client:geth`. */
  readonly domain: string;
  readonly dimensions: readonly Dimension[];
  /** How well it is known who belongs to it: as the weakest label by which a member does. */
  readonly source: LabelSource;
  readonly members: readonly Upstream[];
  readonly phase: Phase;
  readonly because: string;
  readonly since: number;
  /** The share of its usual traffic that it may have, 0..1. */
  readonly share: number;
  /** No sooner than then does it come back; only while `open`. */
  readonly holdUntil: number | undefined;
  /** Outages that are still held against it: each doubles the next hold. */
  readonly strikes: number;
}

/** What an operator ordered, until when. */
export interface Order {
  readonly id: number;
  /** A failure domain (`provider:aws`), or one upstream (`upstream:aws-1`). */
  readonly target: string;
  /** `drain`: no more than `share` of its usual traffic. `force`: in service, whatever automation thinks of it. */
  readonly what: "drain" | "force";
  readonly share: number;
  /** The clock's milliseconds. */
  readonly until: number;
  readonly by: string;
}

/** A network of which so little is left that what health concludes is not obeyed in full. */
export interface Panic {
  readonly network: string;
  /** The clock's milliseconds. */
  readonly since: number;
  readonly because: string;
}

/** What was decided about a domain, an upstream or the proxy itself. */
export const actions = [
  "watch",
  "open",
  "half_open",
  "ramp",
  "close",
  /** A domain should have been taken out, and was not, or not wholly: too little would have been left. */
  "withhold",
  /** Our own network is down, or is up again. */
  "self",
  /** The chain stands still: everybody's head does. */
  "halt",
  /** Too little of a network is left for health to be obeyed in full, or enough is again. */
  "panic",
  "drain",
  "force",
  "lift",
] as const;
export type Action = (typeof actions)[number];

/** One decision, as it is kept, logged and shown: what was done, on what evidence, and what else it could have been. */
export interface Decision {
  readonly id: number;
  /** Wall-clock milliseconds since 1970. */
  readonly at: number;
  readonly action: Action;
  /** The domain, `upstream:ID`, `network:NAME` or `self`. */
  readonly subject: string;
  /** Why, in one sentence with its figures. */
  readonly because: string;
  /** Log-odds that the subject failed as one, against that its members failed by chance; where it was a matter of odds. */
  readonly logOdds: number | undefined;
  /** The members that became suspect, with how many milliseconds before the decision and of what. */
  readonly evidence: readonly { readonly upstream: string; readonly agoMs: number; readonly symptom: string }[];
  /** The other explanations, the likeliest first. */
  readonly rivals: readonly { readonly subject: string; readonly logOdds: number }[];
  /** Members left in service because they still answer. */
  readonly spared: readonly string[];
  /** Who takes the load that is moved: shares 0..1 of it by provider, as planned. */
  readonly moved: readonly { readonly provider: string; readonly share: number }[];
  /** In shadow mode: what would have been done. */
  readonly shadow: boolean;
}

/** What failover does about what it finds out: `act`; only tell what it would do; or not even look. */
export type FailoverMode = "act" | "shadow" | "off";

/** What operators see of failover and may do to it. */
export interface FailoverControl {
  readonly mode: FailoverMode;
  /** The domains that are not simply closed; all of them when `all`. */
  domains(all?: boolean): readonly DomainStatus[];
  /** The newest first; a bounded number. */
  decisions(): readonly Decision[];
  orders(): readonly Order[];
  /** Orders; or says in a sentence what is wrong with the order. A second order for a target replaces the first. */
  order(order: Omit<Order, "id" | "until"> & { readonly forMs: number }): Order | { readonly problem: string };
  /** Ends the order for a target before its time. */
  lift(target: string, by: string): Order | undefined;
  /** Why this process seems to be cut off itself; `undefined` when it does not. */
  impaired(): string | undefined;
  /** The networks of which too little is left in service. */
  panics(): readonly Panic[];
}

/** What health knows of one upstream that failover infers from. Times are the clock's milliseconds. */
export interface Vitals {
  /** The evidence against it, as a share of what makes it suspect: above 1 it is suspect. */
  readonly suspicion: number;
  /** The last probe failed, or it is in service and evidence makes it suspect. */
  readonly failing: boolean;
  /** Probes that passed in a row since it was taken out. */
  readonly passes: number;
  /** Of the probes before those since it was taken out, the share that failed, 0..1; 1 when there were none. */
  readonly failingShare: number;
  /** Calls that it is sent, a second, of late. */
  readonly rate: number;
  /** Its head is where it should be. */
  readonly current: boolean;
  /** The share of its calls that usually fails, 0..1. */
  readonly usualFailures: number;
  /** What failed last, in a few words: `timeout`, `no answer`, `probe: unreachable`. */
  readonly symptom: string;
}

/** Health, as failover sees it. */
export interface Watcher {
  vitals(upstream: Upstream): Vitals;
  /** What 95 of 100 of its answers take at most, in milliseconds, by class of methods; without those that are too few. */
  usualMs(upstream: Upstream): ReadonlyMap<string, number>;
  /** Probes an upstream now, at most every 200 ms. */
  nudge(upstream: Upstream): void;
  /** Judges it anew: what failover says of it in its status has changed. */
  rejudge(upstream: Upstream): void;
}
