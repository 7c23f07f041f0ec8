import { createHash } from "node:crypto";
import type { Call } from "../core/call.ts";
import { Attempt } from "../core/context.ts";
import type { Audit } from "../core/observer.ts";
import { type Answer, fault, type Outcome } from "../core/outcome.ts";
import type { StateStore } from "../core/store.ts";
import { noEvents } from "../core/stream.ts";
import { type Coordinates, failureDomains, type Upstream, unknownStatus } from "../core/upstream.ts";
import { Waiting } from "../core/waiting.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { headerHash } from "./evm/header.ts";
import { type VerificationOptions, verificationSchema } from "./schema.ts";
import { createVerification, type Followed, type Verification } from "./verification.ts";

/** How a node of the rehearsal answers, beside the truth: `undefined` for the truth. May answer with a fault. */
export type Behaviour = (method: string, params: readonly unknown[], truth: unknown, random: Random) => unknown;

/** For rehearsals of verification: a chain that is a function of its heights, in the form of real blocks. */
const zeros = "0".repeat(64);

function digest(text: string): string {
  return `0x${createHash("sha256").update(text).digest("hex")}`;
}

const blocks = new Map<number, Record<string, unknown>>();

/** A block whose hash is that of its header; `fork` tells it from the one that is on the chain. */
export function blockAt(number: number, fork = ""): Record<string, unknown> {
  const known = fork === "" ? blocks.get(number) : undefined;
  if (known) return known;
  const header = {
    parentHash: fork === "" && number > 0 ? blockAt(number - 1)["hash"] : digest(`parent of ${number}${fork}`),
    sha3Uncles: `0x${zeros}`,
    miner: `0x${"7".repeat(40)}`,
    stateRoot: digest(`state ${number}${fork}`),
    transactionsRoot: digest(`transactions ${number}`),
    receiptsRoot: digest(`receipts ${number}`),
    logsBloom: `0x${"0".repeat(512)}`,
    difficulty: "0x0",
    number: `0x${number.toString(16)}`,
    gasLimit: "0x1c9c380",
    gasUsed: "0x0",
    timestamp: `0x${(1_700_000_000 + 12 * number).toString(16)}`,
    extraData: "0x",
    mixHash: `0x${zeros}`,
    nonce: "0x0000000000000000",
  };
  const block = { ...header, hash: headerHash(header), transactions: [], uncles: [] };
  if (fork === "") blocks.set(number, block);
  return block;
}

/** The one transaction of each block, as JSON-RPC has it. */
export const transfer: Readonly<Record<string, string>> = {
  type: "0x2",
  chainId: "0x7a69",
  nonce: "0x2",
  gas: "0x186a0",
  maxFeePerGas: "0x77359400",
  maxPriorityFeePerGas: "0x1",
  from: "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
  to: "0x5fbdb2315678afecb367f032d93f642f64180aa3",
  value: "0x0",
  input: "0x1234",
  r: "0x1f88e5cbf8a4767aaa75c9b7a3a2b47c66c4fe55d1b600e69d7c3de1a8590f3",
  s: "0x7f3acd24118d182183656d9a2505e493622033aff8a111b3a8d4289f1c593bdd",
  yParity: "0x0",
  v: "0x0",
  hash: "0x08f939da0d869a55735bb60bd57c4be57c950f937bcf4a8ab2432fc7827bec39",
};

/** What a sound node answers; a `Fault` by name for what it does not have. */
function truthOf(method: string, params: readonly unknown[], filled: boolean): unknown {
  if (method === "eth_getBlockByNumber") {
    const block = blockAt(Number(params[0]));
    return filled ? { ...block, transactions: [transfer["hash"]] } : block;
  }
  if (method === "eth_getBlockByHash") {
    return [...blocks.values()].find(({ hash }) => hash === params[0]) ?? null;
  }
  if (method === "eth_getBalance")
    return `0x${digest(`${params[0]} ${heightOf(params[1])}`)
      .slice(2, 18)
      .replace(/^0+/, "1")}`;
  if (method === "eth_call") return digest(`${JSON.stringify(params[0])} ${heightOf(params[1])}`);
  if (method === "eth_getLogs") return [];
  const { hash, from, to, value, input } = transfer;
  if (method === "eth_getTransactionReceipt") return params[0] === hash ? { transactionHash: hash, from, to } : null;
  if (method === "eth_getTransactionByHash") return params[0] === hash ? transfer : null;
  if (method === "debug_traceTransaction") return { type: "CALL", from, to, value, input, gas: "0x186a0" };
  if (method === "trace_transaction") {
    const action = { callType: "call", from, to, value, input, gas: "0x13478" };
    return [{ type: "call", action, result: { gasUsed: "0x28", output: "0x" }, subtraces: 0, traceAddress: [] }];
  }
  return fault("unsupported", method);
}

