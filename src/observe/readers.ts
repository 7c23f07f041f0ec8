import { allDimensions, type Concentration, concentrationOf } from "../concentration/concentration.ts";
import type { Moved } from "../concentration/drift.ts";
import type { Observation } from "../concentration/hosting/observation.ts";
import type { Indices } from "../concentration/indices.ts";
import type { NetworkSeen } from "../concentration/peers/seen.ts";
import { allNetworks } from "../concentration/schema.ts";
import type { ValidatorSnapshot } from "../core/duty-status.ts";
import type { FailoverControl } from "../core/failover.ts";
import type { BreakerState, Upstream, Verdict } from "../core/upstream.ts";
import type { VerificationControl } from "../core/verification.ts";
import { turn } from "../lib/turn.ts";
import type { Distribution } from "./durations.ts";
import { dutyReaders } from "./duty-readers.ts";
import type { DutyRecorder } from "./duty-record.ts";
import { failoverReaders } from "./failover-readers.ts";
import { hostingReaders } from "./hosting-readers.ts";
import { partsOf } from "./levels.ts";
import type { MetricName } from "./metrics.ts";
import { eligibleCount, lagOf, type NetworkState, unreadyBecause } from "./network-state.ts";
import { outcomeNames, reasons } from "./outcomes.ts";
import { peersReaders } from "./peers-readers.ts";
import type { ClassRecord, Recorder, UpstreamRecord } from "./record.ts";
import { type NetworkSurvivability, survivabilityOf } from "./survival.ts";
import { survivalReaders } from "./survival-readers.ts";
import { verificationReaders } from "./verification-readers.ts";

/** Where what must outlive the process is kept, and why that does not work now; `undefined` while it does. */
export interface StateStatus {
  readonly store: "memory" | "file" | "redis";
  readonly trouble: string | undefined;
}

/** Where metrics are read from. */
export interface MetricSources {
  readonly recorder: Recorder;
  readonly networks: readonly NetworkState[];
  readonly duties: DutyRecorder;
  readonly failover: FailoverControl;
  readonly state: StateStatus;
  /** Absent where answers are not checked. */
  readonly verification?: VerificationControl | undefined;
  /** How concentration moved in a week; absent where nobody follows it. */
  readonly drift?: (() => readonly Moved[]) | undefined;
  /** Where upstreams were seen to be hosted; absent where nobody looks. */
  readonly hosting?: (() => readonly Observation[]) | undefined;
  /** The networks as the peers of one's own nodes show them; absent where nobody looks. */
  readonly peers?: (() => readonly NetworkSeen[]) | undefined;
  readonly simulated: boolean;
  readonly version: string;
  /** Log lines thrown away so far. */
  droppedLogLines(): number;
}

/** Everything as it is at the moment of one scrape. */
export interface Scrape extends MetricSources {
  /** The clock's milliseconds. */
  readonly now: number;
  /** Of each network, and of all together as {@link allNetworks} where there are several. */
  readonly concentrations: readonly NetworkConcentration[];
  /** Of each network in `networks`, in the same order. */
  readonly survivabilities: readonly NetworkSurvivability[];
  /** `undefined` where there are no validators. */
  readonly snapshots: readonly (ValidatorSnapshot | undefined)[];
}

interface NetworkConcentration {
  readonly network: string;
  readonly groups: readonly Concentration[];
}

/** Hands over one series: its value, and the values of the metric's labels in their order. */
export type Emit = (value: number | Distribution, ...labels: readonly string[]) => void;

/** Reads one metric: hands over each of its series. */
export type Reader = (scrape: Scrape, emit: Emit) => void;

/** Reads what is costly to compute once for all metrics. Traffic gets its turn between two networks. */
export async function scrapeOf(sources: MetricSources, now: number): Promise<Scrape> {
  const { recorder, networks } = sources;
  const seen = new Map((sources.peers?.() ?? []).map(({ network, groups }) => [network, groups]));
  const served = (upstream: Upstream) => recorder.upstream(upstream).served.total(now);
  const dimensions = networks.length <= mostInFull ? allDimensions : undefined;
  const capacities = new Map<Upstream, number | undefined>();
  // Stake is of one network: what it is counted in may differ from that of another.
  const concentrationIn = (
    network: string,
    upstreams: readonly Upstream[],
    stake?: NetworkState["stake"],
  ): NetworkConcentration => {
    const capacity = (upstream: Upstream) => capacities.get(upstream);
    return { network, groups: concentrationOf(upstreams, { served, capacity, stake }, dimensions) };
  };
  const concentrations: NetworkConcentration[] = [];
  const survivabilities: NetworkSurvivability[] = [];
  for (const network of networks) {
    const { upstreams, survival, stake, view } = network;
    for (const upstream of upstreams) capacities.set(upstream, survival.capacity(upstream)?.perSecond);
    const own = concentrationIn(view.network, upstreams, stake);
    concentrations.push({ ...own, groups: [...own.groups, ...(seen.get(view.network) ?? [])] });
    await turn();
    survivabilities.push(survivabilityOf(network));
    await turn();
  }
  if (networks.length > 1) concentrations.push(concentrationIn(allNetworks, [...capacities.keys()]));
  const snapshots = networks.map(({ validators }) => validators?.());
  return { ...sources, now, concentrations, survivabilities, snapshots };
}

