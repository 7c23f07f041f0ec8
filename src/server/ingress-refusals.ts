import type { Reply } from "../core/protocol.ts";

interface HttpError extends Error {
  readonly statusCode: number;
  readonly reason: string;
}

/** An error as fastify wants it, which becomes a {@link refusal}. */
export function httpError(statusCode: number, reason: string, message: string): HttpError {
  return Object.assign(new Error(message), { statusCode, reason });
}

export function tooLarge(limit: number): HttpError {
  return httpError(413, "request_too_large", `the request is larger than ${limit} bytes`);
}

/** What went wrong, in a word. */
export function reasonOf(error: Error): string {
  return "reason" in error && typeof error.reason === "string" ? error.reason : "bad_request";
}

/**
 * A refusal before any protocol looked, in a shape that the client shows: that of JSON-RPC errors, readable for the rest,
 * or where paths are called that of the beacon API (beacon-APIs, `ErrorMessage`).
 */
export function refusal(status: number, reason: string, message: string, paths: boolean): Reply {
  const error = { code: status >= 500 ? -32603 : -32600, message, data: { reason, retryable: false } };
  const body = JSON.stringify(paths ? { code: status, message } : { jsonrpc: "2.0", id: null, error });
  return { status, headers: { "content-type": "application/json" }, body, rest: undefined, tail: "" };
}

export function bug(paths: boolean): Reply {
  return refusal(500, "internal_error", "a bug in Breakwater; its log says more", paths);
}

export function unauthorized(why: string, paths: boolean): Reply {
  const reply = refusal(401, "unauthorized", why, paths);
  reply.headers["www-authenticate"] = "Bearer";
  return reply;
}

export function methodNotAllowed(method: string, paths: boolean): Reply {
  const message = paths ? `this is asked by GET or POST, not by ${method}` : `calls are made by POST, not by ${method}`;
  const reply = refusal(405, "method_not_allowed", message, paths);
  reply.headers["allow"] = allowedMethods;
  return reply;
}

/** What any client may use. */
export const allowedMethods = "POST, GET, HEAD, OPTIONS";
