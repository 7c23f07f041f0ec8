import type { Call } from "../../core/call.ts";
import { type Answer, type Fault, type FaultKind, fault, type Outcome, ruleOf } from "../../core/outcome.ts";
import type { WireResponse } from "../../core/transport.ts";
import { isJson, parseJson } from "../../lib/json-text.ts";
import { asBuffer, textOf } from "../../lib/latin1.ts";
import { retryAfterMs } from "../../lib/retry-after.ts";
import { isDuplicate } from "./duplicates.ts";
import { type Endpoint, endpointOf, unlisted } from "./endpoints.ts";

/**
 * What a node's response means. Sources: beacon-APIs (the responses of each endpoint, `types/http.yaml`), and what nodes
 * do beyond it, as far as the table below names them.
 *
 * | status | meaning |
 * |---|---|
 * | 200, 202, 204, other 2xx | an answer, as it is; 206 is none but for health, which is never asked |
 * | 3xx | malformed: nobody is followed anywhere with what the operator's headers hold |
 * | 400, other 4xx | `doubtful_request`: a node with a newer head may think otherwise |
 * | 401, 402, 403, 407 | the operator's account at that node |
 * | 404 | `missing_data`, or `unsupported` when it is the path that is not known |
 * | 405, 410, 501 | `unsupported` |
 * | 406, 415 | `unsupported_encoding` |
 * | 413 | `too_large` |
 * | 414 | an answer: the client is to ask by POST |
 * | 429 | `rate_limited` |
 * | 503 | `not_ready` when a node says so, `unavailable` when what stands before it does |
 * | other 5xx | `server_error` |
 */
export function classify(call: Call, response: WireResponse, epoch: number): Outcome | undefined {
  const { status } = response;
  const endpoint = endpointOf(call.method);
  if (status >= 200 && status < 300) return success(endpoint, response);
  // An error is judged by all that it says.
  if (response.rest) return undefined;
  if (status === 414) return answer(response, true);
  const told = readError(response);
  const kind = kindOf(endpoint, status, told);
  if (kind === "answer") return published;
  return faultOf(kind, status, told, retryAfterMs(response.header("retry-after"), epoch));
}

/** Headers that belong to one connection, to the node's own web server, or to whoever stands before it. */
const droppedHeaders: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  // What reaches us is decoded.
  "content-encoding",
  "date",
  "server",
  "via",
  "alt-svc",
  "set-cookie",
  "strict-transport-security",
  "www-authenticate",
]);

/** All other headers go to the client: those of later forks too, which nobody can list beforehand. */
function headersOf(response: WireResponse): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers())) {
    if (droppedHeaders.has(name) || name.startsWith("access-control-") || name.startsWith("x-breakwater-")) continue;
    passed[name] = value;
  }
  return passed;
}

function answer(response: WireResponse, failed: boolean): Answer {
  const { status, body, rest } = response;
  return { ok: true, status, failed, payload: body, rest, headers: headersOf(response), height: undefined };
}

/** The node has the message already: what the client wanted is so. */
const published: Answer = {
  ok: true,
  status: 200,
  failed: false,
  payload: new Uint8Array(0),
  rest: undefined,
  headers: {},
  height: undefined,
};

function success(endpoint: Endpoint, response: WireResponse): Outcome {
  const problem = problemOf(endpoint, response);
  if (problem === undefined) return answer(response, false);
  response.rest?.cancel();
  return typeof problem === "string" ? fault("malformed", `HTTP ${response.status}: ${problem}`) : problem;
}

/** Up to this size a body is checked to be JSON to the last byte; beyond it, only that its brackets pair at the ends. */
const checkedBytes = 1_024;

/** What is wrong with a response whose status says that all is well. */
function problemOf(endpoint: Endpoint, response: WireResponse): string | Fault | undefined {
  const { status, body, rest } = response;
  if (status === 206) return "a part of what was asked for";
  const written = endpoint.traits.access === "write";
  if (body.length === 0 && rest === undefined) return status === 204 || written ? undefined : "the body is empty";
  const type = response.header("content-type")?.toLowerCase() ?? "application/json";
  // SSZ may begin with any byte.
  if (type.includes("octet-stream")) return undefined;
  const start = textOf(body, 0, 256).trimStart();
  if (type.includes("html") || start.startsWith("<")) return "a page for people";
  // What a publish is answered with beside its status means nothing: some nodes answer with text.
  if (written) return undefined;
  if (!type.includes("json")) return endpoint === unlisted.read ? undefined : "not JSON";
  if (!looksLikeJson(asBuffer(body), rest === undefined)) return "not JSON, or cut short";
  return isNothing(endpoint, body, start) ? fault("missing_data", "no data in the answer") : undefined;
}

/** Some nodes say 200 and `{"data":null}` where others say 404. Source: Charon, which takes it for a failure. */
function isNothing({ traits }: Endpoint, body: Uint8Array, start: string): boolean {
  const signed = traits.priority === 0 && traits.access === "read";
  return signed && body.length < 64 && /^\{\s*"data"\s*:\s*null\s*\}\s*$/.test(start);
}

