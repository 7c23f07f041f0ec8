import { deeperThan, elements, parseJson, type Span, skipSpace, skipString, skipValue } from "../../lib/json-text.ts";
import { textOf } from "../../lib/latin1.ts";

/** The error codes of the JSON-RPC 2.0 specification (§5.1), and EIP-1474's "method not supported" and "limit exceeded". */
export const codes = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  limitExceeded: -32005,
} as const;

/** Limits on what one request may hold. Its size in bytes is the server's to limit. */
export interface MessageLimits {
  readonly batchItems: number;
  readonly jsonDepth: number;
}

/** One well-formed call of a request. */
export interface Message {
  /** The id as it was written, or `undefined` for a notification. */
  readonly id: string | undefined;
  readonly method: string;
  readonly params: unknown;
  /** The parameters as they were written, or `undefined` when there are none. */
  readonly paramsText: string | undefined;
}

/** A message that cannot be a call, or an error to answer in its place. */
export interface Refusal {
  readonly id: string | undefined;
  readonly error: RpcError;
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  /** A stable word for programs, and whether the same call may fare better later. */
  readonly data: { readonly reason: string; readonly retryable: boolean; readonly [key: string]: unknown };
}

export type Item = Message | Refusal;

/** What a request body holds: one message, a batch of them, or nothing that can be answered item by item. */
export interface Messages {
  readonly batch: boolean;
  readonly items: readonly Item[];
}

export function isRefusal(item: Item): item is Refusal {
  return "error" in item;
}

export function rpcError(code: number, reason: string, message: string, retryable = false): RpcError {
  return { code, message, data: { reason, retryable } };
}

/**
 * Reads a request body by JSON-RPC 2.0, with the liberties that real clients take: `jsonrpc` may be absent, `params`
 * may be null. Ids keep their spelling. Text is latin1: one character per byte.
 */
export function readMessages(body: Uint8Array, limits: MessageLimits): Messages | RpcError {
  let text = textOf(body);
  if (text.startsWith(byteOrderMark)) text = text.slice(byteOrderMark.length);
  if (deeperThan(text, limits.jsonDepth)) {
    return rpcError(codes.invalidRequest, "too_deep", `the request nests deeper than ${limits.jsonDepth} levels`);
  }
  const value = parseJson(text);
  if (value === undefined) return rpcError(codes.parse, "parse_error", "the request is not valid JSON");
  const start = skipSpace(text, 0);
  if (!Array.isArray(value)) return { batch: false, items: [readMessage(text, value, start)] };
  if (value.length === 0) return rpcError(codes.invalidRequest, "empty_batch", "the batch is empty");
  if (value.length > limits.batchItems) {
    return rpcError(
      codes.invalidRequest,
      "batch_too_large",
      `the batch holds ${value.length} calls, and at most ${limits.batchItems} are allowed`,
    );
  }
  const spans = elements(text, start);
  return { batch: true, items: value.map((item, index) => readMessage(text, item, (spans[index] as Span).from)) };
}

const byteOrderMark = "\xef\xbb\xbf";

function readMessage(text: string, value: unknown, from: number): Item {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("null", "invalid_request", "a call must be a JSON object");
  }
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (id !== undefined && id !== null && typeof id !== "string" && typeof id !== "number") {
    return refuse("null", "invalid_id", "id must be a string, a number or null");
  }
  const spans = findSpans(text, from);
  const rawId = id === undefined ? undefined : text.slice(spans.idFrom, spans.idTo);
  if (jsonrpc !== undefined && jsonrpc !== "2.0") {
    return refuse(rawId ?? "null", "invalid_version", 'jsonrpc must be "2.0"');
  }
  if (typeof method !== "string" || method === "") {
    return refuse(rawId ?? "null", "invalid_method", "method must be a string");
  }
  if (params !== undefined && typeof params !== "object") {
    return refuse(rawId ?? "null", "invalid_params", "params must be an array or an object");
  }
  if (params === undefined || params === null) return { id: rawId, method, params: undefined, paramsText: undefined };
  return { id: rawId, method, params, paramsText: text.slice(spans.paramsFrom, spans.paramsTo) };
}

function refuse(id: string, reason: string, message: string): Refusal {
  return { id, error: rpcError(codes.invalidRequest, reason, message) };
}

/** Where id and params lie in the message that begins at `from`; -1 where absent. The last of doubled keys counts, as in JSON.parse. */
function findSpans(text: string, from: number): { idFrom: number; idTo: number; paramsFrom: number; paramsTo: number } {
  const spans = { idFrom: -1, idTo: -1, paramsFrom: -1, paramsTo: -1 };
  let at = skipSpace(text, from + 1);
  while (text.charCodeAt(at) === 0x22) {
    const keyEnd = skipString(text, at);
    const valueAt = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = skipValue(text, valueAt);
    const key = keyIn(text, at, keyEnd);
    if (key === "id") {
      spans.idFrom = valueAt;
      spans.idTo = valueEnd;
    } else if (key === "params") {
      spans.paramsFrom = valueAt;
      spans.paramsTo = valueEnd;
    }
    at = skipSpace(text, valueEnd);
    if (text.charCodeAt(at) === 0x2c) at = skipSpace(text, at + 1);
  }
  return spans;
}

/** The key between two quotes. Its escapes count: what is judged by the value must be what is passed on by its place. */
function keyIn(text: string, from: number, to: number): string {
  const key = text.slice(from + 1, to - 1);
  return key.includes("\\") ? JSON.parse(text.slice(from, to)) : key;
}
