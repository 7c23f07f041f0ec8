import { type Answer, type Outcome, ruleOf } from "../../core/outcome.ts";
import { bytesOf, textOf } from "../../lib/latin1.ts";

/**
 * Filters live on one node and cannot be shared, so the id that a client gets names the upstream too: `0x`, eight hex
 * digits for the upstream, then the node's own digits. Clients take ids for opaque, any replica of the proxy can read
 * them, and nothing has to be remembered.
 */
const makers = new Set(["eth_newFilter", "eth_newBlockFilter", "eth_newPendingTransactionFilter"]);
const users = new Set(["eth_getFilterChanges", "eth_getFilterLogs", "eth_uninstallFilter"]);

/** Eight hex digits that stand for an upstream; the first is never zero, so that nobody can drop it. FNV-1a, 32 bits. */
function tagOf(upstream: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < upstream.length; index++) hash = Math.imul(hash ^ upstream.charCodeAt(index), 0x01000193);
  return ((hash | 0x80000000) >>> 0).toString(16);
}

/** A filter as a client names it: who has it, and its id there as JSON text. */
export interface FilterUse {
  readonly isAt: (upstream: string) => boolean;
  readonly id: string;
}

/** Reads the filter that a call is about; `undefined` when the call is about none, or about none of ours. */
export function filterOf(method: string, params: unknown): FilterUse | undefined {
  if (!users.has(method) || !Array.isArray(params)) return undefined;
  const id: unknown = params[0];
  if (typeof id !== "string" || !/^0x[89a-f][0-9a-f]{8,71}$/.test(id)) return undefined;
  const tag = id.slice(2, 10);
  return { isAt: (upstream) => tagOf(upstream) === tag, id: `"0x${id.slice(10)}"` };
}

/**
 * What the client is told: of a new filter the id with the upstream in it; of one whose upstream cannot answer that it
 * is gone, in the words on which client libraries make a new one (geth, `eth/filters/api.go`, errFilterNotFound).
 */
export function withFilter(method: string, outcome: Outcome, upstream: string | undefined): Outcome {
  if (!outcome.ok) {
    const gone = users.has(method) && ruleOf(outcome.kind).blame !== "client";
    return gone ? failed('{"code":-32000,"message":"filter not found"}') : outcome;
  }
  if (outcome.failed || upstream === undefined || !makers.has(method)) return outcome;
  const id = /^"0x([0-9a-fA-F]{1,64})"$/.exec(textOf(outcome.payload));
  return id ? { ...outcome, payload: bytesOf(`"0x${tagOf(upstream)}${id[1]}"`) } : outcome;
}

function failed(error: string): Answer {
  return { ok: true, status: 200, failed: true, payload: bytesOf(error), rest: undefined, height: undefined };
}
