import type { Concentration } from "../concentration/concentration.ts";
import type { Indices } from "../concentration/indices.ts";
import type { BreakerState, Upstream, Verdict } from "../core/upstream.ts";
import { dutyReaders } from "./duty-readers.ts";
import { failoverReaders } from "./failover-readers.ts";
import { hostingReaders } from "./hosting-readers.ts";
import { partsOf } from "./levels.ts";
import type { MetricName } from "./metrics.ts";
import { eligibleCount, lagOf, type NetworkState, unreadyBecause } from "./network-state.ts";
import { outcomeNames, reasons } from "./outcomes.ts";
import { peersReaders } from "./peers-readers.ts";
import type { ClassRecord, UpstreamRecord } from "./record.ts";
import type { Emit, Reader, Scrape } from "./scrape.ts";
import { survivalReaders } from "./survival-readers.ts";
import { verificationReaders } from "./verification-readers.ts";

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
