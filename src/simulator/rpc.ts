import { twisted } from "./lies.ts";
import { methods } from "./rpc-methods.ts";
import { type ChainView, RpcError } from "./rpc-params.ts";

/** A request as it was sent, or what stands in its place. */
export interface RpcRequest {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** Reads a request body: one request, a batch, or `undefined` when it is no JSON. */
export function readRequests(body: Uint8Array | undefined): RpcRequest | readonly RpcRequest[] | undefined {
  if (!body) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** Answers what {@link readRequests} read, as the text of the reply; an empty text when only notifications came. */
export function answerRequests(view: ChainView, requests: ReturnType<typeof readRequests>): string {
  if (requests === undefined) return JSON.stringify(failure(null, new RpcError(-32700, "parse error")));
  if (!isBatch(requests)) {
    const reply = answerRequest(view, requests);
    return reply === undefined ? "" : JSON.stringify(reply);
  }
  if (requests.length === 0) return JSON.stringify(failure(null, new RpcError(-32600, "empty batch")));
  const replies = requests.map((one) => answerRequest(view, one)).filter((one) => one !== undefined);
  return replies.length === 0 ? "" : JSON.stringify(replies);
}

/** `Array.isArray`, which by itself does not narrow a readonly array. */
export function isBatch(requests: RpcRequest | readonly RpcRequest[]): requests is readonly RpcRequest[] {
  return Array.isArray(requests);
}

function answerRequest(view: ChainView, request: RpcRequest): object | undefined {
  const id = request?.id;
  try {
    if (typeof request?.method !== "string") throw new RpcError(-32600, "invalid request");
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (!method) throw new RpcError(-32601, `the method ${request.method} does not exist/is not available`);
    const params = request.params ?? [];
    if (!Array.isArray(params)) throw new RpcError(-32602, "non-array args");
    const honest = method(view, params);
    const ask = (name: string, others: readonly unknown[]) => methods[name]?.(view, others);
    const result = view.lies ? twisted(view.lies, view, { method: request.method, params }, honest, ask) : honest;
    return id === undefined ? undefined : { jsonrpc: "2.0", id, result };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return id === undefined && error.code !== -32600 ? undefined : failure(id ?? null, error);
  }
}

function failure(id: unknown, { code, message, data }: RpcError): object {
  return { jsonrpc: "2.0", id, error: data === undefined ? { code, message } : { code, message, data } };
}
