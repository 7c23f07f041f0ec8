import {
  type BlockAnswer,
  blockAsJson,
  blockAsSsz,
  duties,
  root,
  type Vote,
  voteAsJson,
  voteAsSsz,
} from "./validators-bodies.ts";
import type { BenchNode, Stored } from "./validators-nodes.ts";

const slotsPerEpoch = 32;
/** So old the chain is when a bench begins: its slots have seven digits. */
const age = 1_600_000;

/** The software of each node, so that each is a voter of its own. */
const clients: readonly (readonly [consensus: string, execution: string])[] = [
  ["Lighthouse", "Geth"],
  ["Teku", "Besu"],
  ["Nimbus", "Nethermind"],
];

/** The graffiti by which a block's size and encoding is asked for. */
export const blockForms = { small: 0, large: 14 } as const;
export type BlockForm = keyof typeof blockForms;

/** The largest of all: how many validators' duties are asked for. */
export const dutiesAsked = 1_000;

/** A chain that all nodes are told of, and that goes on when it is told to. */
export class BenchChain {
  readonly slotMs: number;
  /** The slot of the newest block that nodes know all about, so that clients may ask for it. */
  slot: number;
  /** The slot of the newest block. */
  #head: number;
  readonly #genesis: number;
  readonly #nodes: readonly BenchNode[];
  readonly #blocks: readonly (readonly [BlockForm, BlockAnswer])[];
  /** What was stored for past slots, to be taken away. */
  #stale: (readonly Stored[])[] = [];

  constructor(nodes: readonly BenchNode[], slotMs: number, withBlocks: boolean) {
    this.#nodes = nodes;
    this.slotMs = slotMs;
    this.#genesis = Math.floor((Date.now() - age * slotMs) / 1_000) * 1_000;
    this.slot = this.#now() - 1;
    this.#head = this.slot;
    this.#blocks = withBlocks
      ? [
          ["small", blockAsSsz(blockForms.small)],
          ["small", blockAsJson(blockForms.small)],
          ["large", blockAsSsz(blockForms.large)],
        ]
      : [];
  }

  get epoch(): number {
    return Math.floor(this.slot / slotsPerEpoch);
  }

  /** Milliseconds since the present slot began. */
  get intoSlot(): number {
    return (Date.now() - this.#genesis) % this.slotMs;
  }

  rootOf(slot: number): string {
    return root(`block ${slot}`);
  }

  /** What to attest to in a slot. */
  vote(slot = this.slot): Vote {
    const epoch = Math.floor(slot / slotsPerEpoch);
    const checkpoint = (at: number) => ({ epoch: at, root: this.rootOf(Math.min(this.#head, at * slotsPerEpoch)) });
    return { slot, head: this.rootOf(this.#head), source: checkpoint(epoch - 1), target: checkpoint(epoch) };
  }

  /** The head event of the present slot. */
  headEvent() {
    const epoch = Math.floor(this.#head / slotsPerEpoch);
    const dependent = (of: number) => this.rootOf((of - 1) * slotsPerEpoch - 1);
    return {
      slot: `${this.#head}`,
      block: this.rootOf(this.#head),
      state: root(`state ${this.#head}`),
      epoch_transition: this.#head % slotsPerEpoch === 0,
      previous_duty_dependent_root: dependent(epoch),
      current_duty_dependent_root: dependent(epoch + 1),
      execution_optimistic: false,
    };
  }

  /** Tells all nodes what never changes. */
  async begin(): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node, index) => {
        const [consensus, execution] = clients[index % clients.length] as (typeof clients)[number];
        for (const [target, data] of this.#constants(consensus, execution, index)) await node.store(json(target, data));
      }),
    );
    await this.advance();
  }

  /**
   * If a new slot has begun: its block comes, nodes know of it, and tell, before which `telling` hears. Nodes that do not
   * answer miss it.
   */
  async advance(telling: () => void = () => {}): Promise<boolean> {
    const slot = this.#now();
    if (slot === this.#head) return false;
    this.#head = slot;
    const fresh = this.#ofSlot();
    await this.#each(async (node) => {
      for (const one of fresh) await node.store(one);
    });
    this.slot = slot;
    const event = this.headEvent();
    telling();
    await this.#each((node) => node.tell("head", event));
    this.#stale.push(fresh.filter(({ target }) => /attestation_data|blocks\//.test(target)));
    const old = this.#stale.length > 2 ? this.#stale.shift() : undefined;
    const kept = new Set(this.#stale.flat().map(({ target }) => target));
    await this.#each(async (node) => {
      for (const one of old ?? []) if (!kept.has(one.target)) await node.forget(one);
    });
    return true;
  }

  #now(): number {
    return Math.floor((Date.now() - this.#genesis) / this.slotMs);
  }

  async #each(work: (node: BenchNode) => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#nodes.map(work));
  }

  #ofSlot(): readonly Stored[] {
    const slot = this.#head;
    const epoch = Math.floor(slot / slotsPerEpoch);
    const head = this.rootOf(slot);
    const header = {
      root: head,
      canonical: true,
      header: {
        message: {
          slot: `${slot}`,
          proposer_index: "77",
          parent_root: this.rootOf(slot - 1),
          state_root: root(`state ${slot}`),
          body_root: root(`body ${slot}`),
        },
        signature: `0x${"ab".repeat(96)}`,
      },
    };
    const { source } = this.vote(slot);
    const dependent = this.headEvent().previous_duty_dependent_root;
    const checkpoint = (at: Vote["source"]) => ({ epoch: `${at.epoch}`, root: at.root });
    const finality = {
      previous_justified: checkpoint(source),
      current_justified: checkpoint(source),
      finalized: checkpoint({ epoch: source.epoch - 1, root: this.rootOf((source.epoch - 1) * slotsPerEpoch) }),
    };
    const syncing = {
      head_slot: `${slot}`,
      sync_distance: "0",
      is_syncing: false,
      is_optimistic: false,
      el_offline: false,
    };
    const votes = [slot, slot + 1].flatMap((at) => {
      const path = `/eth/v1/validator/attestation_data?slot=${at}&committee_index=0`;
      const vote = this.vote(at);
      return [json(path, voteAsJson(vote)), octets(path, voteAsSsz(vote))];
    });
    const blocks = this.#blocks.map(([form, answer]) => ({
      target: blockPath(slot + 1, form),
      headers: answer.headers,
      body: Buffer.from(answer.at(slot + 1, head)),
      ssz: answer.ssz,
    }));
    return [
      json("/eth/v1/node/syncing", syncing),
      json("/eth/v1/beacon/headers/head", header),
      json(`/eth/v1/beacon/headers/${head}`, header),
      json("/eth/v1/beacon/states/head/finality_checkpoints", finality),
      { ...json(dutiesPath(epoch), {}), body: duties(dutiesAsked, epoch * slotsPerEpoch, dependent) },
      ...votes,
      ...blocks,
    ];
  }

