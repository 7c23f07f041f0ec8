import { logObject } from "./rpc-objects.ts";
import { type ChainView, heightOf } from "./rpc-params.ts";

/** Lies that are told to users, while everything that is an obvious probe is answered honestly. */
export const lies = ["wrong_balance", "wrong_logs", "forged_header", "dropped_receipts", "stale_state"] as const;
export type Lie = (typeof lies)[number];

/** How many blocks older than asked for the state is that `stale_state` answers from. */
const staleBlocks = 2;

type Ask = (method: string, params: readonly unknown[]) => unknown;

/** What a liar makes of an honest result; the result itself where it has nothing to lie about. */
export function twisted(
  told: ReadonlySet<Lie>,
  view: ChainView,
  { method, params }: { readonly method: string; readonly params: readonly unknown[] },
  result: unknown,
  ask: Ask,
): unknown {
  if (method === "eth_getBalance" && told.has("wrong_balance"))
    return `0x${(BigInt(String(result)) + 1n).toString(16)}`;
  if (method === "eth_getBalance" && told.has("stale_state")) {
    const block = heightOf(view, params[1] ?? "latest", 1);
    return ask(method, [params[0], `0x${Math.max(0, block - staleBlocks).toString(16)}`]);
  }
  if (method === "eth_getLogs" && told.has("wrong_logs")) return otherLogs(view, result as readonly unknown[]);
  if (method === "eth_getTransactionReceipt" && told.has("dropped_receipts")) return null;
  const isHeader = method === "eth_getBlockByNumber" || method === "eth_getBlockByHash";
  if (isHeader && told.has("forged_header") && isNoProbe(params[0]) && result !== null) {
    return { ...(result as object), stateRoot: `0x${view.chain.digest("forged", String(params[0]))}` };
  }
  return result;
}

/** Drops the last log; invents one where there is none, out of what the first block has. */
function otherLogs(view: ChainView, logs: readonly unknown[]): readonly unknown[] {
  if (logs.length > 0) return logs.slice(0, -1);
  const [invented] = view.chain.logs(1);
  return invented ? [logObject(view.chain, invented)] : logs;
}

/** Probes ask for blocks by tag, and for the first one. */
function isNoProbe(block: unknown): boolean {
  return typeof block === "string" && block.startsWith("0x") && block !== "0x0";
}
