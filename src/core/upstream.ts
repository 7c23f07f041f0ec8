import type { Call, WireRequest } from "./call.ts";
import type { Attempt, CallContext } from "./context.ts";
import type { Unfit } from "./duty.ts";
import type { Outcome } from "./outcome.ts";
import type { EventReader, Subscription } from "./stream.ts";
import type { Waiting } from "./waiting.ts";

export type ProviderKind = "cloud" | "bare_metal" | "decentralized" | "rpc_service" | "unknown";

/**
 * Where an upstream stands in the world: everything that may fail together with others. What is not known is absent;
 * it never joins a shared "unknown".
 */
export interface Coordinates {
  /** Who hosts it: a key of the provider catalogue (`aws`, `hetzner`, `akash`) or the operator's own word. */
  readonly provider: string;
  readonly kind: ProviderKind;
  /** `aws/us-east-1`. */
  readonly region: string | undefined;
  readonly asn: number | undefined;
  /** ISO 3166 alpha-2, lower case. */
  readonly jurisdiction: string | undefined;
  /** Who runs the node, where that is not the provider. */
  readonly operator: string | undefined;
  /** Node software: `geth`, `nethermind`, ... */
  readonly client: string | undefined;
  /** The CDN in front, if any. */
  readonly edge: string | undefined;
  /** How the coordinates are known; what is not listed was declared. */
  readonly sources?: Readonly<Partial<Record<Dimension, LabelSource>>>;
}

/**
 * How a coordinate is known, the weakest first: an operator's word, what a host name or an answer shows, or a check
 * that a false claim would fail.
 */
export const labelSources = ["declared", "observed", "verified"] as const;
export type LabelSource = (typeof labelSources)[number];

export const dimensions = ["provider", "region", "asn", "jurisdiction", "operator", "client", "edge"] as const;
export type Dimension = (typeof dimensions)[number];

/** The labels `dimension:value` that an upstream carries: `provider:aws`, `region:aws/us-east-1`, `asn:16509`. */
export function failureDomains(coordinates: Coordinates): readonly string[] {
  return dimensions.flatMap((dimension) => {
    const value = coordinates[dimension];
    return value === undefined ? [] : [`${dimension}:${value}`];
  });
}

/**
 * Do two upstreams share what usually takes machines down together: the provider, the region, the network that announces
 * them, which stands beneath a decentralised provider too, or the edge?
 */
export function sharesFate(a: Coordinates, b: Coordinates): boolean {
  return (
    a.provider === b.provider ||
    (a.region !== undefined && a.region === b.region) ||
    (a.asn !== undefined && a.asn === b.asn) ||
    (a.edge !== undefined && a.edge === b.edge)
  );
}

/** What looking at an upstream's addresses told of where it stands, beside what is declared. */
export interface Sight {
  /** The one autonomous system that announces its addresses; `undefined` when it is not known, or there are several. */
  readonly asn: number | undefined;
  /** The one CDN whose fronts all of its known addresses are; absent when it stands behind none, or several. */
  readonly edge?: string | undefined;
  /** What is declared and was borne out by a check that a false claim would fail; a declared `asn` by being the same. */
  readonly verified: readonly Dimension[];
}

/** What health checks and traffic say of an upstream. */
export type Verdict = "healthy" | "suspect" | "ejected" | "ramping" | "drained" | "quarantined";

export type BreakerState = "closed" | "half_open" | "open";

/** Why an upstream is held off for a while. */
export type HoldReason = "throttled" | "billing" | "unauthorized" | "unreachable" | "unavailable" | "wrong_chain";

/**
 * What is known of an upstream right now: plain fields, read on each pick. Each field has one writer, named here.
 */