  #constants(consensus: string, execution: string, index: number): readonly (readonly [string, unknown])[] {
    const old = this.slot - 64;
    const header = {
      root: this.rootOf(old),
      canonical: true,
      header: { message: { slot: `${old}`, parent_root: this.rootOf(old - 1) } },
    };
    return [
      [
        "/eth/v1/beacon/genesis",
        {
          genesis_time: `${this.#genesis / 1_000}`,
          genesis_validators_root: root("genesis"),
          genesis_fork_version: "0x00000001",
        },
      ],
      [
        "/eth/v1/config/spec",
        {
          CONFIG_NAME: "bench",
          PRESET_BASE: "mainnet",
          SLOT_DURATION_MS: `${this.slotMs}`,
          SLOTS_PER_EPOCH: `${slotsPerEpoch}`,
          GENESIS_FORK_VERSION: "0x00000001",
          ELECTRA_FORK_EPOCH: "0",
          DEPOSIT_CHAIN_ID: "1337",
        },
      ],
      ["/eth/v1/node/version", { version: `${consensus}/v1.0.0-bench` }],
      [
        "/eth/v2/node/version",
        {
          beacon_node: { name: consensus, version: "v1.0.0" },
          execution_client: { name: execution, version: "v1.0.0" },
        },
      ],
      [
        "/eth/v1/node/identity",
        { peer_id: `16Uiu2HAm${index}`, enr: "", p2p_addresses: [], discovery_addresses: [], metadata: {} },
      ],
      ["/eth/v1/node/peer_count", { disconnected: "0", connecting: "0", connected: "80", disconnecting: "0" }],
      ["/eth/v1/beacon/headers/justified", header],
      ["/eth/v1/beacon/headers/finalized", header],
    ];
  }
}

/** Where a block of that form is asked for. */
export function blockPath(slot: number, form: BlockForm): string {
  const randao = `0x${"ab".repeat(96)}`;
  const graffiti = `0x${Buffer.from(form).toString("hex").padEnd(64, "0")}`;
  return `/eth/v3/validator/blocks/${slot}?randao_reveal=${randao}&graffiti=${graffiti}`;
}

export function dutiesPath(epoch: number): string {
  return `/eth/v1/validator/duties/attester/${epoch}`;
}

function json(target: string, data: unknown): Stored {
  return { target, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify({ data })) };
}

function octets(target: string, body: Uint8Array): Stored {
  const headers = { "content-type": "application/octet-stream", "eth-consensus-version": "electra" };
  return { target, headers, body, ssz: true };
}
