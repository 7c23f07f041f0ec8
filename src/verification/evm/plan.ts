import { quantityOf } from "./header.ts";

/** What is checked: the `check` label of metrics. */
export const checks = ["header", "state", "call", "logs", "receipt", "transaction", "trace"] as const;
export type Check = (typeof checks)[number];

/** A call that can be checked, as it was sent. */
export interface Plan {
  readonly check: Check;
  readonly method: string;
  readonly params: readonly unknown[];
  /** The newest block that it is about, by number; `undefined` for what is looked up by its hash. */
  readonly height: number | undefined;
  /** Is the answer the same on every sound node, and by what it rests on provable? */
  readonly proof: "state" | "receipts" | "header" | "transaction" | undefined;
  /** The parameters that ask the same of the block with this hash (EIP-1898 where it is state). */
  pinned(hash: string): readonly unknown[];
  /** The method for {@link pinned}, where it is another one. */
  readonly pinnedMethod: string;
}

interface Row {
  readonly check: Check;
  /** Where the block is. */
  readonly index: number | undefined;
  readonly proof: Plan["proof"];
  /** The method that takes a hash in place of the number. */
  readonly byHash?: string;
  /** Takes `{"blockHash": ...}`. */
  readonly eip1898?: boolean;
}

/**
 * What is checked, by method. Left out is whatever honest nodes may answer differently: prices, estimates, the pending
 * pool, traces (whose form differs between clients; but see `trace.ts`), and everything that belongs to one node.
 * Sources: EIP-1898 for the methods that take a block hash; execution-apis for the others.
 */
const rows: Readonly<Record<string, Row>> = {
  eth_getBalance: { check: "state", index: 1, proof: "state", eip1898: true },
  eth_getTransactionCount: { check: "state", index: 1, proof: "state", eip1898: true },
  eth_getCode: { check: "state", index: 1, proof: "state", eip1898: true },
  eth_getStorageAt: { check: "state", index: 2, proof: "state", eip1898: true },
  eth_call: { check: "call", index: 1, proof: undefined, eip1898: true },
  eth_getBlockByNumber: { check: "header", index: 0, proof: "header", byHash: "eth_getBlockByHash" },
  eth_getBlockByHash: { check: "header", index: undefined, proof: "header" },
  eth_getBlockReceipts: { check: "receipt", index: 0, proof: "receipts", eip1898: true },
  eth_getTransactionReceipt: { check: "receipt", index: undefined, proof: undefined },
  eth_getTransactionByHash: { check: "transaction", index: undefined, proof: undefined },
};

/** Reads a request body (one JSON-RPC call) into what can be checked of it; `undefined` when nothing can. */
export function planOf(body: Uint8Array | undefined): Plan | undefined {
  const request = body && parsed(body);
  if (!request) return undefined;
  const { method, params } = request;
  if (method === "eth_getLogs") return logsPlan(params);
  const row = Object.hasOwn(rows, method) ? rows[method] : undefined;
  if (!row) return undefined;
  const { check, index, proof } = row;
  if (index === undefined)
    return { check, method, params, height: undefined, proof, pinned: () => params, pinnedMethod: method };
  // A tag moves, and a hash is pinned already.
  const height = quantityOf(params[index]);
  if (height === undefined) return undefined;
  const pinned = (hash: string) =>
    params.map((one, place) => (place !== index ? one : row.eip1898 ? { blockHash: hash } : hash));
  return { check, method, params, height, proof, pinned, pinnedMethod: row.byHash ?? method };
}

/** Logs of a range of blocks by number. Only of one block can they be asked by its hash. */
function logsPlan(params: readonly unknown[]): Plan | undefined {
  const filter = params[0];
  if (typeof filter !== "object" || filter === null || "blockHash" in filter) return undefined;
  const { fromBlock, toBlock, ...rest } = filter as Record<string, unknown>;
  const from = quantityOf(fromBlock);
  const to = quantityOf(toBlock);
  if (from === undefined || to === undefined || from > to) return undefined;
  const pinned = (blockHash: string) => (from === to ? [{ ...rest, blockHash }] : params);
  return {
    check: "logs",
    method: "eth_getLogs",
    params,
    height: to,
    proof: "receipts",
    pinned,
    pinnedMethod: "eth_getLogs",
  };
}

function parsed(body: Uint8Array): { method: string; params: readonly unknown[] } | undefined {
  try {
    const { method, params } = JSON.parse(new TextDecoder().decode(body)) as { method?: unknown; params?: unknown };
    return typeof method === "string" && Array.isArray(params) ? { method, params } : undefined;
  } catch {
    return undefined;
  }
}
