import type { SimulatedFault } from "./fault-spec.ts";

/**
 * How an exchange ends: with the whole response, or in one of the ways in which connections fail. The last two never
 * had one: the name was not found, or the handshake was given up.
 */
type Ending =
  | "whole"
  | "silence"
  | "refused"
  | "reset"
  | "reset_midbody"
  | "stall_midbody"
  | "unresolved"
  | "unconnected";

export interface SimulatedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What happens to one request: after `delayMs` it ends so, with this response as far as the ending lets it through. */
export interface Plan {
  readonly delayMs: number;
  readonly ending: Ending;
  /** To be called when the time has come: the answer is that of the moment at which it is given. */
  respond(): SimulatedResponse;
}

/** How an exchange ends under a fault that ends it early or breaks its answer off. */
export const endings: Partial<Record<SimulatedFault, Ending>> = {
  refuse: "refused",
  black_hole: "silence",
  reset: "reset",
  reset_midbody: "reset_midbody",
  stall_midbody: "stall_midbody",
};

/** An exchange that is over after `delayMs` with an HTTP status and little more. */
export function failing(delayMs: number, status: number, message: string, retryAfterMs?: number): Plan {
  const body = JSON.stringify({ error: message });
  const retry = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) };
  const { headers, ...rest } = json(status, Buffer.from(body));
  return { delayMs, ending: "whole", respond: () => ({ ...rest, headers: { ...headers, ...retry } }) };
}

/** One that brings a page of text with HTTP 200. */
export function page(delayMs: number, text: string): Plan {
  const response = { status: 200, headers: { "content-type": "text/html" }, body: Buffer.from(text) };
  return { delayMs, ending: "whole", respond: () => response };
}

export function json(status: number, body: Uint8Array): SimulatedResponse {
  return { status, headers: { "content-type": "application/json" }, body };
}
