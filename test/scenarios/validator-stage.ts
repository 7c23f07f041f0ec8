import assert from "node:assert/strict";
import { type Assembly, assemble } from "../../src/assemble.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Alarm, Observer } from "../../src/core/observer.ts";
import type { StateStore } from "../../src/core/store.ts";
import type { Transport } from "../../src/core/transport.ts";
import { ManualClock } from "../../src/lib/manual-clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import type { BeaconChain } from "../../src/simulator/beacon/chain.ts";
import { type Judgement, judge } from "../../src/simulator/beacon/judgement.ts";
import { PlayedValidators } from "../../src/simulator/beacon/played.ts";
import { faultSchema } from "../../src/simulator/faults.ts";
import { createSimulatedFleet, type SimulatedFleet, simulationOf } from "../../src/simulator/fleet.ts";
import { createSimulatedTransport } from "../../src/simulator/transport.ts";
import { createMemoryStore } from "../../src/state/memory.ts";

export const slotMs = 12_000;
export const epochMs = 32 * slotMs;
/** The first slot of the first whole epoch that is played. */
export const firstSlot = 3_200;

export const feeRecipient = `0x${"fe".repeat(20)}`;

export interface StageOptions {
  /** Client and provider of each node. */
  readonly nodes: readonly (readonly [client: string, provider: string])[];
  /** More of the network's configuration, as YAML flow mapping. */
  readonly validators?: string;
  readonly builder?: boolean;
  readonly store?: StateStore;
  readonly seed?: number;
  /** The length of a slot in seconds; 12 when absent. */
  readonly slotSeconds?: number;
  /** Stands between Breakwater and a node: makes it lie. */
  readonly wrap?: (id: string, transport: Transport, clock: ManualClock) => Transport;
  /** By how many milliseconds Breakwater's wall clock is wrong now. */
  readonly skewMs?: () => number;
  /** `duties:` of nodes, by their ids, as YAML. */
  readonly roles?: Readonly<Record<string, string>>;
}

/** Breakwater with simulated beacon nodes behind it and played validators before it, in virtual time. */
export class ValidatorStage {
  readonly clock: ManualClock;
  readonly fleet: SimulatedFleet;
  readonly chain: BeaconChain;
  readonly played: PlayedValidators;
  readonly alarms: Alarm[] = [];
  readonly bugs: unknown[] = [];
  /** Registrations with builders as they reached nodes, by whichever way. */
  readonly registered: { readonly upstream: string; readonly pubkeys: readonly string[] }[] = [];
  readonly attempts: { readonly method: string; readonly upstream: string; readonly ok: boolean }[] = [];
  readonly validators = Array.from({ length: 64 }, (_, index) => index);
  assembly: Assembly;
  readonly #options: StageOptions;
  readonly #store: StateStore;