/** The height that a parameter names, by number or by hash. */
function heightOf(place: unknown): number {
  if (typeof place === "string") return Number(place);
  const { blockHash } = place as { blockHash: unknown };
  return Number([...blocks.values()].find(({ hash }) => hash === blockHash)?.["number"] ?? -1);
}

export function questionOf(method: string, params: readonly unknown[], height?: number): Call {
  const traits = {
    name: "state",
    traces: method.includes("trace"),
    access: "read",
    freshness: "recent",
    priority: 2,
    repeat: "always",
    hedge: true,
    coalesce: true,
    cost: 1,
    timeoutMs: 10_000,
  } as const;
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  return {
    network: "test",
    method,
    traits,
    key: undefined,
    height,
    floor: height,
    needsState: true,
    pin: undefined,
    detail: undefined,
    wire: { method: "POST", path: "", headers: {}, body },
  };
}

/** An upstream that answers at once. */
export class Node implements Upstream {
  readonly network = "test";
  readonly tier = 0;
  readonly archive = true;
  traces = false;
  /** Have its blocks a transaction? */
  filled = false;
  readonly status = { ...unknownStatus(), confirmed: true, head: 1_000 };
  readonly waiting = new Waiting();
  readonly coordinates: Coordinates;
  readonly failureDomains: readonly string[];
  readonly id: string;
  behaviour: Behaviour = (_method, _params, truth) => truth;
  /** Has it room? */
  room = true;
  asked = 0;
  readonly #random: Random;

  constructor(id: string, provider: string, random: Random, client?: string) {
    this.id = id;
    this.#random = random;
    this.coordinates = {
      provider,
      kind: "bare_metal",
      region: undefined,
      asn: undefined,
      jurisdiction: undefined,
      operator: undefined,
      client,
      edge: undefined,
    };
    this.failureDomains = failureDomains(this.coordinates);
  }

  readonly subscribe = noEvents;

  hasRoom(): boolean {
    return this.room;
  }

  lacks(): boolean {
    return false;
  }

  answer(call: Call): Outcome {
    const { method, params } = JSON.parse(Buffer.from(call.wire.body ?? []).toString()) as {
      method: string;
      params: unknown[];
    };
    const said = this.behaviour(method, params, truthOf(method, params, this.filled), this.#random);
    if (typeof said === "object" && said !== null && "ok" in said) return said as Outcome;
    const payload = Buffer.from(JSON.stringify(said));
    return { ok: true, status: 200, failed: false, payload, rest: undefined, height: undefined } satisfies Answer;
  }

  send(call: Call): Promise<Outcome> {
    this.asked++;
    return Promise.resolve(this.answer(call));
  }

  probe(call: Call): Promise<Outcome> {
    return this.send(call);
  }
}

export interface Rehearsal {
  readonly clock: ManualClock;
  readonly nodes: readonly Node[];
  readonly verification: Verification;
  readonly told: (Audit & { readonly upstream: string })[];
  readonly head: { latest: number; safe: number; finalized: number };
  paused: boolean;
  /** A client's call, answered by a node. */
  call(node: Node, call: Call): void;
  /** How a node stands. */
  phase(node: Node): string;
}

/** A fleet of nodes with providers of their own, one chain at block 1000, final up to 900, and somebody who checks. */
export function rehearse(
  size: number,
  given: Partial<VerificationOptions> = {},
  seed = 1,
  store?: StateStore,
  clock = new ManualClock(),
  lightClient?: Followed,
): Rehearsal {
  const random = seededRandom(seed);
  const options = { ...verificationSchema.parse({ mode: "quarantine" }), ...given };
  const nodes = Array.from({ length: size }, (_, index) => new Node(`n${index}`, `p${index}`, random));
  const told: Rehearsal["told"] = [];
  const head = { latest: 1_000, safe: 950, finalized: 900 };
  const empty: StateStore = {
    get: () => Promise.resolve(undefined),
    set: () => Promise.resolve(true),
    add: () => Promise.resolve(true),
    remove: () => Promise.resolve(true),
    publish: () => {},
    subscribe: () => ({ close: () => {} }),
    trouble: undefined,
    close: () => Promise.resolve(),
  };
  const crashed = (bug: unknown) => {
    throw bug;
  };
  const verification = createVerification({ options, store: store ?? empty, clock, random, crashed });
  const scene = { paused: false };
  const hears = verification.watch({
    name: "test",
    upstreams: nodes,
    view: { head },
    question: questionOf,
    paused: () => scene.paused,
    rejudge: () => {},
    told: (upstream, audit) => void told.push({ ...audit, upstream: upstream.id }),
    lightClient,
  });
  return Object.assign(scene, {
    clock,
    nodes,
    verification,
    told,
    head,
    call(node: Node, call: Call) {
      const attempt = new Attempt(node, "primary", clock.now(), call.traits.name);
      attempt.outcome = node.answer(call);
      hears.attempted(call, attempt);
    },
    phase: (node: Node) => verification.upstreams().find(({ upstream }) => upstream === node.id)?.phase ?? "",
  });
}
