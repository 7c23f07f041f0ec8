import type { Random } from "../lib/random.ts";
import type { Chain } from "./chain.ts";
import { quantity } from "./rpc-objects.ts";

/** What a simulated client may know when it asks: the chain as it was told. */
interface Knowledge {
  readonly chain: Chain;
  readonly random: Random;
  /** The newest block that this client was told of. */
  readonly head: number;
}

/** How the parameters of each method that simulated clients call come about. */
const questions = {
  eth_blockNumber: () => [],
  eth_chainId: () => [],
  eth_gasPrice: () => [],
  eth_feeHistory: () => ["0xa", "latest", [50]],
  eth_getBlockByNumber: (known) => [known.random() < 0.5 ? "latest" : quantity(recent(known)), false],
  eth_getBalance: (known) => [address(known), "latest"],
  eth_getTransactionCount: (known) => [address(known), "latest"],
  eth_call: (known) => [
    { to: address(known), data: `0x70a08231${address(known).slice(2).padStart(64, "0")}` },
    "latest",
  ],
  eth_estimateGas: (known) => [{ to: address(known), data: "0xd0e30db0" }],
  eth_getLogs: (known) => [{ fromBlock: quantity(known.head - 5), toBlock: quantity(known.head) }],
  eth_getTransactionByHash: (known) => [transaction(known)],
  eth_getTransactionReceipt: (known) => [transaction(known)],
  eth_sendRawTransaction: (known) => [`0x02f86b${Array.from({ length: 27 }, () => word(known)).join("")}`],
} as const satisfies Record<string, (known: Knowledge) => readonly unknown[]>;

export type TrafficMethod = keyof typeof questions;

export const trafficMethods = Object.keys(questions) as readonly TrafficMethod[];

/** A guess at what dApps ask, for scenarios that do not say: state, the head, blocks, receipts, and a few transactions. */
export const usualMix: Readonly<Partial<Record<TrafficMethod, number>>> = {
  eth_blockNumber: 15,
  eth_call: 30,
  eth_getBalance: 15,
  eth_getBlockByNumber: 15,
  eth_getTransactionReceipt: 10,
  eth_getTransactionCount: 5,
  eth_getLogs: 5,
  eth_gasPrice: 3,
  eth_sendRawTransaction: 2,
};

/** A question of a client, and what the answer will be judged by. */
export interface Question {
  readonly method: TrafficMethod;
  readonly params: readonly unknown[];
  readonly body: Uint8Array;
  readonly client: number;
  /** The newest block that the client knew of when it asked. */
  readonly known: number;
}

/** What a client makes of a reply: `wrong` is an answer that is missing what must be there, stale, or of another chain. */
export interface Judgement {
  readonly verdict: "answered" | "failed" | "wrong";
  readonly because: string;
  /** The client was told of a newer block before it asked. */
  readonly wentBack: boolean;
}

/** A head older than this many blocks is a wrong answer; up to three blocks count as keeping up. */
const staleBlocks = 5;

const answered: Judgement = { verdict: "answered", because: "", wentBack: false };

/**
 * Simulated clients. Each remembers the newest block that it was told of, asks for recent blocks by number, and so
 * notices when one upstream contradicts another.
 */
export class Traffic {
  readonly #chain: Chain;
  readonly #random: Random;
  readonly #heads: number[];
  readonly #weights: readonly (readonly [TrafficMethod, number])[];
  readonly #total: number;
  #asked = 0;

  constructor(
    chain: Chain,
    mix: Readonly<Partial<Record<TrafficMethod, number>>>,
    clients: number,
    head: number,
    random: Random,
  ) {
    this.#chain = chain;
    this.#random = random;
    this.#heads = Array.from({ length: clients }, () => head);
    this.#weights = trafficMethods.map((method) => [method, mix[method] ?? 0]);
    this.#total = this.#weights.reduce((sum, [, weight]) => sum + weight, 0);
  }

  /** The next question, by a client and of a method drawn at random. */
  ask(): Question {
    const client = Math.floor(this.#random() * this.#heads.length);
    const known = this.#heads[client] ?? 0;
    const method = this.#draw();
    const params = questions[method]({ chain: this.#chain, random: this.#random, head: known });
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: ++this.#asked, method, params }));
    return { method, params, body, client, known };
  }

  /** Judges a reply when `tip` is the newest block that there is, and remembers the head if it tells one. */
  judge(question: Question, status: number, body: string, tip: number): Judgement {
    const reply = parsed(body);
    const { method } = question;
    if (status !== 200) return bad("failed", `${method}: HTTP ${status} ${reply?.error?.data?.reason ?? ""}`.trimEnd());
    if (!reply) return bad("failed", `${method}: not JSON`);
    if (reply.error) return bad("failed", `${method}: error ${reply.error.code} ${reply.error.message}`);
    if (reply.result === undefined || reply.result === null) return bad("wrong", `${method}: null`);
    const block = blockTold(question, reply.result);
    if (!block) return answered;
    if (block.hash !== undefined && block.hash !== this.#chain.blockHash(block.number)) {
      return bad("wrong", `${method}: a block of another chain`);
    }
    return block.newest ? this.#judgeHead(question, block.number, tip) : answered;
  }

  #judgeHead(question: Question, head: number, tip: number): Judgement {
    const wentBack = head < question.known;
    if (head < tip - staleBlocks) return { ...bad("wrong", `${question.method}: a stale head`), wentBack };
    this.#heads[question.client] = Math.max(head, this.#heads[question.client] ?? 0);
    return wentBack ? { ...answered, wentBack } : answered;
  }

  #draw(): TrafficMethod {
    let left = this.#random() * this.#total;
    for (const [method, weight] of this.#weights) {
      left -= weight;
      if (left < 0) return method;
    }
    return "eth_blockNumber";
  }
}

interface RpcReply {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly reason?: string } };
}

function parsed(body: string): RpcReply | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function bad(verdict: "failed" | "wrong", because: string): Judgement {
  return { verdict, because, wentBack: false };
}

/** The block that an answer names, and whether it was to be the newest. */
function blockTold(
  { method, params }: Question,
  result: unknown,
): { readonly number: number; readonly hash: string | undefined; readonly newest: boolean } | undefined {
  if (method === "eth_blockNumber") return { number: Number(result), hash: undefined, newest: true };
  if (method !== "eth_getBlockByNumber") return undefined;
  const { number, hash } = result as { number: string; hash: string };
  return { number: Number(number), hash, newest: params[0] === "latest" };
}

function recent({ head, random }: Knowledge): number {
  return head - Math.floor(random() * 16);
}

function transaction(known: Knowledge): string {
  const all = known.chain.transactions(recent(known));
  return all[Math.floor(known.random() * all.length)]?.hash ?? `0x${"0".repeat(64)}`;
}

/** One of a thousand accounts. */
function address({ random }: Knowledge): string {
  return `0xacc0${Math.floor(random() * 1_000)
    .toString(16)
    .padStart(36, "0")}`;
}

function word({ random }: Knowledge): string {
  return Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
}
