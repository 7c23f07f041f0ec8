import type { WireRequest } from "../../core/call.ts";
import { bytesOf } from "../../lib/latin1.ts";

const wireHeaders = { "content-type": "application/json" };

/** The request that carries a call, with an id of our own: upstreams need never see, and cannot mangle, a client's. */
export function wireRequest(method: string, paramsText: string): WireRequest {
  const body = bytesOf(`{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(method)},"params":${paramsText}}`);
  return { method: "POST", path: "", headers: wireHeaders, body };
}
