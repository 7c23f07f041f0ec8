import type { Config, NetworkConfig, UpstreamConfig } from "./config/schema.ts";
import { declaredCapacity } from "./core/capacity.ts";
import { type Observer, observers } from "./core/observer.ts";
import type { Inbound, NetworkView, Protocol, Reply } from "./core/protocol.ts";
import type { Transport } from "./core/transport.ts";
import { type Upstream, unknownStatus } from "./core/upstream.ts";
import { createFailover, type Failover } from "./failover/failover.ts";
import { createBreaker, createRotation, type Rotation } from "./fleet/breaker.ts";
import { resolveCoordinates } from "./fleet/coordinates.ts";
import { createHoldOff } from "./fleet/hold-off.ts";
import { createLimits } from "./fleet/limits.ts";
import { Pressure } from "./fleet/pressure.ts";
import { sentSecrets } from "./fleet/providers/keys.ts";
import { createUpstream } from "./fleet/upstream.ts";
import { Control } from "./health/control.ts";
import { createMonitor, type Monitor } from "./health/monitor.ts";
import { Pace } from "./health/pace.ts";
import { Pulse } from "./health/pulse.ts";
import type { Cancellation } from "./lib/cancellation.ts";
import type { Clock } from "./lib/clock.ts";
import type { Random } from "./lib/random.ts";
import { createPolicies } from "./policies/index.ts";
import { Admission } from "./policies/shed.ts";
import { createProtocol } from "./protocols/index.ts";
import { createProxy } from "./proxy.ts";
import { mayServe } from "./routing/eligibility.ts";
import { createSelector } from "./routing/selector.ts";

/** What the world outside lends: time, chance, ways to reach upstreams, and who wants to hear of what happens. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: (upstream: UpstreamConfig, network: NetworkConfig) => Transport;
  readonly observers: readonly Observer[];
}

/** One network, ready to serve. */
export interface Network {
  readonly name: string;
  readonly config: NetworkConfig;
  readonly upstreams: readonly Upstream[];
  readonly view: NetworkView;
  readonly monitor: Monitor;
  /** Would traffic be given to this upstream now? */
  eligible(upstream: Upstream): boolean;
  handle(inbound: Inbound, cancellation: Cancellation): Promise<Reply>;
}

/** All networks of a configuration. */
export interface Assembly {
  readonly networks: ReadonlyMap<string, Network>;
  /** The network of a name; the default one when undefined. */
  network(name: string | undefined): Network | undefined;
  /** What could not be found out about upstreams, as sentences for the log. */
  readonly notes: readonly string[];
  readonly failover: Failover;
  /** Begins to probe. */
  start(): void;
  stop(): Promise<void>;
}

/** How often the windows of breakers move on, in milliseconds. */
const bucketMs = 1_000;
/** How many calls of one batch are under way at once. */
const batchConcurrency = 32;

