import { fault } from "../../src/core/outcome.ts";
import type { EventReader, Subscription } from "../../src/core/stream.ts";
import type { Transport, WireResponse } from "../../src/core/transport.ts";
import type { Cancellable } from "../../src/lib/cancellation.ts";
import type { Clock } from "../../src/lib/clock.ts";

/** The chain on which endpoints are tried: slots of 12 s, a block 300 ms into each, and one fork. */
export const slotMs = 12_000;
const genesisMs = 1_600_000_000_000;
const slotsPerEpoch = 32;
/** The slot in which clients ask: in the middle of an epoch. */
export const slot = 3_210;
export const epoch = Math.floor(slot / slotsPerEpoch);
/** Wall-clock milliseconds at which a slot begins. */
export const startOf = (at: number): number => genesisMs + at * slotMs;

/** Before this slot the fork has the blocks of the chain. */
const forkSlot = slot - 4;
const zeros = "00".repeat(20);

/** The root of the block of a slot. */
export function rootOf(at: number, forked = false): string {
  const branch = forked && at >= forkSlot ? "f0" : "aa";
  return `0x${branch.repeat(24)}${at.toString(16).padStart(16, "0")}`;
}

const firstOf = (of: number) => of * slotsPerEpoch;
/** What the duties of an epoch depend on: the last block before the epoch ahead of it. */
export const dependentRoot = (of: number): string => rootOf(firstOf(of - 1) - 1);
export const source = { epoch: `${epoch - 1}`, root: rootOf(firstOf(epoch - 1)) };
export const target = { epoch: `${epoch}`, root: rootOf(firstOf(epoch)) };

/** What a node is, for those who ask it about itself. */
interface NodeState {
  syncing: boolean;
  optimistic: boolean;
  elOffline: boolean;
  /** It follows the fork. */
  forked: boolean;
  /** Constants that it gives otherwise. */
  spec: Readonly<Record<string, string>>;
  /** It has a head so many slots old. */
  behind: number;
  /** The software of another node: the two have one vote. */
  like: string | undefined;
  /** What becomes of whatever is sent to it from now on. */
  down: "refused" | "silent" | undefined;
}

/** A request of a client's, as it reached a node. */
export interface Received {
  readonly node: string;
  /** The clock's milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** It was called off before it was answered. */
  cancelled: boolean;
  answered: boolean;
}

/** What a node does with a request: answers after a while, or not. */
export interface Reaction {
  readonly afterMs?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly instead?: "refused" | "silence" | "reset";
}

/** What a node does with what clients ask; `undefined` for what it would do anyway. */
export type Script = (received: Received, node: ScriptedNode) => Reaction | undefined;

/** By this header nodes know what is a client's from what they are asked about themselves; it must get through. */
export const mark = "eth-try";

/** How long a node takes to answer, in milliseconds. */
export const nodeMs = 20;

const pairs: Readonly<Record<string, readonly [string, string]>> = {
  a: ["Lighthouse", "Geth"],
  b: ["Teku", "Besu"],
  c: ["Prysm", "Nethermind"],
  d: ["Nimbus", "Erigon"],
};

/** A beacon node that answers by hand what clients ask, and by the chain what it is asked about itself. */
export class ScriptedNode implements Transport {
  readonly id: string;
  readonly state: NodeState = {
    syncing: false,
    optimistic: false,
    elOffline: false,
    forked: false,
    spec: {},
    behind: 0,
    like: undefined,
    down: undefined,
  };
  readonly received: Received[] = [];
  /** What it was told again by Breakwater itself: paths and bodies. */
  readonly told: string[] = [];
  script: Script = () => undefined;
  readonly #clock: Clock;
  readonly #streams = new Set<{ topics: readonly string[]; reader: EventReader }>();
  readonly #open = new Set<Cancellable>();
  /** Topics that it does not know. */
  lacks: readonly string[] = [];

  constructor(id: string, clock: Clock) {
    this.id = id;
    this.#clock = clock;
    this.#tick();
  }