/** With more networks than this, concentration is told in three dimensions only: each further one adds many series. */
const mostInFull = 16;
/** The largest entities of a dimension have series of their own, the rest has one together. */
const mostEntities = 20;

const verdicts: readonly Verdict[] = ["healthy", "suspect", "ejected", "ramping", "drained", "quarantined"];
const breakerStates: readonly BreakerState[] = ["closed", "half_open", "open"];
const changes = ["verdict", "breaker", "hold"] as const;

const overloaded = outcomeNames.indexOf("overloaded");

/** How each metric of the table is read. Series of the same metric never share their label values. */
export const readers: Readonly<Record<MetricName, Reader>> = {
  breakwater_calls_total: perClass((record, emit, network) => {
    record.outcomes.forEach((count, slot) => {
      if (count > 0 || slot === 0) emit(count, network, record.name, outcomeNames[slot] as string);
    });
  }),
  breakwater_calls_unserved_total: perClass((record, emit, network) => emit(record.unserved, network, record.name)),
  breakwater_call_duration_seconds: perClass((record, emit, network) => emit(record.durations, network, record.name)),
  breakwater_calls_coalesced_total: perClass((record, emit, network) => emit(record.coalesced, network, record.name)),
  breakwater_calls_shed_total: perNetwork(({ view }, emit, { recorder }) => {
    const shed = new Map<number, number>();
    for (const { priority, outcomes } of recorder.classes(view.network)) {
      shed.set(priority, (shed.get(priority) ?? 0) + (outcomes[overloaded] as number));
    }
    for (const [priority, count] of shed) emit(count, view.network, `${priority}`);
  }),
  breakwater_retries_total: perClass((record, emit, network) => emit(record.retries, network, record.name)),
  breakwater_hedges_total: perClass((record, emit, network) => emit(record.hedges, network, record.name)),
  breakwater_hedge_wins_total: perClass((record, emit, network) => emit(record.hedgeWins, network, record.name)),
  breakwater_attempts_total: perUpstream(
    ({ id, network, coordinates: { provider, region = "" } }, emit, { record }) => {
      record.attempts.forEach((count, index) => {
        if (count === 0 && index !== 0) return;
        const outcome = outcomeNames[index % outcomeNames.length] as string;
        const reason = reasons[Math.floor(index / outcomeNames.length)] as string;
        emit(count, network, id, provider, region, outcome, reason);
      });
    },
  ),
  breakwater_attempt_duration_seconds: perUpstream(({ id, network }, emit, { record }) =>
    emit(record.durations, network, id),
  ),
  breakwater_in_flight: perUpstream(({ id, network, status }, emit) => emit(status.inFlight, network, id)),
  breakwater_upstream_info: perUpstream(({ id, network, coordinates }, emit) => {
    const { provider, kind, region, asn, jurisdiction, operator, client, edge } = coordinates;
    const rest = [region, asn, jurisdiction, operator, client, edge].map((value) => `${value ?? ""}`);
    emit(1, network, id, provider, kind, ...rest);
  }),
  breakwater_upstream_verdict: perUpstream(({ id, network, status }, emit) => {
    for (const verdict of verdicts) emit(status.verdict === verdict ? 1 : 0, network, id, verdict);
  }),
  breakwater_upstream_breaker_state: perUpstream(({ id, network, status }, emit) => {
    for (const state of breakerStates) emit(status.breaker === state ? 1 : 0, network, id, state);
  }),
  breakwater_upstream_held: perUpstream(({ id, network, status }, emit, { now }) => {
    if (status.heldUntil > now && status.heldBecause) emit(1, network, id, status.heldBecause);
  }),
  breakwater_upstream_changes_total: perUpstream(({ id, network }, emit, { record }) => {
    for (const what of changes) emit(record.changes[what], network, id, what);
  }),
  breakwater_upstream_head_block: perUpstream(({ id, network, status }, emit) => {
    if (status.head >= 0) emit(status.head, network, id);
  }),
  breakwater_upstream_finalized_block: perUpstream(({ id, network, status }, emit) => {
    if (status.finalized >= 0) emit(status.finalized, network, id);
  }),
  breakwater_upstream_lag_blocks: perUpstream((upstream, emit, { home }) => {
    const lag = lagOf(home, upstream);
    if (lag !== undefined) emit(lag, upstream.network, upstream.id);
  }),
  breakwater_served_head_block: perNetwork(({ view: { network, head } }, emit) => {
    for (const tag of ["latest", "safe", "finalized"] as const) if (head[tag] >= 0) emit(head[tag], network, tag);
  }),
  breakwater_eligible_upstreams: perNetwork((network, emit) => emit(eligibleCount(network), network.view.network)),
  breakwater_network_ready: perNetwork((network, emit) =>
    emit(unreadyBecause(network) === undefined ? 1 : 0, network.view.network),
  ),
  breakwater_concentration_share_ratio: perGroup(({ dimension, basis, shares }, emit, network) => {
    for (const { entity, share } of shares.slice(0, mostEntities)) emit(share, network, dimension, entity, basis);
    const others = shares.slice(mostEntities).reduce((sum, { share }) => sum + share, 0);
    if (shares.length > mostEntities) emit(others, network, dimension, "other", basis);
  }),
  breakwater_concentration_known_ratio: perGroup(({ dimension, basis, known }, emit, network) =>
    emit(known, network, dimension, basis),
  ),
  breakwater_concentration_hhi: perIndices(({ hhi }, emit, ...group) => emit(hhi, ...group)),
  breakwater_concentration_hhi_normalized_ratio: perIndices(({ normalizedHhi }, emit, ...group) =>
    emit(normalizedHhi, ...group),
  ),
  breakwater_concentration_effective_entities: perIndices(({ effective, effectiveByEntropy }, emit, ...group) => {
    emit(effective, ...group, "2");
    emit(effectiveByEntropy, ...group, "1");
  }),
  breakwater_concentration_hhi_drift: ({ drift }, emit) => {
    for (const moved of drift?.() ?? []) emit(moved.change, ...partsOf(moved));
  },
  breakwater_concentration_gini_ratio: perIndices(({ gini }, emit, ...group) => emit(gini, ...group)),
  breakwater_concentration_nakamoto_coefficient: perIndices(({ nakamoto }, emit, ...group) => {
    emit(nakamoto.third, ...group, "0.33");
    emit(nakamoto.half, ...group, "0.5");
    emit(nakamoto.twoThirds, ...group, "0.66");
  }),
  ...hostingReaders,
  ...peersReaders,
  ...survivalReaders,
  ...failoverReaders,
  ...dutyReaders,
  ...verificationReaders,
  breakwater_state_trouble: ({ state }, emit) => emit(state.trouble === undefined ? 0 : 1, state.store),
  breakwater_client_bytes_total: ({ recorder: { client } }, emit) => {
    emit(client.bytesIn, "in");
    emit(client.bytesOut, "out");
  },
  breakwater_log_lines_dropped_total: ({ droppedLogLines }, emit) => emit(droppedLogLines()),
  breakwater_simulated: ({ simulated }, emit) => emit(simulated ? 1 : 0),
  breakwater_build_info: ({ version }, emit) => emit(1, version, process.versions.node),
};

