import type { Config, NetworkConfig, UpstreamConfig } from "../config/schema.ts";
import type { MethodTraits } from "../core/call.ts";
import { CallContext } from "../core/context.ts";
import { type Observer, observers } from "../core/observer.ts";
import { ruleOf } from "../core/outcome.ts";
import type { Policy, RoutedPolicy } from "../core/policy.ts";
import type { NetworkView, Protocol } from "../core/protocol.ts";
import { isUpstream, type Selector } from "../core/selector.ts";
import type { Transport } from "../core/transport.ts";
import { type Upstream, unknownStatus } from "../core/upstream.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { createLimits } from "../fleet/limits.ts";
import { createUpstream } from "../fleet/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { coalesce } from "../policies/coalesce.ts";
import { deadline } from "../policies/deadline.ts";
import { createProtocol } from "../protocols/index.ts";
import { createProxy, type Proxy as RequestProxy } from "../proxy.ts";
import { createSelector } from "../routing/selector.ts";
import { type PlainBreakers, plainBreakers } from "./plain-breakers.ts";

/** How long one attempt may take: short, which favours these breakers when an upstream falls silent. */
const attemptMs = 2_000;

export interface PlainParts {
  readonly breakers: PlainBreakers;
  readonly config: Config;
  readonly network: NetworkConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: (upstream: UpstreamConfig, network: NetworkConfig) => Transport;
  readonly observer: Observer;
}

/**
 * What Breakwater is compared with: the same proxy, protocol, routing (home first, two choices by load and latency) and
 * coalescing over the same upstreams, with plain breakers in place of health, which take out any share of the fleet at
 * once. An attempt has 2 s; a read that failed is sent once more, to another upstream. It has no probes, no hedges, no
 * hold-off, and knows neither heads nor failure domains.
 */
export function createPlainProxy(parts: PlainParts): RequestProxy {
  const { config, network, clock, random, observer } = parts;
  const protocol = hasty(createProtocol(network.protocol, { ...config.limits, ...network.methods }));
  const upstreams = network.upstreams.map((upstream) => plainUpstream(upstream, protocol, parts));
  const home = network.routing.home ?? config.self.region;
  const options = { ...network.routing, home };
  const ranking = createSelector({ network: network.name, upstreams, clock, random, options });
  const breakers = plainBreakers(parts.breakers, clock, observer, () => ranking.changed());
  const policies: RoutedPolicy[] = [
    { name: "deadline", serves: () => true, policy: deadline(clock) },
    { name: "coalesce", serves: (traits) => traits.coalesce, policy: coalesce() },
    { name: "retry", serves: ({ repeat }) => repeat === "always", policy: onceMore },
  ];
  return createProxy({
    protocol,
    view: blindView(network),
    policies,
    selector: blindToFate(ranking),
    observer: observers([breakers, observer]),
    clock,
    deadlineMs: network.policies.deadline,
    batchConcurrency: 32,
    batchBytes: config.limits.responseBytes,
  });
}

/** A network of which nothing is known. */
function blindView({ name, chain }: NetworkConfig): NetworkView {
  const head = { latest: -1, safe: -1, finalized: -1 };
  return { network: name, chain: chain === undefined ? undefined : String(chain), head };
}

/** The protocol with one timeout for all methods. */
function hasty(protocol: Protocol): Protocol {
  const known = new Map<MethodTraits, MethodTraits>();
  const traitsFor = (traits: MethodTraits): MethodTraits => {
    const own = known.get(traits) ?? { ...traits, timeoutMs: attemptMs };
    known.set(traits, own);
    return own;
  };
  return {
    ...protocol,
    parse(inbound, view) {
      const parsed = protocol.parse(inbound, view);
      if (!("calls" in parsed)) return parsed;
      return { ...parsed, calls: parsed.calls.map((call) => ({ ...call, traits: traitsFor(call.traits) })) };
    },
  };
}

function plainUpstream(upstream: UpstreamConfig, protocol: Protocol, parts: PlainParts): Upstream {
  const { config, network, clock, transport } = parts;
  return createUpstream({
    id: upstream.id,
    network: network.name,
    coordinates: resolveCoordinates(upstream, upstream.url).coordinates,
    tier: upstream.tier,
    archive: upstream.archive,
    traces: upstream.traces,
    status: { ...unknownStatus(), confirmed: true, because: "taken to be well" },
    transport: transport(upstream, network),
    classify: protocol.classify,
    limits: createLimits(upstream.limits, clock, { learns: false }),
    breaker: undefined,
    holdOff: { heard: () => {}, lacks: () => false, clear: () => {} },
    clock,
    streamAbove: config.limits.streamAbove,
    responseBytes: config.limits.responseBytes,
  });
}

/** A retry is drawn again so often while it falls on somebody who was asked. Source: Envoy's host selection attempts. */
const redraws = 5;

/**
 * Chooses for a retry as for a first attempt, only not one who was asked already, as Envoy's `previous_hosts` does:
 * it does not know which upstreams fail together.
 */
function blindToFate(selector: Selector): Selector {
  return {
    pick(call, context) {
      let choice = selector.pick(call, asFirst(context));
      for (let draws = 1; draws < redraws && isUpstream(choice) && wasAsked(choice, context); draws++) {
        choice = selector.pick(call, asFirst(context));
      }
      return choice;
    },
    all: (call, reach) => selector.all(call, reach),
  };
}

function asFirst({ cancellation, deadline }: CallContext): CallContext {
  return new CallContext(cancellation, deadline);
}

function wasAsked(upstream: Upstream, { attempts }: CallContext): boolean {
  return attempts.some((attempt) => attempt.upstream === upstream);
}

/** Sends a call that failed once more; the selector finds another upstream. */
const onceMore: Policy = (next) => (call, context) =>
  next(call, context).then((outcome) => {
    if (outcome.ok || context.cancellation.cancelled || ruleOf(outcome.kind).next === "never") return outcome;
    context.reason = "retry";
    return next(call, context);
  });
