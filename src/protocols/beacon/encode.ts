import { type Answer, type Fault, type FaultKind, type Outcome, ruleOf } from "../../core/outcome.ts";
import type { Reply } from "../../core/protocol.ts";
import { parseJson } from "../../lib/json-text.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { jsonType } from "./bodies.ts";
import type { Endpoint } from "./endpoints.ts";

/** What a reply must know of its request. */
export interface BeaconEnvelope {
  readonly endpoint: Endpoint;
  /** The client sent SSZ: a node that cannot read it says 415; one that cannot write it 406. */
  readonly sentSsz: boolean;
}

/**
 * The status that a validator client sees when a call ends in a fault. Their logic is built for a beacon node: 503 is "not
 * now", and they wait or ask another; 404 means that there is no such thing, 400 that what they sent is wrong. So nothing
 * becomes 502 or 504, and no 401 or 403 of a node is shown, which is the operator's affair.
 */
export const statuses: Readonly<Record<FaultKind, number>> = {
  unreachable: 503,
  interrupted: 503,
  timeout: 503,
  malformed: 503,
  server_error: 503,
  rpc_error: 503,
  unavailable: 503,
  node_timeout: 503,
  bad_result: 503,
  rate_limited: 503,
  quota_exhausted: 503,
  unauthorized: 503,
  too_large: 413,
  missing_data: 404,
  unsupported: 404,
  unsupported_encoding: 415,
  not_ready: 503,
  objectionable: 503,
  no_quorum: 503,
  not_resident: 451,
  would_slash: 400,
  unsupported_tag: 400,
  doubtful_request: 400,
  already_used: 400,
  wrong_chain: 503,
  busy: 503,
  overloaded: 503,
  no_upstream: 503,
  deadline: 503,
  cancelled: 499,
};

/** The reply to a call: a node's answer as it came, or a fault in the shape of the beacon API. */
export function encode(envelope: BeaconEnvelope, [outcome]: readonly Outcome[]): Reply {
  if (!outcome) throw new Error("a call without an outcome");
  return outcome.ok ? encodeAnswer(outcome) : encodeFault(envelope, outcome);
}

function encodeAnswer({ status, payload, rest, headers }: Answer): Reply {
  const length = rest?.length === undefined ? undefined : payload.length + rest.length;
  return { status, headers: { ...headers }, body: payload, rest, tail: "", ...(length !== undefined && { length }) };
}

function encodeFault(envelope: BeaconEnvelope, fault: Fault): Reply {
  const { kind, payload, retryAfterMs } = fault;
  const { transient, verbatim } = ruleOf(kind);
  const status = statusOf(envelope, kind);
  const headers: Record<string, string> = {};
  if (transient) headers["retry-after"] = `${Math.ceil((retryAfterMs ?? 1_000) / 1_000)}`;
  const own = payload && verbatim ? payload : undefined;
  if (own && !transient) return { ...refusal(status, "", headers), body: own };
  return refusal(status, messageOf(fault, own), headers);
}

function statusOf({ endpoint, sentSsz }: BeaconEnvelope, kind: FaultKind): number {
  if (kind === "unsupported") return endpoint.absent;
  if (kind === "unsupported_encoding" && !sentSsz) return 406;
  return statuses[kind];
}

/** What a node said itself of a fault that passes, or what we say of it. */
function messageOf({ kind, detail }: Fault, own: Uint8Array | undefined): string {
  const value = own && parseJson(asBuffer(own).toString("utf8"));
  const said = typeof value === "object" && value !== null && "message" in value ? value.message : undefined;
  if (typeof said === "string" && said !== "") return said.slice(0, mostMessage);
  return ruleOf(kind).blame === "upstream" ? `no node could answer: ${detail}` : `not answered: ${detail}`;
}

/** The longest message of a node that is shown where its error as a whole is not. */
const mostMessage = 1_000;

/** A reply that is an error, in the shape of the beacon API. */
export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { ...headers, "content-type": jsonType },
    body: JSON.stringify({ code: status, message: message.replace(/[^\x20-\x7e]/g, "?") }),
    rest: undefined,
    tail: "",
  };
}