function looksLikeJson(bytes: Buffer, whole: boolean): boolean {
  if (whole && bytes.length <= checkedBytes) return isJson(bytes.toString("latin1"));
  const open = firstByte(bytes);
  if (open !== 0x7b && open !== 0x5b) return false;
  return !whole || lastByte(bytes) === open + 2;
}

function firstByte(bytes: Buffer): number {
  let at = 0;
  while (isSpace(bytes[at])) at++;
  return bytes[at] ?? 0;
}

function lastByte(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (isSpace(bytes[at])) at--;
  return bytes[at] ?? 0;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** What a node said of an error. */
interface Told {
  readonly message: string;
  /** In the shape of the beacon API, or nearly. */
  readonly shaped: boolean;
  /** Of each message of a publish that failed. */
  readonly failures: readonly string[];
  /** The body when it is an object of JSON, to be shown unchanged. */
  readonly payload: Uint8Array | undefined;
  readonly html: boolean;
}

/** An error is read whole up to this size: one line for each of many thousand messages. */
const mostError = 16 * 1_024 * 1_024;

function readError(response: WireResponse): Told {
  const { body } = response;
  const html =
    (response.header("content-type")?.toLowerCase().includes("html") ?? false) ||
    textOf(body, 0, 256).trimStart().startsWith("<");
  const value = html || body.length > mostError ? undefined : parseJson(asBuffer(body).toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { message: textOf(body, 0, 1_024).trim(), shaped: false, failures: [], payload: undefined, html };
  }
  const { code, message, failures } = value as { code?: unknown; message?: unknown; failures?: unknown };
  return {
    message: typeof message === "string" ? message : "",
    shaped: code !== undefined,
    failures: Array.isArray(failures) ? failures.map(messageOf) : [],
    payload: body,
    html,
  };
}

function messageOf(failure: unknown): string {
  const { message } = (failure ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : "";
}

interface Saying {
  readonly statuses: readonly number[];
  readonly text: RegExp;
  readonly kind: FaultKind;
  readonly source: string;
}

/** What nodes mean by some texts where their status alone says something else. */
export const sayings: readonly Saying[] = [
  {
    statuses: [400, 500],
    text: /liveness tracking (?:is )?not enabled/i,
    kind: "unsupported",
    source: "Teku NodeDataProvider at 90ed09b, Grandine error.rs at bc5c0db: a node started without it",
  },
  {
    statuses: [400, 500],
    text: /unable to retrieve an aggregated attestation|unable to produce contribution using the passed parameters/i,
    kind: "missing_data",
    source: "Nimbus rest_constants.nim at f54a036",
  },
  {
    statuses: [400],
    text: /no cached state available/i,
    kind: "missing_data",
    source: "Lodestar api/impl/beacon/state at 6de0736",
  },
  {
    statuses: [404],
    text: /^Route \S+ not found$|^404 page not found$|^NOT_FOUND$|^(?:Endpoint )?(?:GET|POST) \S+ (?:was )?not found$/i,
    kind: "unsupported",
    source: "Fastify (Lodestar), Go (Prysm, Caplin), warp (Lighthouse), Javalin (Teku): a path that they do not have",
  },
];

/** By status, where no text says otherwise. */
const byStatus: Readonly<Record<number, FaultKind>> = {
  400: "doubtful_request",
  401: "unauthorized",
  402: "quota_exhausted",
  403: "unauthorized",
  404: "missing_data",
  405: "unsupported",
  406: "unsupported_encoding",
  407: "unauthorized",
  408: "server_error",
  410: "unsupported",
  413: "too_large",
  415: "unsupported_encoding",
  429: "rate_limited",
  501: "unsupported",
};

function kindOf(endpoint: Endpoint, status: number, told: Told): FaultKind | "answer" {
  if (endpoint.traits.duty?.duty === "publish" && (status === 400 || status >= 500) && isKnown(told)) return "answer";
  const saying = sayings.find(({ statuses, text }) => statuses.includes(status) && text.test(told.message));
  if (saying) return saying.kind;
  if (status === 503) return isNodeSpeaking(told) ? "not_ready" : "unavailable";
  return byStatus[status] ?? (status < 400 ? "malformed" : status < 500 ? "doubtful_request" : "server_error");
}

/** Has the node all that was sent already? */
function isKnown({ message, failures }: Told): boolean {
  return failures.length > 0 ? failures.every(isDuplicate) : isDuplicate(message);
}

/** Is it the node that says 503, and not a proxy in front of one that is gone? Caplin says it in plain text. */
function isNodeSpeaking({ shaped, message, html }: Told): boolean {
  return !html && (shaped || /sync|optimistic|not ready/i.test(message));
}

function faultOf(kind: FaultKind, status: number, told: Told, retryAfter: number | undefined): Fault {
  const shown = ruleOf(kind).verbatim && !told.html && told.message !== "";
  const detail = shown ? `HTTP ${status}: ${printable(told.message.slice(0, 200))}` : `HTTP ${status}`;
  return fault(kind, detail, told.payload, retryAfter);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