  constructor(options: StageOptions) {
    this.#options = options;
    this.clock = new ManualClock(1_600_000_000_000 + firstSlot * 1_000 * (options.slotSeconds ?? 12) - 13_000);
    this.#store = options.store ?? createMemoryStore(this.clock);
    this.fleet = createSimulatedFleet(simulationOf(this.#config(), options.seed), this.clock);
    const chain = this.fleet.beacon("beacon");
    assert.ok(chain);
    this.chain = chain;
    this.assembly = this.another();
    this.played = new PlayedValidators({
      handle: (inbound, cancellation) => {
        const network = this.assembly.network("beacon");
        assert.ok(network);
        return network.handle(inbound, cancellation);
      },
      chain,
      clock: this.clock,
      indices: this.validators,
      feeRecipient,
      builder: options.builder ?? false,
    });
  }

  /** Begins, a slot before the first whole epoch. */
  async start(): Promise<void> {
    this.assembly.start();
    await this.clock.advance(5_000);
    this.played.start();
    await this.clock.advance(8_000 - 1_000);
  }

  strike(fault: Record<string, unknown>): void {
    this.fleet.faults.inject(faultSchema.parse(fault));
  }

  heal(): void {
    this.fleet.faults.heal({ where: undefined, fault: undefined });
  }

  /** Breakwater dies without a word, and comes back after `ms`. */
  async restart(ms: number): Promise<void> {
    await this.assembly.stop();
    await this.clock.advance(ms);
    this.assembly = this.another();
    this.assembly.start();
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** What became of duties from one slot on and before another, counted from {@link firstSlot}. */
  judge(from: number, to: number): Judgement {
    return judge(this.chain, this.validators, feeRecipient, firstSlot + from, firstSlot + to);
  }

  async stop(): Promise<void> {
    this.played.stop();
    const stopped = this.assembly.stop();
    await this.clock.advance(20_000);
    await stopped;
    assert.deepEqual(this.bugs, []);
  }

  #config() {
    const upstreams = this.#options.nodes.map(
      ([client, provider], index) =>
        `      - { id: ${client}-${index}, client: ${client}, provider: ${provider}, kind: cloud, duties: ${this.#options.roles?.[`${client}-${index}`] ?? "{}"}, simulated: { errorRate: 0% } }`,
    );
    const text = `simulator: {}
networks:
  beacon:
    protocol: beacon
    blockTime: ${this.#options.slotSeconds ?? 12}s
    validators: ${this.#options.validators ?? "{}"}
    upstreams:
${upstreams.join("\n")}
`;
    const loaded = loadConfig(text, { file: "stage.yaml", env: {} });
    assert.ok("config" in loaded, JSON.stringify(loaded));
    return loaded.config;
  }

  #overheard(id: string, transport: Transport): Transport {
    return {
      ...transport,
      send: async (request, cancellation, streamAbove) => {
        const told = await transport.send(request, cancellation, streamAbove);
        if (told.ok && told.status === 200 && request.path.endsWith("/register_validator")) {
          const list = JSON.parse(Buffer.from(request.body ?? []).toString()) as { message: { pubkey: string } }[];
          this.registered.push({ upstream: id, pubkeys: list.map(({ message }) => message.pubkey) });
        }
        return told;
      },
    };
  }

  /** One more Breakwater before the same nodes, with the same store. */
  another(): Assembly {
    const config = this.#config();
    const watcher: Observer = {
      alarmed: (_, alarm) => this.alarms.push(alarm),
      attempted: ({ method }, { upstream, outcome }) =>
        this.attempts.push({ method, upstream: upstream.id, ok: outcome?.ok === true && !outcome.failed }),
    };
    const { clock } = this;
    const skewMs = this.#options.skewMs ?? (() => 0);
    return assemble(config, {
      clock: {
        now: () => clock.now(),
        epoch: () => clock.epoch() + skewMs(),
        schedule: (ms, task) => clock.schedule(ms, task),
      },
      random: seededRandom(this.#options.seed ?? 1),
      transport: (upstream, network) => {
        const provider = this.fleet.provider(network.name, upstream.id);
        assert.ok(provider);
        const transport = this.#overheard(upstream.id, createSimulatedTransport(provider, this.clock));
        return this.#options.wrap?.(upstream.id, transport, this.clock) ?? transport;
      },
      observers: [watcher],
      store: { ...this.#store, close: () => Promise.resolve() },
      crashed: (bug) => this.bugs.push(bug),
    });
  }
}

/** What matters of a judgement, for comparing. */
export function losses({ missed, wrong, wrongHeads, slashable, missedBlocks, unpaid, conflicting }: Judgement) {
  return {
    missed: missed.length,
    wrong: wrong.length,
    wrongHeads: wrongHeads.length,
    slashable,
    missedBlocks: missedBlocks.length,
    unpaid: unpaid.length,
    conflicting,
  };
}

/** Nothing lost at all. */
export const nothing = {
  missed: 0,
  wrong: 0,
  wrongHeads: 0,
  slashable: 0,
  missedBlocks: 0,
  unpaid: 0,
  conflicting: 0,
};