function perNetwork(read: (network: NetworkState, emit: Emit, scrape: Scrape) => void): Reader {
  return (scrape, emit) => {
    for (const network of scrape.networks) read(network, emit, scrape);
  };
}

function perClass(read: (record: ClassRecord, emit: Emit, network: string) => void): Reader {
  return perNetwork(({ view: { network } }, emit, { recorder }) => {
    for (const record of recorder.classes(network)) read(record, emit, network);
  });
}

/** What is read beside an upstream itself. */
interface Beside {
  readonly record: UpstreamRecord;
  readonly home: NetworkState;
  readonly now: number;
}

function perUpstream(read: (upstream: Upstream, emit: Emit, beside: Beside) => void): Reader {
  return perNetwork((home, emit, { recorder, now }) => {
    for (const upstream of home.upstreams) read(upstream, emit, { record: recorder.upstream(upstream), home, now });
  });
}

function perGroup(read: (group: Concentration, emit: Emit, network: string) => void): Reader {
  return ({ concentrations }, emit) => {
    for (const { network, groups } of concentrations) {
      for (const group of groups) read(group, emit, network);
    }
  };
}

/** Reads indices where there is something to share out; the labels handed on are network, dimension and basis. */
function perIndices(read: (indices: Indices, emit: Emit, ...group: readonly string[]) => void): Reader {
  return perGroup(({ indices, dimension, basis }, emit, network) => {
    if (indices) read(indices, emit, network, dimension, basis);
  });
}
