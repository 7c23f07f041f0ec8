import { assemble } from "../assemble.ts";
import type { Config, NetworkConfig, UpstreamConfig } from "../config/schema.ts";
import type { Transport } from "../core/transport.ts";
import { failureDomains } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { Crowd } from "./crowd.ts";
import type { Member } from "./fault-spec.ts";
import { createSimulatedFleet, type SimulatedFleet, type SimulationOptions, simulationOf } from "./fleet.ts";
import { Journal } from "./journal.ts";
import { createPlainProxy } from "./plain.ts";
import type { PlainBreakers } from "./plain-breakers.ts";
import type { Scenario } from "./scenario.ts";
import { Traffic } from "./traffic.ts";
import { createSimulatedTransport } from "./transport.ts";
import { type Window, windowsOf } from "./windows.ts";

/** Who serves: the real proxy, or the same one with plain breakers, which it is compared with. */
export type Server = "breakwater" | PlainBreakers;

export interface RunOptions {
  readonly scenario: Scenario;
  readonly config: Config;
  /** Calls per second. */
  readonly rate: number;
  readonly seed: number;
  readonly server: Server;
  /** Hears how much of the run is done, 0..1. */
  readonly progress?: (done: number) => void;
}

export interface Run {
  readonly journal: Journal;
  /** When faults were on, by the virtual clock. */
  readonly windows: readonly Window[];
  /** What each upstream bears, in balance reads a second. */
  readonly capacities: ReadonlyMap<string, number>;
  /** The members of each failure domain. */
  readonly domains: ReadonlyMap<string, ReadonlySet<string>>;
  /** Bounds of the wait before a second copy, in milliseconds; `undefined` when none is sent. */
  readonly hedge: { readonly minMs: number; readonly maxMs: number } | undefined;
}

/** Time before the first call, in which the proxy gets to know its upstreams: virtual milliseconds. */
const warmUpMs = 5_000;

/** How much longer than their deadline the last calls are waited for, in virtual milliseconds. */
const drainMs = 5_000;

/** How finely progress is told, in virtual milliseconds. */
const sliceMs = 5_000;

/**
 * Runs a scenario in virtual time: calls arrive at random (a Poisson process), faults strike as the time line has it,
 * and clients judge what they are told. The same options give the same journal. Rejects when the proxy has a bug.
 */
export async function run(options: RunOptions): Promise<Run> {
  const { scenario, config, rate, seed, progress } = options;
  const clock = new ManualClock();
  const simulation = withErrorRate(simulationOf(config, seed), scenario.errorRate);
  const fleet = createSimulatedFleet(simulation, clock);
  const network = networkOf(config, scenario.network);
  const journal = new Journal(clock, warmUpMs);
  const { proxy, stop } = serve(options, network, { clock, fleet, journal });
  await clock.advance(warmUpMs);
  for (const { at, ...spec } of scenario.timeline) clock.schedule(at, () => fleet.faults.inject(spec));
  const chain = fleet.chain(network.name);
  if (!chain) throw new Error(`there is no simulated network ${network.name}`);
  const { methods, clients, patience, retries } = scenario.traffic;
  const traffic = new Traffic(chain, methods, clients, chain.headAt(clock.epoch()) - 1, streamOf(seed, 1));
  const crowd = new Crowd({
    proxy,
    traffic,
    chain,
    clock,
    journal,
    rate,
    random: streamOf(seed, 2),
    patienceMs: patience,
    retries,
    pauses: streamOf(seed, 4),
  });
  for (let at = 0; at < scenario.duration; at += sliceMs) {
    await clock.advance(Math.min(sliceMs, scenario.duration - at));
    progress?.(Math.min(1, (at + sliceMs) / scenario.duration));
  }
  crowd.leave();
  journal.close();
  await clock.advance(network.policies.deadline + drainMs);
  await stop();
  crowd.check();
  const members = simulation.networks.find(({ name }) => name === network.name)?.upstreams ?? [];
  const { hedge } = network.policies;
  return {
    journal,
    windows: windowsOf(scenario, members, seed),
    capacities: new Map(members.map(({ id, behaviour }) => [id, behaviour.capacity])),
    domains: domainsOf(members),
    hedge: hedge ? { minMs: hedge.min, maxMs: hedge.max } : undefined,
  };
}

/** The same fleet in which each upstream fails so often without any fault. */
function withErrorRate(simulation: SimulationOptions, errorRate: number | undefined): SimulationOptions {
  if (errorRate === undefined) return simulation;
  const networks = simulation.networks.map((network) => ({
    ...network,
    upstreams: network.upstreams.map((one) => ({ ...one, behaviour: { ...one.behaviour, errorRate } })),
  }));
  return { ...simulation, networks };
}

function domainsOf(members: readonly Member[]): ReadonlyMap<string, ReadonlySet<string>> {
  const domains = new Map<string, Set<string>>();
  for (const { id, coordinates } of members) {
    for (const domain of failureDomains(coordinates)) domains.set(domain, (domains.get(domain) ?? new Set()).add(id));
  }
  return domains;
}

/** The network of that name, or the default one. */
function networkOf(config: Config, name: string | undefined): NetworkConfig {
  const found = config.networks.find((one) => (name === undefined ? one.default : one.name === name));
  if (!found) throw new Error(`the fleet has no network ${name}`);
  return found;
}

/** Independent chance for each purpose, so that more of one leaves the others as they were. */
function streamOf(seed: number, purpose: number): Random {
  return seededRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b)) >>> 0);
}

interface Stage {
  readonly clock: ManualClock;
  readonly fleet: SimulatedFleet;
  readonly journal: Journal;
}

function serve({ config, seed, server }: RunOptions, network: NetworkConfig, { clock, fleet, journal }: Stage) {
  const random = streamOf(seed, 3);
  const transport = (upstream: UpstreamConfig, { name }: NetworkConfig): Transport => {
    const provider = fleet.provider(name, upstream.id);
    if (!provider) throw new Error(`${upstream.id} is not simulated`);
    return createSimulatedTransport(provider, clock);
  };
  if (server !== "breakwater") {
    const proxy = createPlainProxy({ breakers: server, config, network, clock, random, transport, observer: journal });
    return { proxy, stop: () => Promise.resolve() };
  }
  const assembly = assemble(config, { clock, random, transport, observers: [journal] });
  const proxy = assembly.network(network.name);
  if (!proxy) throw new Error(`there is no network ${network.name}`);
  assembly.start();
  return { proxy, stop: () => assembly.stop() };
}
