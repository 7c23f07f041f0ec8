import assert from "node:assert/strict";
import { type Assembly, assemble, type Network } from "../../src/assemble.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Alarm } from "../../src/core/observer.ts";
import type { Reply } from "../../src/core/protocol.ts";
import type { Residency } from "../../src/core/residency.ts";
import { Cancellation } from "../../src/lib/cancellation.ts";
import { ManualClock } from "../../src/lib/manual-clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import {
  mark,
  type Reaction,
  type Received,
  type Script,
  ScriptedNode,
  slot,
  startOf,
} from "./validator-endpoints-nodes.ts";

/** What a client sends. */
export interface Request {
  readonly verb: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Where the client's calls may be answered. */
  readonly residency?: Residency;
}

/** What became of it. */
export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** What the client waited, in milliseconds. */
  readonly ms: number;
}

export interface StageOptions {
  /** As it is from the start, by node. */
  readonly nodes?: Readonly<Record<string, Partial<ScriptedNode["state"]>>>;
  /** How many nodes there are: three, of three client pairs. */
  readonly count?: number;
  /** More of the configuration, in YAML's flow style. */
  readonly validators?: string;
  /** The rule of the network, in YAML's flow style; the nodes stand in us, de, fr, and nobody knows where. */
  readonly residency?: string;
  readonly roles?: Readonly<Record<string, string>>;
  /** Milliseconds into its slot at which clients begin to ask. */
  readonly into?: number;
}

/** Long enough before the first request that all nodes are known by then, in milliseconds. */
const introductionMs = 4_000;

const configs = new Map<string, Config>();

/** Breakwater whole, in virtual time, before nodes whose answers are written by hand. */
export class EndpointStage {
  readonly clock: ManualClock;
  readonly nodes: readonly ScriptedNode[];
  readonly alarms: Alarm[] = [];
  readonly bugs: unknown[] = [];
  readonly assembly: Assembly;
  readonly network: Network;
  #asked = 0;

  private constructor(options: StageOptions) {
    const { count = 3, into = 1_000, nodes = {} } = options;
    this.clock = new ManualClock(startOf(slot) + into - introductionMs);
    this.nodes = ["a", "b", "c", "d"].slice(0, count).map((id) => {
      const node = new ScriptedNode(id, this.clock);
      Object.assign(node.state, nodes[id]);
      return node;
    });
    this.assembly = assemble(configOf(options, count), {
      clock: this.clock,
      random: seededRandom(1),
      transport: ({ id }) => this.node(id),
      observers: [{ alarmed: (_, alarm) => this.alarms.push(alarm) }],
      crashed: (bug) => this.bugs.push(bug),
    });
    this.network = this.assembly.network("beacon") as Network;
  }

  /** A stage whose nodes are known and judged. */
  static async open(options: StageOptions = {}): Promise<EndpointStage> {
    const stage = new EndpointStage(options);
    stage.assembly.start();
    await stage.clock.advance(introductionMs);
    return stage;
  }

  node(id: string): ScriptedNode {
    return this.nodes.find((node) => node.id === id) as ScriptedNode;
  }

  /** From now on all nodes answer clients by this. */
  answers(script: Script): void {
    for (const node of this.nodes) node.script = script;
  }

  /** Sends a request without waiting for anything. */
  begin({ verb, path, headers = {}, body = "", residency }: Request) {
    const cancellation = new Cancellation();
    const beganAt = this.clock.now();
    const asked = { cancellation, told: undefined as Told | undefined };
    const inbound = {
      method: verb,
      path,
      headers: {
        host: "breakwater.test",
        authorization: "Bearer of-the-client",
        cookie: "of=the-client",
        [mark]: `${++this.#asked}`,
        ...headers,
      },
      body: Buffer.from(body),
      residency,
    };
    this.network
      .handle(inbound, cancellation)
      .then((reply) => {
        asked.told = toldOf(reply, this.clock.now() - beganAt);
      })
      .catch((bug: unknown) => this.bugs.push(bug));
    return asked;
  }

  /** Sends a request and lets time go on until it is answered. */
  async ask(request: Request, mostMs = 20_000): Promise<Told> {
    const asked = this.begin(request);
    const until = this.clock.now() + mostMs;
    await this.clock.advance(0);
    while (!asked.told && this.clock.now() < until) {
      await this.clock.advance((this.clock.nextAt() ?? until) - this.clock.now());
    }
    assert.ok(asked.told, `${request.verb} ${request.path}: not answered within ${mostMs} ms`);
    return asked.told;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** What clients' requests reached nodes, in the order of their coming. */
  get received(): readonly Received[] {
    return this.nodes.flatMap(({ received }) => received).sort((a, b) => a.at - b.at);
  }

  /** Who was asked what clients asked, each once, in alphabetical order. */
  get asked(): string {
    return [...new Set(this.received.map(({ node }) => node))].sort().join("");
  }

  forget(): void {
    for (const { received } of this.nodes) received.length = 0;
  }

  async close(): Promise<void> {
    const stopped = this.assembly.stop();
    await this.clock.advance(13_000);
    await stopped;
    assert.deepEqual(this.bugs, []);
  }
}

/** The first who is asked does this, all others as they would. */
export function firstDoes(reaction: Reaction, otherwise: Script = () => undefined): Script {
  let first: string | undefined;
  return (received, node) => {
    first ??= node.id;
    return first === node.id ? reaction : otherwise(received, node);
  };
}

function configOf({ validators = "{}", residency = "{}", roles = {} }: StageOptions, count: number): Config {
  const providers = ["aws", "hetzner", "ovh", "akash"];
  const upstreams = ["a", "b", "c", "d"]
    .slice(0, count)
    .map(
      (id, index) =>
        `      - { id: ${id}, url: "http://${id}.test", provider: ${providers[index]}, kind: cloud, duties: ${roles[id] ?? "{}"} }`,
    );
  const text = `networks:
  beacon:
    protocol: beacon
    blockTime: 12s
    validators: ${validators}
    residency: ${residency}
    upstreams:
${upstreams.join("\n")}
`;
  const known = configs.get(text);
  if (known) return known;
  const loaded = loadConfig(text, { file: "stage.yaml", env: {} });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  configs.set(text, loaded.config);
  return loaded.config;
}

function toldOf({ status, headers, body }: Reply, ms: number): Told {
  return { status, headers, body: typeof body === "string" ? Buffer.from(body, "latin1") : Buffer.from(body), ms };
}
