import type { DomainStatus } from "../core/failover.ts";
import type { GateVerdict } from "./gate.ts";

/**
 * Why a domain that certainly fails stays in service: nobody outside answers either, nobody else serves, automation took out
 * enough for now.
 */
export type Withheld = "control" | "alone" | "velocity";

/** What is remembered of a failure domain from one look to the next. Times are milliseconds of the injected clock. */
export interface DomainStanding
  extends Pick<DomainStatus, "phase" | "because" | "since" | "share" | "holdUntil" | "strikes"> {
  /** While `watch`: why it was not taken out although it certainly fails. */
  readonly withheld: Withheld | undefined;
  /** While `watch`: since when only the pace of automation keeps it in service; NaN when that is not so. */
  readonly slowedSince: number;
  /** While `watch`: since when it is unlikely to fail; NaN while it is likely. */
  readonly calmSince: number;
  /** When the outage began. What is taken out again on its way back is still in the same outage. */
  readonly openedAt: number;
  /** Is it up, as far as its probes tell while it is out? And when it last went down, in service or not; a few times. */
  readonly up: boolean;
  readonly edges: readonly number[];
  /** While `half_open`: since when its members are well enough, so that it waits for its turn only; NaN while they are not. */
  readonly readySince: number;
  /** While `ramping`: since when it has its present share; a gate begins anew with it. How long the whole ramp takes. */
  readonly stepAt: number;
  readonly rampMs: number;
  /** While `ramping`: gates that failed in a row. */
  readonly failedGates: number;
  /** Up to when healthy time was already set off against strikes. */
  readonly forgivenAt: number;
}

/** What there is to see of a failure domain now. */
export interface DomainSigns {
  /** Log-odds that it fails as one, against that its members fail by chance; -Infinity when it explains nothing now. */
  readonly logOdds: number;
  /** No other explanation is better. Only the best one is acted upon. */
  readonly best: boolean;
  /** Somebody outside answered since its members began to fail; once it is out: lately. */
  readonly control: boolean;
  /** No upstream outside serves any network of its members. */
  readonly alone: boolean;
  /** The share of its usual traffic that it must keep while it is out, 0..1, since the others cannot bear it; else 0. */
  readonly keeps: number;
  /** Automation may take it out now (see `allows` in velocity.ts). */
  readonly allowed: boolean;
  /** How many belong to it. */
  readonly members: number;
  /** Members whose last probe passed; of these, those that passed three in a row and have a current head. */
  readonly answering: number;
  readonly passing: number;
  /** Members whose last probe failed, or whose evidence makes them suspect; not those that merely trail by a block. */
  readonly failing: number;
  /** While `ramping`: what users feel there, and how that is said. */
  readonly gate: GateVerdict;
  readonly gateBecause: string;
  /** It is its turn to come back. */
  readonly token: boolean;
}

/** The standing of a domain of which nothing was seen. */
export function newDomain(now: number): DomainStanding {
  return {
    phase: "closed",
    because: "nothing was seen against it",
    since: now,
    share: 1,
    strikes: 0,
    holdUntil: undefined,
    withheld: undefined,
    slowedSince: Number.NaN,
    calmSince: Number.NaN,
    openedAt: Number.NEGATIVE_INFINITY,
    up: true,
    edges: [],
    readySince: Number.NaN,
    stepAt: now,
    rampMs: 0,
    failedGates: 0,
    forgivenAt: now,
  };
}