  send(request: Parameters<Transport["send"]>[0], cancellation: Parameters<Transport["send"]>[1]) {
    const { method, path, headers, body } = request;
    const received: Received = {
      node: this.id,
      at: this.#clock.now(),
      method,
      path,
      headers,
      body: Buffer.from(body ?? []),
      cancelled: false,
      answered: false,
    };
    const ofClient = headers[mark] !== undefined;
    if (ofClient) this.received.push(received);
    else if (method === "POST") this.told.push(`${path} ${received.body}`);
    const scripted = ofClient ? this.script(received, this) : undefined;
    const reaction = scripted ?? this.#dead() ?? this.#itself(method, path);
    return new Promise<WireResponse | ReturnType<typeof fault>>((resolve) => {
      const timer =
        reaction.instead === "silence"
          ? undefined
          : this.#clock.schedule(reaction.afterMs ?? nodeMs, () => {
              received.answered = true;
              this.#open.delete(exchange);
              resolve(responseOf(reaction, this.id));
            });
      const exchange = {
        cancel: () => {
          timer?.cancel();
          this.#open.delete(exchange);
          received.cancelled = !received.answered;
          resolve(fault("cancelled", "no longer wanted"));
        },
      };
      this.#open.add(exchange);
      cancellation.onCancel(exchange);
    });
  }

  subscribe(request: Parameters<Transport["subscribe"]>[0], reader: EventReader): Subscription {
    const topics = new URL(request.path, "http://node").searchParams
      .getAll("topics")
      .flatMap((list) => list.split(","));
    const stream = { topics, reader };
    let open = true;
    queueMicrotask(() => {
      if (!open) return;
      if (this.state.down) reader.ended(fault("unreachable", "connection refused"));
      else if (topics.some((topic) => this.lacks.includes(topic)))
        reader.ended(fault("doubtful_request", "status 400"));
      else {
        this.#streams.add(stream);
        reader.opened();
        this.#tellHead([stream]);
      }
    });
    return {
      close: () => {
        open = false;
        this.#streams.delete(stream);
      },
    };
  }

  /** Connections are cut, as is what is under way on them. */
  close(): Promise<void> {
    for (const exchange of this.#open) exchange.cancel();
    return Promise.resolve();
  }

  /** The node dies: nothing gets through, and its streams end. */
  die(how: "refused" | "silent"): void {
    this.state.down = how;
    if (how === "refused") this.hangUp();
  }

  hangUp(): void {
    const streams = [...this.#streams];
    this.#streams.clear();
    for (const { reader } of streams) reader.ended(fault("interrupted", "the upstream ended the event stream"));
  }

  /** Tells an event to who wants it. */
  tell(event: string, data: unknown): void {
    if (this.state.down) return;
    for (const { topics, reader } of [...this.#streams]) {
      if (topics.includes(event)) reader.event({ event, data: JSON.stringify(data) });
    }
  }

  /** The slot of its head. */
  get head(): number {
    const arrived = Math.floor((this.#clock.epoch() - genesisMs - 300) / slotMs);
    return arrived - (this.state.syncing ? 100 : this.state.behind);
  }

  get headRoot(): string {
    return rootOf(this.head, this.state.forked);
  }

  #tick(): void {
    const now = this.#clock.epoch() - genesisMs - 300;
    this.#clock.schedule(slotMs - (now % slotMs), () => {
      if (!this.state.down && !this.state.syncing) this.#tellHead([...this.#streams]);
      this.#tick();
    });
  }

  #tellHead(streams: Iterable<{ topics: readonly string[]; reader: EventReader }>): void {
    const data = JSON.stringify(headEvent(this.head, this.state));
    for (const { topics, reader } of streams) if (topics.includes("head")) reader.event({ event: "head", data });
  }

  #dead(): Reaction | undefined {
    const { down } = this.state;
    return down && { afterMs: 1, instead: down === "refused" ? "refused" : "silence" };
  }

  /** What it says of itself and of the chain. */
  #itself(method: string, target: string): Reaction {
    const [path = "", query = ""] = target.split("?");
    const { syncing, optimistic, elOffline, forked, spec } = this.state;
    if (method === "POST") return { status: 200 };
    const [consensus, execution] = pairs[this.state.like ?? this.id] as readonly [string, string];
    switch (path) {
      case "/eth/v1/beacon/genesis":
        return json({
          genesis_time: `${genesisMs / 1_000}`,
          genesis_validators_root: `0x${"11".repeat(32)}`,
          genesis_fork_version: "0x00000001",
        });
      case "/eth/v1/config/spec":
        return json({ ...chainSpec, ...spec });
      case "/eth/v1/node/syncing":
        return json({
          head_slot: `${this.head}`,
          sync_distance: syncing ? "100" : "0",
          is_syncing: syncing,
          is_optimistic: optimistic,
          el_offline: elOffline,
        });
      case "/eth/v1/node/identity":
        return json({ peer_id: `16Uiu2HAm${this.id}` });
      case "/eth/v1/node/version":
        return json({ version: `${consensus}/v1.2.3` });
      case "/eth/v2/node/version":
        return json({
          beacon_node: { name: consensus, version: "v1.2.3" },
          execution_client: { name: execution, version: "v4.5.6" },
        });
      case "/eth/v1/node/peer_count":
        return json({ connected: "64" });
      case "/eth/v1/beacon/states/head/finality_checkpoints":
        return json({
          current_justified: source,
          finalized: { epoch: `${epoch - 2}`, root: rootOf(firstOf(epoch - 2)) },
        });
      case "/eth/v1/validator/attestation_data":
        return json(this.attestationData(Number(new URLSearchParams(query).get("slot"))));
    }
    const [, id] = /^\/eth\/v1\/beacon\/headers\/(\w+)$/.exec(path) ?? [];
    if (id !== undefined) return this.#header(id, optimistic, forked);
    return failure(404, "NOT_FOUND: nobody told this node what to answer");
  }

  attestationData(at: number): Readonly<Record<string, unknown>> {
    return { slot: `${at}`, index: "0", beacon_block_root: this.headRoot, source, target };
  }

  #header(id: string, optimistic: boolean, forked: boolean): Reaction {
    const named = { head: this.head, justified: firstOf(epoch - 1), finalized: firstOf(epoch - 2) }[id];
    const at = named ?? Number.parseInt(id.slice(50), 16);
    if (at > this.head || (named === undefined && rootOf(at, forked) !== id)) return failure(404, "NOT_FOUND: block");
    const message = { slot: `${at}`, proposer_index: "7", parent_root: rootOf(at - 1, forked) };
    return json(
      { root: rootOf(at, forked), canonical: true, header: { message } },
      { execution_optimistic: optimistic },
    );
  }
}

