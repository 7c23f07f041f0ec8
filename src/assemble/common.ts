import type { NetworkConfig, UpstreamConfig } from "../config/schema.ts";
import { declaredCapacity } from "../core/capacity.ts";
import type { Observer } from "../core/observer.ts";
import type { StateStore } from "../core/store.ts";
import type { Transport } from "../core/transport.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Rotation } from "../fleet/breaker.ts";
import type { Control } from "../health/control.ts";
import type { Pace } from "../health/pace.ts";
import type { Pulse } from "../health/pulse.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Detached } from "../policies/detached.ts";
import type { Admission } from "../policies/shed.ts";
import type { BeaconNodes } from "../verification/light-client/source.ts";
import type { Verification } from "../verification/verification.ts";

/** What the world outside lends: time, chance, ways to reach upstreams, and who wants to hear of what happens. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: (upstream: UpstreamConfig, network: NetworkConfig) => Transport;
  readonly observers: readonly Observer[];
  /** Keeps what must outlive the process; in memory when absent. */
  readonly store?: StateStore;
  /** Hears of a bug that was met while nobody waited for an answer. */
  readonly crashed?: (bug: unknown) => void;
}

/** What the networks of one process share. */
export interface Common {
  readonly world: World;
  readonly rotation: Rotation;
  readonly admission: Admission;
  readonly pulse: Pulse;
  readonly pace: Pace;
  readonly control: Control | undefined;
  readonly impaired: () => boolean;
  readonly panics: (network: string) => boolean;
  readonly detached: Detached;
  readonly store: StateStore;
  readonly failover: Observer;
  readonly verification: Verification | undefined;
  /** Networks of beacon nodes, by name, for light clients. */
  readonly beacons: Map<string, BeaconNodes>;
  readonly notes: string[];
  readonly closers: (() => Promise<void>)[];
}

/** What a configuration says that its upstreams bear, in calls a second. */
export function declaredIn({ upstreams: configs }: NetworkConfig, upstreams: readonly Upstream[]) {
  return new Map(upstreams.map((one, index) => [one, declaredCapacity(configs[index] as UpstreamConfig)]));
}

/** Where nobody wants to hear of bugs, they end the process. */
export function unheard(bug: unknown): never {
  throw bug;
}
