import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { seededRandom } from "../../src/lib/random.ts";

/** How a proxy in front of a real node lies, or is merely poor. */
export const lies = ["wrong_balance", "wrong_logs", "forged_header", "stale_state", "dropped_receipts"] as const;
export type Lie = (typeof lies)[number] | "altered_traces";

export interface ProxyOptions {
  /** A share of the answers that the lie can be told in, 0..1. */
  readonly rate?: number;
  /** Every answer comes so much later, in milliseconds. */
  readonly slowMs?: number;
  /** State and logs of blocks up to this one are gone, and it says so. */
  readonly prunedTo?: number;
  /** Methods that begin so are not there. */
  readonly without?: string;
}

export interface LyingProxy {
  readonly url: string;
  stop(): Promise<void>;
}

interface Rpc {
  readonly id: unknown;
  readonly method: string;
  readonly params?: unknown[];
}

/**
 * A proxy in front of a node that answers everything that is an obvious probe as the node does (chain, head, finality,
 * genesis, peers, versions), and lies in what users ask.
 */
export async function startProxy(target: string, lie: Lie | "honest", options: ProxyOptions = {}): Promise<LyingProxy> {
  const random = seededRandom(11);
  const ask = async (request: Rpc): Promise<Record<string, unknown>> => {
    const response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", ...request }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const answer = async (request: Rpc): Promise<unknown> => {
    if (options.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.slowMs));
    const old = heightIn(request);
    if (options.prunedTo !== undefined && old !== undefined && old <= options.prunedTo && old > 0) {
      return { jsonrpc: "2.0", id: request.id, error: { code: -32000, message: "missing trie node 1f" } };
    }
    if (options.without !== undefined && request.method.startsWith(options.without)) {
      return { jsonrpc: "2.0", id: request.id, error: { code: -32601, message: "the method does not exist" } };
    }
    const lying = lie !== "honest" && random() < (options.rate ?? 1);
    if (!lying) return ask(request);
    const honest = lie === "stale_state" ? await ask(older(request)) : await ask(request);
    const told = { ...honest, id: request.id, result: twisted(lie, request, honest["result"]) };
    return "error" in honest ? honest : told;
  };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", async () => {
      try {
        const told = await answer(JSON.parse(Buffer.concat(chunks).toString()) as Rpc);
        outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told));
      } catch {
        outgoing.writeHead(502).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Tags are what probes ask by, and so is block 0. */
function isNumber(value: unknown): value is string {
  return typeof value === "string" && /^0x[1-9a-f][0-9a-f]*$/.test(value);
}

function twisted(lie: Lie, { method, params = [] }: Rpc, result: unknown): unknown {
  if (lie === "wrong_balance" && method === "eth_getBalance") return `0x${(BigInt(String(result)) + 1n).toString(16)}`;
  if (lie === "wrong_logs" && method === "eth_getLogs" && Array.isArray(result)) return result.slice(0, -1);
  if (lie === "altered_traces") return elsewhere(method, result);
  if (lie === "dropped_receipts" && method === "eth_getTransactionReceipt") return null;
  if (lie === "forged_header" && method === "eth_getBlockByNumber" && isNumber(params[0]) && result !== null) {
    return { ...(result as object), stateRoot: `0x${"5a".repeat(32)}` };
  }
  return result;
}

/** A trace of a call to somebody else. */
function elsewhere(method: string, result: unknown): unknown {
  const to = `0x${"e".repeat(40)}`;
  if (method === "debug_traceTransaction") return { ...(result as object), to };
  if (method !== "trace_transaction" || !Array.isArray(result)) return result;
  return result.map((one) => ({ ...one, action: { ...one.action, to } }));
}

/** The same question about a block before the one that was asked for. */
function older(request: Rpc): Rpc {
  const [address, block] = request.params ?? [];
  if (request.method !== "eth_getBalance" || !isNumber(block) || Number(block) < 3) return request;
  return { ...request, params: [address, `0x${(Number(block) - 2).toString(16)}`] };
}

/** The block whose state or logs are asked for, by number. */
function heightIn({ method, params = [] }: Rpc): number | undefined {
  const block = method === "eth_getBalance" ? params[1] : undefined;
  if (isNumber(block)) return Number(block);
  const filter = method === "eth_getLogs" ? (params[0] as { fromBlock?: unknown }) : undefined;
  return isNumber(filter?.fromBlock) ? Number(filter.fromBlock) : undefined;
}