/** The data of a head event. */
export function headEvent(at: number, { forked, optimistic }: Pick<NodeState, "forked" | "optimistic">) {
  const of = Math.floor(at / slotsPerEpoch);
  return {
    slot: `${at}`,
    block: rootOf(at, forked),
    state: `0x${zeros}${at.toString(16).padStart(24, "0")}`,
    epoch_transition: at % slotsPerEpoch === 0,
    previous_duty_dependent_root: dependentRoot(of),
    current_duty_dependent_root: dependentRoot(of + 1),
    execution_optimistic: optimistic,
  };
}

export function json(data: unknown, more: object = {}): Reaction {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ ...more, data }) };
}

/** An error in the words of the API. */
export function failure(
  code: number,
  message: string,
  more: object = {},
  headers: Record<string, string> = {},
): Reaction {
  const body = JSON.stringify({ code, message, ...more });
  return { status: code, headers: { "content-type": "application/json", ...headers }, body };
}

function responseOf({ instead, status = 200, headers = {}, body = "" }: Reaction, id: string) {
  if (instead === "refused") return fault("unreachable", "connection refused");
  if (instead === "reset") return fault("interrupted", "connection lost (ECONNRESET)");
  // What an upstream's own web server says must not reach clients; what the API says must.
  const all: Record<string, string> = { server: "nginx", "set-cookie": "k=v", "eth-answered-by": id, ...headers };
  const response: WireResponse = {
    ok: true,
    status,
    header: (name) => all[name],
    headers: () => all,
    body: Buffer.from(body),
    rest: undefined,
  };
  return response;
}

const chainSpec = {
  CONFIG_NAME: "tried",
  PRESET_BASE: "mainnet",
  SECONDS_PER_SLOT: "12",
  SLOT_DURATION_MS: "12000",
  SLOTS_PER_EPOCH: "32",
  GENESIS_FORK_VERSION: "0x00000001",
  ALTAIR_FORK_EPOCH: "0",
  BELLATRIX_FORK_EPOCH: "0",
  CAPELLA_FORK_EPOCH: "0",
  DENEB_FORK_EPOCH: "0",
  ELECTRA_FORK_EPOCH: "0",
  FULU_FORK_EPOCH: "18446744073709551615",
  DEPOSIT_CHAIN_ID: "1337",
  DEPOSIT_NETWORK_ID: "1337",
} as const;