export interface UpstreamStatus {
  /** health: the verdict, and in a few words why. */
  verdict: Verdict;
  because: string;
  /** health: did a probe or an answer ever succeed? Nothing is sent to an upstream of unknown chain. */
  confirmed: boolean;
  /** health: the newest block it has, the newest final one, the oldest it can serve; -1 while unknown. */
  head: number;
  finalized: number;
  earliest: number;
  /** health: when `head` last moved, in the clock's milliseconds. */
  headAt: number;
  /** health: client software as it names itself. */
  version: string | undefined;
  /** health: the client software by its common name, as far as the versions that it told agree: `geth`. */
  client: string | undefined;
  /** hosting: what its addresses told; `undefined` while nobody looked. */
  sight: Sight | undefined;
  /** health: share of traffic while it comes back, 0..1. */
  weight: number;
  /** health: how long a probe's question usually takes, in milliseconds; NaN while unknown. The same for all, so it compares. */
  probeMs: number;
  /**
   * health: when it was last heard of, well or not; and when that was asked which it answered last, by traffic or probe:
   * its answer shows that the way was open then. -Infinity for never.
   */
  heardAt: number;
  goodAt: number;
  /** failover: why a failure domain that it belongs to is out of service; it is then ejected with the others. */
  condemned: string | undefined;
  /** failover: why an operator wants it out of service. */
  drained: string | undefined;
  /** failover: an operator wants it in service, whatever evidence says. */
  forced: boolean;
  /** failover: the most of its usual traffic that it may have, 0..1. */
  allowance: number;
  /** failover: a failure domain of it is probably failing, so that no call that failed elsewhere is sent here next. */
  watched: boolean;
  /** validator: the duties that it is not good for now, and why; `undefined` where there are no validators. */
  unfit: Unfit | undefined;
  /** verification: what it said that is not so; it then gets no calls. */
  disproved: string | undefined;
  /** verification: the most of its usual traffic that it may have by what was found out about it, 0..1. */
  trusted: number;
  /** verification: it is said to keep old state, and does not. */
  forgetful: boolean;
  /** verification: it is said to serve traces, and does not. */
  traceless: boolean;
  /** fleet: the breaker's state. */
  breaker: BreakerState;
  /** fleet: held off until then (clock's milliseconds; 0 when not), and why. */
  heldUntil: number;
  heldBecause: HoldReason | undefined;
  /** fleet: from when on one call may try it, while it is held for throttling and nobody else can serve (clock's milliseconds). */
  triableAt: number;
  /** fleet: attempts without an outcome. */
  inFlight: number;
  /**
   * fleet: how many calls it bears at once, of the kinds that it has in the proportions that it has them: the learned limit
   * of the class of methods that it answers most often, and as much of the other classes as there is beside it; its
   * declared concurrency when nearly all of that is in use. +Infinity while its latency has not grown with its calls, so
   * that nothing is known. At that many calls an answer takes some 1.5 to 2.5 times the usual: divided by that latency it is
   * the calls a second that the upstream does, divided by a lower one it is too many.
   */
  bearable: number;
  /** fleet: peak-sensitive moving average of the time to an answer, in milliseconds. */
  latencyMs: number;
}

/** One endpoint that can serve one network. */
export interface Upstream {
  readonly id: string;
  readonly network: string;
  /** Another object when something new was observed: then observers are told that it is relabelled. */
  readonly coordinates: Coordinates;
  readonly failureDomains: readonly string[];
  /** 0 is preferred; higher tiers serve when no lower one can. */
  readonly tier: number;
  /** The operator says that it serves old state too, and nothing showed that it does not. */
  readonly archive: boolean;
  /** The operator says that it serves traces, and nothing showed that it does not. */
  readonly traces: boolean;
  readonly status: UpstreamStatus;
  readonly waiting: Waiting;
  /** Has it room for one more call now (concurrency, rate)? Read-only. */
  hasRoom(call: Call): boolean;
  /** Is the method held off here, after the upstream said that it does not have it? */
  lacks(method: string): boolean;
  /** Its own chain: bulkhead > breaker > attempt timeout > transport > classify. Writes `attempt.outcome` and `endedAt`. */
  send(call: Call, context: CallContext, attempt: Attempt): Promise<Outcome>;
  /** Asks past breaker, limits and hold-off: for health checks, which must reach an upstream that traffic avoids. */
  probe(call: Call, timeoutMs: number): Promise<Outcome>;
  /** Opens an event stream there, past everything, like a probe. */
  subscribe(request: WireRequest, reader: EventReader): Subscription;
}

/** A status before anything is known. */
export function unknownStatus(): UpstreamStatus {
  return {
    verdict: "healthy",
    because: "not probed yet",
    confirmed: false,
    head: -1,
    finalized: -1,
    earliest: -1,
    headAt: 0,
    version: undefined,
    client: undefined,
    sight: undefined,
    weight: 1,
    probeMs: Number.NaN,
    heardAt: Number.NEGATIVE_INFINITY,
    goodAt: Number.NEGATIVE_INFINITY,
    condemned: undefined,
    drained: undefined,
    forced: false,
    allowance: 1,
    watched: false,
    unfit: undefined,
    disproved: undefined,
    trusted: 1,
    forgetful: false,
    traceless: false,
    breaker: "closed",
    heldUntil: 0,
    heldBecause: undefined,
    triableAt: Number.POSITIVE_INFINITY,
    inFlight: 0,
    bearable: Number.POSITIVE_INFINITY,
    latencyMs: Number.NaN,
  };
}
