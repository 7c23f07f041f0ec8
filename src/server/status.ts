import { type Concentration, concentrationOf } from "../concentration/concentration.ts";
import type { Upstream } from "../core/upstream.ts";
import { timestamp } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";
import { turn } from "../lib/turn.ts";
import { durationBoundsMs } from "../observe/metrics.ts";
import { eligibleCount, lagOf, unreadyBecause } from "../observe/network-state.ts";
import type { ClassRecord } from "../observe/record.ts";
import { failoverStatus, recentDecisions } from "./failover-status.ts";
import { readinessOf } from "./health.ts";
import { hostingStatus } from "./hosting-status.ts";
import { peersStatus } from "./peers-status.ts";
import type { NetworkRuntime, Runtime, SimulatedFault } from "./runtime.ts";
import { summaryOf } from "./summary.ts";
import { validatorsStatus } from "./validators.ts";

/**
 * The answer to `GET /api/status`: how everything is now. What is not known is `null`. Upstreams go by their ids: no URL
 * is in it, and what upstreams say of themselves is redacted. Traffic gets its turn between two networks.
 */
export async function statusOf(runtime: Runtime) {
  const { clock, networks, simulator } = runtime;
  const now = clock.now();
  const concentration = concentrationIn(runtime, networks, now);
  const readiness = readinessOf(runtime);
  const failover = failoverStatus(runtime);
  const shown: ReturnType<typeof networkStatus>[] = [];
  for (const network of networks) {
    shown.push(networkStatus(runtime, network, now));
    await turn();
  }
  return {
    version: runtime.version,
    startedAt: timestamp(runtime.startedAt),
    uptimeSeconds: Math.floor((clock.epoch() - runtime.startedAt) / 1_000),
    simulated: simulator !== undefined,
    ...readiness,
    verification: runtime.verification?.mode ?? null,
    state: { store: runtime.state.store, trouble: troubleOf(runtime) },
    summary: summaryOf(networks, readiness, concentration, failover),
    durationBoundsMs,
    networks: shown,
    failover: { ...failover, decisions: recentDecisions(runtime) },
    changes: runtime.changes
      .list()
      .map((change) => ({ ...change, at: timestamp(change.at), because: runtime.redact(change.because) })),
    faults: simulator?.list().map((fault) => faultStatus(fault, now)),
  };
}

function troubleOf({ state, redact }: Runtime): string | null {
  return state.trouble === undefined ? null : redact(state.trouble);
}

/** Parts of a fault that are durations: given as `30s`, known as milliseconds. */
const durations: ReadonlySet<string> = new Set(["for", "latency", "retryAfter"]);

/** A fault of the simulator as it is shown, in the words in which it may be given. */
export function faultStatus({ id, spec, affected, until }: SimulatedFault, now: number) {
  const given = Object.entries(spec).map(([name, value]) => [
    name,
    durations.has(name) && typeof value === "number" ? formatDuration(value) : value,
  ]);
  const endsInMs = until === undefined ? null : Math.max(0, Math.round(until - now));
  return { id, ...Object.fromEntries(given), affected, endsInMs };
}

function networkStatus(runtime: Runtime, network: NetworkRuntime, now: number) {
  const { view, upstreams } = network;
  const served = upstreams.reduce((sum, upstream) => sum + servedBy(runtime, upstream, now), 0);
  return {
    network: view.network,
    protocol: network.protocol,
    isDefault: network.isDefault,
    chain: view.chain ?? null,
    unreadyBecause: unreadyBecause(network) ?? null,
    eligible: eligibleCount(network),
    head: { latest: known(view.head.latest), safe: known(view.head.safe), finalized: known(view.head.finalized) },
    calls: callTotals(runtime.recorder.classes(view.network)),
    upstreams: upstreams.map((upstream) => upstreamStatus(runtime, network, upstream, now, served)),
    concentration: concentrationIn(runtime, [network], now, network.stake).map(concentrationStatus),
    hosting: hostingStatus(runtime, view.network),
    peers: peersStatus(runtime, view),
    validators: validatorsStatus(network, runtime),
  };
}

/** Calls since the start; `durations` has one count per bound of `durationBoundsMs`, and one for what took longer. */
function callTotals(classes: Iterable<ClassRecord>) {
  const durations = new Array<number>(durationBoundsMs.length + 1).fill(0);
  let total = 0;
  let unserved = 0;
  for (const record of classes) {
    total += record.outcomes.reduce((sum, count) => sum + count, 0);
    unserved += record.unserved;
    for (const [bucket, count] of record.durations.counts.entries())
      durations[bucket] = (durations[bucket] ?? 0) + count;
  }
  return { total, unserved, durations };
}

function upstreamStatus(runtime: Runtime, network: NetworkRuntime, upstream: Upstream, now: number, all: number) {
  const { status } = upstream;
  const { provider, kind, region, asn, jurisdiction, operator, client, edge, sources } = upstream.coordinates;
  const served = servedBy(runtime, upstream, now);
  return {
    id: upstream.id,
    provider,
    kind,
    region: region ?? null,
    asn: asn ?? null,
    jurisdiction: jurisdiction ?? null,
    operator: operator ?? null,
    client: client ?? null,
    edge: edge ?? null,
    sources: sources ?? {},
    tier: upstream.tier,
    archive: upstream.archive,
    traces: upstream.traces,
    version: status.version === undefined ? null : runtime.redact(status.version),
    eligible: network.eligible(upstream),
    verdict: status.verdict,
    because: runtime.redact(status.because),
    breaker: status.breaker,
    held: status.heldUntil > now ? { because: status.heldBecause, forMs: Math.round(status.heldUntil - now) } : null,
    head: known(status.head),
    finalized: known(status.finalized),
    lag: lagOf(network, upstream) ?? null,
    latencyMs: Number.isNaN(status.latencyMs) ? null : Math.round(status.latencyMs * 10) / 10,
    inFlight: status.inFlight,
    answers: runtime.recorder.upstream(upstream).answers,
    served,
    share: all > 0 ? served / all : 0,
  };
}

function concentrationStatus({ dimension, basis, known, shares, indices }: Concentration) {
  return { dimension, basis, known, shares, indices: indices ?? null };
}

/** How concentrated the upstreams of some networks are, taken together; stake is of one network only. */
function concentrationIn(
  runtime: Runtime,
  networks: readonly NetworkRuntime[],
  now: number,
  stake?: NetworkRuntime["stake"],
): Concentration[] {
  const capacities = new Map(
    networks.flatMap(({ upstreams, survival }) =>
      upstreams.map((upstream) => [upstream, survival.capacity(upstream)?.perSecond] as const),
    ),
  );
  return concentrationOf([...capacities.keys()], {
    served: (upstream) => servedBy(runtime, upstream, now),
    capacity: (upstream) => capacities.get(upstream),
    stake,
  });
}

/** Answers of the last hour. */
function servedBy({ recorder }: Runtime, upstream: Upstream, now: number): number {
  return recorder.upstream(upstream).served.total(now);
}

/** Heights are -1 while unknown. */
function known(height: number): number | null {
  return height >= 0 ? height : null;
}
