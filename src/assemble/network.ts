import { sameSight } from "../concentration/hosting/sight.ts";
import type { Config, NetworkConfig, UpstreamConfig } from "../config/schema.ts";
import type { DutyProtocol } from "../core/duty.ts";
import { type LightClientNews, type Observer, observers } from "../core/observer.ts";
import type { Inbound, NetworkView, PeersQuestion, Reply } from "../core/protocol.ts";
import { mayReside } from "../core/residency.ts";
import type { Sight, Upstream } from "../core/upstream.ts";
import { Pressure } from "../fleet/pressure.ts";
import { createMonitor, type Monitor } from "../health/monitor.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import { createPolicies } from "../policies/index.ts";
import { createProtocol } from "../protocols/index.ts";
import { createProxy } from "../proxy.ts";
import { mayServe } from "../routing/eligibility.ts";
import { createSelector } from "../routing/selector.ts";
import { createStreams } from "../stream.ts";
import { createValidator, type Validator, type ValidatorParts } from "../validator/validator.ts";
import { LightClient } from "../verification/light-client/client.ts";
import type { WatchedNetwork } from "../verification/verification.ts";
import { type Common, declaredIn, unheard } from "./common.ts";
import { assembleUpstream } from "./upstream.ts";

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

/** How many calls of one batch are under way at once. */
const batchConcurrency = 32;
/** The most event streams of one network, and the bytes that may wait for one client of them. */
const eventStreams = { most: 1_024, queueBytes: 1_048_576 };

/** Puts one network together. */
export function assembleNetwork(network: NetworkConfig, config: Config, common: Common): Network {
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
  if (protocol.duties) {
    const { questions } = protocol.duties;
    const preset = () => validator?.preset();
    common.beacons.set(network.name, { name: network.name, upstreams, questions, genesis: network.genesis, preset });
  }
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
    lightClient:
      common.verification && assembleLightClient(network, common, (news) => observer.enlightened(network.name, news)),
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
    resides: ({ coordinates }) => mayReside(coordinates.jurisdiction, [network.residency]),
    inService: (upstream) => mayServe(upstream, clock.now()),
    timeoutMs: network.health.timeout,
    store,
    ...heard,
    crashed,
  });
}

/** The beacon network may be assembled after the one whose light client asks it. */
function assembleLightClient(
  { name, lightClient }: NetworkConfig,
  { world, store, beacons }: Common,
  told: (news: LightClientNews) => void,
): LightClient | undefined {
  if (!lightClient) return undefined;
  const { network, checkpoint } = lightClient;
  const { clock, random, crashed = unheard } = world;
  const beacon = { name: network, nodes: () => beacons.get(network) };
  return new LightClient({ network: name, checkpoint, beacon, store, clock, random, told, crashed });
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
