import { sameSight } from "./concentration/hosting/sight.ts";
import type { Config, NetworkConfig, UpstreamConfig } from "./config/schema.ts";
import { declaredCapacity } from "./core/capacity.ts";
import type { DutyProtocol } from "./core/duty.ts";
import { type Observer, observers } from "./core/observer.ts";
import type { Inbound, NetworkView, PeersQuestion, Protocol, Reply } from "./core/protocol.ts";
import type { StateStore } from "./core/store.ts";
import type { Transport } from "./core/transport.ts";
import { type Sight, type Upstream, unknownStatus } from "./core/upstream.ts";
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
import { Detached } from "./policies/detached.ts";
import { createPolicies } from "./policies/index.ts";
import { Admission } from "./policies/shed.ts";
import { createProtocol } from "./protocols/index.ts";
import { createProxy } from "./proxy.ts";
import { mayServe } from "./routing/eligibility.ts";
import { createSelector } from "./routing/selector.ts";
import { createMemoryStore } from "./state/memory.ts";
import { createStreams } from "./stream.ts";
import { createValidator, type Validator, type ValidatorParts } from "./validator/validator.ts";
import { createVerification, type Verification, type WatchedNetwork } from "./verification/verification.ts";

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

/** One network, ready to serve. */
export interface Network {
  readonly name: string;
  readonly config: NetworkConfig;
  readonly upstreams: readonly Upstream[];
  readonly view: NetworkView;
  readonly monitor: Monitor;
  /** Its protocol has paths of its own, which follow the network's name. */
  readonly paths: boolean;
  readonly pressure: Pressure;
  /** Present where there are validators. */
  readonly validator: Validator | undefined;
  /** How its nodes are asked who their peers are, where they can be. */
  readonly peers: PeersQuestion | undefined;
  /** Ends the event streams of clients, who come back. */
  endStreams(): void;
  /** Takes in what looking at the addresses of an upstream told. */
  sighted(upstream: string, sight: Sight | undefined): void;
  /** Would traffic be given to this upstream now? */
  eligible(upstream: Upstream): boolean;
  handle(inbound: Inbound, cancellation: Cancellation): Promise<Reply>;
}

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
/** How many calls of one batch are under way at once. */
const batchConcurrency = 32;
/** How long what is published for validators may go on when the process ends, in milliseconds: a slot of Ethereum's. */
const publishGraceMs = 12_000;
/** The most event streams of one network, and the bytes that may wait for one client of them. */
const eventStreams = { most: 1_024, queueBytes: 1_048_576 };

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

/** What the networks of one process share. */
interface Common {
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
  readonly notes: string[];
  readonly closers: (() => Promise<void>)[];
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

/** What a configuration says that its upstreams bear, in calls a second. */
function declaredIn({ upstreams: configs }: NetworkConfig, upstreams: readonly Upstream[]) {
  return new Map(upstreams.map((one, index) => [one, declaredCapacity(configs[index] as UpstreamConfig)]));
}

function assembleNetwork(network: NetworkConfig, config: Config, common: Common): Network {
  const { clock, random } = common.world;
  // What the protocol asks of the chain and the fleet is known later.
  let validator: Validator | undefined;
  const protocol = createProtocol(network.protocol, {
    ...config.limits,
    ...network.methods,
    clientOf: (id) => upstreams.find((upstream) => upstream.id === id)?.coordinates.client,
    duties: {
      consensusValueOnly: network.validators.value === "consensus",
      preset: () => validator?.preset(),
      slotsPerEpoch: () => validator?.slotsPerEpoch(),
      headSlot: (root) => validator?.headSlot(root),
    },
  });
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
  const heard: Pick<ValidatorParts, "alarm" | "tell"> = {
    alarm: (alarm) => observer.alarmed(network.name, alarm),
    tell: {
      retold: (upstream, retelling) => observer.retold(upstream, retelling),
      refitted: (upstream, duty, because) => observer.refitted(upstream, duty, because),
    },
  };
  validator = protocol.duties && assembleValidator(network, upstreams, protocol.duties, heard, common);
  const { question } = protocol;
  const paused = () => pressure.isStrained() || common.panics(network.name) || common.impaired();
  const verified: WatchedNetwork | undefined = question && {
    name: network.name,
    upstreams,
    view: monitor.view,
    question: (method, params) => question(network.name, method, params),
    paused,
    rejudge: (upstream) => monitor.rejudge(upstream),
    told: (upstream, audit) => observer.audited(upstream, audit),
  };
  const verifying = verified && common.verification?.watch(verified);
  const watching = [...(validator ? [validator] : []), ...(verifying ? [verifying] : [])];
  // Failover comes last: what it does upon a change is heard of after the change.
  const observer = observers([monitor, selector, ...watching, ...common.world.observers, common.failover]);
  const policies = createPolicies(network.policies, {
    clock,
    random,
    latency: (className, quantile) => monitor.latency(className, quantile),
    pressure: () => pressure.learned(),
    strained: () => pressure.isStrained() || common.panics(network.name),
    impaired: common.impaired,
    admission: common.admission,
    confirmation: protocol.confirmation?.bind(protocol),
    pinned: protocol.pinned?.bind(protocol),
    duties: validator && {
      desk: validator.desk,
      protocol: protocol.duties as DutyProtocol,
      selector,
      detached: common.detached,
      crashed: common.world.crashed ?? unheard,
    },
  });
  const streams = validator && createStreams({ source: validator.events, clock, ...eventStreams });
  const view = validator ? viewWithNode(monitor.view, validator) : monitor.view;
  const proxy = createProxy({
    residency: network.residency,
    ...(streams && { stream: (wish, cancellation) => streams.open(wish, cancellation) }),
    protocol,
    view,
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
    view,
    monitor,
    paths: network.protocol === "beacon",
    pressure,
    validator,
    peers: protocol.peers,
    endStreams: () => streams?.close(),
    sighted(id, sight) {
      const seen = upstreams.find((upstream) => upstream.id === id);
      if (!seen || sameSight(seen.status.sight, sight)) return;
      seen.status.sight = sight;
      observer.relabelled(seen);
    },
    eligible: (upstream) => mayServe(upstream, clock.now()),
    handle: proxy.handle,
  };
}

function assembleValidator(
  network: NetworkConfig,
  upstreams: readonly Upstream[],
  protocol: DutyProtocol,
  heard: Pick<ValidatorParts, "alarm" | "tell">,
  { world, store }: Common,
): Validator {
  const roles = new Map(upstreams.map((one, index) => [one, (network.upstreams[index] as UpstreamConfig).duties]));
  const { clock, random, crashed = unheard } = world;
  return createValidator({
    network: network.name,
    upstreams,
    role: (upstream) => roles.get(upstream) as UpstreamConfig["duties"],
    protocol,
    clock,
    random,
    options: network.validators,
    genesis: network.genesis,
    inService: (upstream) => mayServe(upstream, clock.now()),
    timeoutMs: network.health.timeout,
    store,
    ...heard,
    crashed,
  });
}

/** What a network looks like, with what validators make of its nodes. */
function viewWithNode(view: NetworkView, validator: Validator): NetworkView {
  return {
    network: view.network,
    get chain() {
      return view.chain;
    },
    get head() {
      return view.head;
    },
    get node() {
      return validator.view();
    },
  };
}

/** Where nobody wants to hear of bugs, they end the process. */
function unheard(bug: unknown): never {
  throw bug;
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
    traces: upstream.traces,
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
