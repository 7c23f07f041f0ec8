import type { Config, NetworkConfig } from "../config/schema.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import type { Clock } from "../lib/clock.ts";
import { BeaconChain } from "./beacon/chain.ts";
import { createBeaconNode } from "./beacon/node.ts";
import { Chain, genesisEpoch } from "./chain.ts";
import { createEvmService } from "./evm-service.ts";
import type { Member } from "./fault-spec.ts";
import { createFaults, type Faults } from "./faults.ts";
import { type Behaviour, type ProviderParts, SimulatedProvider } from "./provider.ts";

/** One network of a simulated fleet. */
interface SimulatedNetwork {
  readonly name: string;
  readonly protocol: NetworkConfig["protocol"];
  readonly chainId: number;
  readonly blockTimeMs: number;
  readonly upstreams: readonly (Member & { readonly behaviour: Behaviour })[];
}

/** A fleet that exists only here: what virtual transports and loopback servers both carry out. */
export interface SimulatedFleet {
  readonly faults: Faults;
  readonly providers: readonly SimulatedProvider[];
  /** The chain that an honest upstream of a network serves. */
  chain(network: string): Chain | undefined;
  beacon(network: string): BeaconChain | undefined;
  provider(network: string, upstream: string): SimulatedProvider | undefined;
}

export interface SimulationOptions {
  readonly seed: number;
  readonly networks: readonly SimulatedNetwork[];
}

/** Builds a simulated fleet that lives in the time of the clock. The same seed and the same requests give the same replies. */
export function createSimulatedFleet(options: SimulationOptions, clock: Clock): SimulatedFleet {
  const { seed, networks } = options;
  const members = networks.flatMap(({ upstreams }) => upstreams);
  const faults = createFaults(clock, members, seed);
  const chains = new Map<string, Chain>();
  const beacons = new Map<string, BeaconChain>();
  const providers = networks.flatMap(({ name, protocol, chainId, blockTimeMs, upstreams }) => {
    const grown = (member: (typeof upstreams)[number], service: ProviderParts["service"]) =>
      new SimulatedProvider({ member, behaviour: member.behaviour, service, faults, clock, seed });
    if (protocol === "beacon") {
      const chain = new BeaconChain({ seed, genesisMs, slotMs: blockTimeMs, slotsPerEpoch, validators });
      beacons.set(name, chain);
      return upstreams.map((member) =>
        grown(member, (propagationMs, hangUp) =>
          createBeaconNode({ member, chain, propagationMs, faults, clock, hangUp }),
        ),
      );
    }
    const chain = new Chain({ seed, chainId, blockTimeMs });
    const otherChain = new Chain({ seed, chainId: chainId + 1, blockTimeMs });
    chains.set(name, chain);
    return upstreams.map((member) =>
      grown(member, (propagationMs) => createEvmService({ member, chain, otherChain, propagationMs, clock })),
    );
  });
  faults.onChange(() => {
    for (const [name, chain] of chains) {
      const member = members.find(({ network }) => network === name);
      const halted = member !== undefined && faults.active(member).some(({ spec }) => spec.fault === "halt");
      chain.stand(halted, clock.epoch());
    }
  });
  const byName = new Map(providers.map((one) => [`${one.member.network}/${one.member.id}`, one]));
  return {
    faults,
    providers,
    chain: (network) => chains.get(network),
    beacon: (network) => beacons.get(network),
    provider: (network, upstream) => byName.get(`${network}/${upstream}`),
  };
}

/** What a chain is called that a configuration does not name: the number that test networks usually have. */
const usualChainId = 1_337;
const usualBlockTimeMs = 2_000;

/** Simulated beacon chains: as old as the others, with slots of twelve seconds unless another block time is given. */
const genesisMs = genesisEpoch;
const usualSlotMs = 12_000;
const slotsPerEpoch = 32;
const validators = 512;

/** The simulated part of a configuration: its upstreams with a `simulated:` entry, each at its own coordinates. */
export function simulationOf(config: Config, seed = config.simulator?.seed ?? 1): SimulationOptions {
  const networks = config.networks.map(({ name, protocol, chain, blockTime, upstreams }) => ({
    name,
    protocol,
    chainId: chain ?? usualChainId,
    blockTimeMs: blockTime ?? (protocol === "beacon" ? usualSlotMs : (config.simulator?.blockTime ?? usualBlockTimeMs)),
    upstreams: upstreams.flatMap(({ simulated, ...upstream }) => {
      if (!simulated) return [];
      const { latency, errorRate, capacity } = simulated;
      const behaviour = { medianMs: latency.median, p99Ms: latency.p99, errorRate, capacity };
      const { coordinates } = resolveCoordinates(upstream, upstream.url);
      return [{ id: upstream.id, network: name, coordinates, behaviour }];
    }),
  }));
  return { seed, networks };
}
