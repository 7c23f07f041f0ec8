import { allDimensions, type Concentration, concentrationOf } from "../concentration/concentration.ts";
import type { Moved } from "../concentration/drift.ts";
import type { Observation } from "../concentration/hosting/observation.ts";
import type { NetworkSeen } from "../concentration/peers/seen.ts";
import { allNetworks } from "../concentration/schema.ts";
import type { ValidatorSnapshot } from "../core/duty-status.ts";
import type { FailoverControl } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import type { VerificationControl } from "../core/verification.ts";
import { turn } from "../lib/turn.ts";
import type { Distribution } from "./durations.ts";
import type { DutyRecorder } from "./duty-record.ts";
import type { NetworkState } from "./network-state.ts";
import type { Recorder } from "./record.ts";
import { type NetworkSurvivability, survivabilityOf } from "./survival.ts";

/** With more networks than this, concentration is told in three dimensions only: each further one adds many series. */
const mostInFull = 16;

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