/** Puts a configuration together. The only file that knows all parts. */
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
  const common: Common = {
    world,
    rotation,
    admission,
    pulse,
    pace,
    control,
    impaired,
    notes,
    closers,
    failover: hears,
  };
  const networks = new Map(
    config.networks.map((network) => [network.name, assembleNetwork(network, config, common)] as const),
  );
  failover = assembleFailover(config, [...networks.values()], world);
  const first = config.networks.find((network) => network.default) ?? config.networks[0];
  return {
    networks,
    network: (name) => networks.get(name ?? first?.name ?? ""),
    notes,
    failover,
    start() {
      for (const { monitor } of networks.values()) monitor.start();
    },
    async stop() {
      failover.stop();
      for (const { monitor } of networks.values()) monitor.stop();
      rotation.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
}

/** What the networks of one process share. */
interface Common {
  readonly world: World;
  readonly rotation: Rotation;
  readonly admission: Admission;
  readonly pulse: Pulse;
  readonly pace: Pace;
  readonly control: Control | undefined;
  readonly impaired: () => boolean;
  readonly failover: Observer;
  readonly notes: string[];
  readonly closers: (() => Promise<void>)[];
}

function assembleFailover(config: Config, networks: readonly Network[], { clock, random, observers: told }: World) {
  const monitors = new Map(
    networks.flatMap(({ upstreams, monitor }) => upstreams.map((one) => [one, monitor] as const)),
  );
  const declared = new Map(networks.flatMap(({ upstreams, config }) => [...declaredIn(config, upstreams)]));
  return createFailover({
    upstreams: [...monitors.keys()],
    watcherOf: (upstream) => monitors.get(upstream) as Monitor,
    declared: (upstream) => declared.get(upstream),
    options: config.failover,
    clock,
    random,
    decided: observers(told).decided,
  });
}

/** What a configuration says that its upstreams bear, in calls a second. */
function declaredIn({ upstreams: configs }: NetworkConfig, upstreams: readonly Upstream[]) {
  return new Map(upstreams.map((one, index) => [one, declaredCapacity(configs[index] as UpstreamConfig)]));
}

function assembleNetwork(network: NetworkConfig, config: Config, common: Common): Network {
  const { clock, random } = common.world;
  const protocol = createProtocol(network.protocol, { ...config.limits, ...network.methods });
  // Upstreams and health tell of changes to observers that are built from them.
  const telling: Required<Pick<Observer, "changed" | "relabelled" | "halted">> = {
    changed: (upstream, change) => observer.changed(upstream, change),
    relabelled: (upstream) => observer.relabelled(upstream),
    halted: (network, halt) => observer.halted(network, halt),
  };
  const upstreams = network.upstreams.map((upstream) =>
    assembleUpstream(upstream, network, config, protocol, telling, common),
  );
  const declared = declaredIn(network, upstreams);
  const monitor = createMonitor({
    network: network.name,
    chain: network.chain === undefined ? undefined : String(network.chain),
    genesis: network.genesis,
    blockTimeMs: network.blockTime,
    upstreams,
    protocol,
    clock,
    random,
    observer: telling,
    options: network.health,
    pulse: common.pulse,
    pace: common.pace,
    control: common.control,
    strained: () => pressure.isStrained(),
  });
  const pressure = new Pressure({
    upstreams,
    clock,
    serves: mayServe,
    declared: (upstream) => declared.get(upstream),
    rateOf: (upstream) => monitor.vitals(upstream).rate,
  });
  const selector = createSelector({ network: network.name, upstreams, clock, random, options: network.routing });
  // Failover comes last: what it does upon a change is heard of after the change.
  const observer = observers([monitor, selector, ...common.world.observers, common.failover]);
  const policies = createPolicies(network.policies, {
    clock,
    random,
    latency: (className, quantile) => monitor.latency(className, quantile),
    pressure: () => pressure.learned(),
    strained: () => pressure.isStrained(),
    impaired: common.impaired,
    admission: common.admission,
    confirmation: protocol.confirmation?.bind(protocol),
    pinned: protocol.pinned?.bind(protocol),
  });
  const proxy = createProxy({
    protocol,
    view: monitor.view,
    policies,
    selector,
    observer,
    clock,
    deadlineMs: network.policies.deadline,
    batchConcurrency,
    batchBytes: config.limits.responseBytes,
  });
  return {
    name: network.name,
    config: network,
    upstreams,
    view: monitor.view,
    monitor,
    eligible: (upstream) => mayServe(upstream, clock.now()),
    handle: proxy.handle,
  };
}

function assembleUpstream(
  upstream: UpstreamConfig,
  network: NetworkConfig,
  config: Config,
  protocol: Protocol,
  telling: Required<Pick<Observer, "changed">>,
  { world, rotation, pulse, control, notes, closers }: Common,
): Upstream {
  const { clock, random } = world;
  const { coordinates, unknown, notes: guesses } = resolveCoordinates(upstream, upstream.url);
  for (const guess of guesses) notes.push(`upstream ${upstream.id}: ${guess}`);
  if (unknown.length > 0 && !upstream.simulated)
    notes.push(`upstream ${upstream.id}: not known: ${unknown.join(", ")}`);
  const status = unknownStatus();
  const transport = world.transport(upstream, network);
  const breaker =
    network.breaker &&
    createBreaker(network.breaker, { clock, random, rotation }, (from, to, because) => {
      status.breaker = to;
      telling.changed(built, { what: "breaker", from, to, because });
    });
  const holdOff = createHoldOff(status, { clock, random }, (from, to, because) =>
    telling.changed(built, { what: "hold", from, to, because }),
  );
  const built: Upstream = createUpstream({
    id: upstream.id,
    network: network.name,
    coordinates,
    tier: upstream.tier,
    archive: upstream.archive,
    status,
    transport,
    classify: protocol.classify,
    limits: createLimits(upstream.limits, clock, { stalled: () => pulse.isStalled() }),
    breaker: breaker || undefined,
    othersAnswer: (since) => control?.answers(built, since) ?? true,
    holdOff,
    clock,
    secrets: sentSecrets(upstream.url, upstream.headers),
    streamAbove: config.limits.streamAbove,
    responseBytes: config.limits.responseBytes,
  });
  closers.push(async () => {
    if (breaker) breaker.close();
    await transport.close();
  });
  return built;
}
