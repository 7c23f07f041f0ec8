import { type Common, declaredIn, unheard, type World } from "./assemble/common.ts";
import { assembleNetwork, type Network } from "./assemble/network.ts";
import type { Config } from "./config/schema.ts";
import { type Observer, observers } from "./core/observer.ts";
import { createFailover, type Failover } from "./failover/failover.ts";
import { createRotation } from "./fleet/breaker.ts";
import { Control } from "./health/control.ts";
import type { Monitor } from "./health/monitor.ts";
import { Pace } from "./health/pace.ts";
import { Pulse } from "./health/pulse.ts";
import { Detached } from "./policies/detached.ts";
import { Admission } from "./policies/shed.ts";
import { createMemoryStore } from "./state/memory.ts";
import { createVerification, type Verification } from "./verification/verification.ts";

export type { Network, World };

/** All networks of a configuration. */
export interface Assembly {
  readonly networks: ReadonlyMap<string, Network>;
  /** The network of a name; the default one when undefined. */
  network(name: string | undefined): Network | undefined;
  /** The network that `/eth/v1/...` is for, where there is one with beacon nodes. */
  readonly beacon: Network | undefined;
  /** What could not be found out about upstreams, as sentences for the log. */
  readonly notes: readonly string[];
  readonly failover: Failover;
  /** Who checks what upstreams answer; absent where nobody does. */
  readonly verification: Verification | undefined;
  /** Begins to probe. */
  start(): void;
  stop(): Promise<void>;
}

/** How often the windows of breakers move on, in milliseconds. */
const bucketMs = 1_000;
/** How long what is published for validators may go on when the process ends, in milliseconds: a slot of Ethereum's. */
const publishGraceMs = 12_000;

/** Puts a configuration together. With the files of its room it alone knows all parts. */
export function assemble(config: Config, world: World): Assembly {
  const rotation = createRotation(world.clock, bucketMs);
  const admission = new Admission(config.limits.concurrentCalls);
  const pulse = new Pulse(world.clock);
  const pace = new Pace();
  const notes: string[] = [];
  const closers: (() => Promise<void>)[] = [];
  // Failover is over all networks, and built from them; it hears of them from then on.
  let failover: Failover | undefined;
  const hears: Observer = {
    attempted: (call, attempt) => failover?.attempted(call, attempt),
    changed: (upstream, change) => failover?.changed(upstream, change),
    relabelled: () => failover?.relabelled(),
    halted: (network, halt) => failover?.halted(network, halt),
  };
  const control = config.failover.mode === "off" ? undefined : new Control();
  const impaired = () => failover?.impaired() !== undefined;
  const panics = (name: string) => failover?.panics().some(({ network }) => network === name) ?? false;
  const store = world.store ?? createMemoryStore(world.clock);
  const { clock, random, crashed = unheard } = world;
  const verification =
    config.verification.mode === "off"
      ? undefined
      : createVerification({ options: config.verification, store, clock, random, crashed });
  const common: Common = {
    world,
    rotation,
    admission,
    pulse,
    pace,
    control,
    impaired,
    panics,
    detached: new Detached(world.clock),
    store,
    notes,
    closers,
    failover: hears,
    verification,
    beacons: new Map(),
  };
  const networks = new Map(
    config.networks.map((network) => [network.name, assembleNetwork(network, config, common)] as const),
  );
  failover = assembleFailover(config, [...networks.values()], world);
  const first = config.networks.find((network) => network.default) ?? config.networks[0];
  return {
    networks,
    network: (name) => networks.get(name ?? first?.name ?? ""),
    beacon: networks.get(
      config.networks.find((network) => network.default && network.protocol === "beacon")?.name ?? "",
    ),
    notes,
    failover,
    verification,
    start() {
      for (const { monitor, validator } of networks.values()) {
        monitor.start();
        validator?.start();
      }
      verification?.start();
    },
    async stop() {
      for (const network of networks.values()) network.endStreams();
      // What is published goes on when its client has gone, and so it does when we go.
      await common.detached.idle(publishGraceMs);
      verification?.stop();
      failover.stop();
      for (const { monitor } of networks.values()) monitor.stop();
      await Promise.all([...networks.values()].map(({ validator }) => validator?.stop()));
      await common.store.close();
      rotation.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
}

function assembleFailover(config: Config, networks: readonly Network[], { clock, random, observers: told }: World) {
  const monitors = new Map(
    networks.flatMap(({ upstreams, monitor }) => upstreams.map((one) => [one, monitor] as const)),
  );
  const declared = new Map(networks.flatMap(({ upstreams, config }) => [...declaredIn(config, upstreams)]));
  const pressures = new Map(networks.map(({ name, pressure }) => [name, pressure]));
  return createFailover({
    upstreams: [...monitors.keys()],
    strained: (network) => pressures.get(network)?.isStrained() ?? false,
    watcherOf: (upstream) => monitors.get(upstream) as Monitor,
    declared: (upstream) => declared.get(upstream),
    options: config.failover,
    clock,
    random,
    decided: observers(told).decided,
  });
}
