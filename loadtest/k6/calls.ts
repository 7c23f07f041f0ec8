import http, { type RefinedResponse } from "k6/http";

/** Where clients are served; `k6 run -e BREAKWATER_URL=http://... loadtest/smoke.ts` for another than the default. */
export const url = __ENV["BREAKWATER_URL"] ?? "http://127.0.0.1:8545";

/** How long a client waits for an answer: what viem has by default. */
const timeout = __ENV["TIMEOUT"] ?? "10s";

/** What dApps ask most: the head, state at the head, blocks, logs. */
const calls: readonly (readonly [method: string, params: (turn: number) => unknown[]])[] = [
  ["eth_blockNumber", () => []],
  ["eth_getBalance", (turn) => [`0x${turn.toString(16).padStart(40, "0")}`, "latest"]],
  [
    "eth_call",
    (turn) => [{ to: `0x${"11".repeat(20)}`, data: `0x70a08231${turn.toString(16).padStart(64, "0")}` }, "latest"],
  ],
  ["eth_getBlockByNumber", () => ["latest", false]],
  ["eth_getLogs", () => [{ fromBlock: "latest", toBlock: "latest" }]],
];

/** What a client may have to complain of. */
export const complaints = [
  "timeout",
  "connection",
  "http_4xx",
  "http_5xx",
  "rpc_error",
  "no_result",
  "stale_head",
] as const;
export type Complaint = (typeof complaints)[number];

/** One call as its client saw it. */
export interface Asked {
  readonly response: RefinedResponse<"text">;
  readonly complaint: Complaint | undefined;
}

/** A head this many blocks old is a wrong answer; up to three blocks count as keeping up. */
const staleBlocks = 5;

/** Makes the call whose turn it is. `tip` is the newest block that there must be by now; 0 when that is not known. */
export function ask(turn: number, tip = 0, headers: Record<string, string> = {}): Asked {
  const [method, params] = calls[turn % calls.length] as (typeof calls)[number];
  const body = JSON.stringify({ jsonrpc: "2.0", id: turn, method, params: params(turn) });
  const response = http.post<"text">(url, body, {
    headers: { "content-type": "application/json", ...headers },
    tags: { name: method },
    responseType: "text",
    timeout,
  });
  return { response, complaint: complaintOf(response, turn, method, tip) };
}

function complaintOf(
  response: RefinedResponse<"text">,
  turn: number,
  method: string,
  tip: number,
): Complaint | undefined {
  const { status, error_code: code } = response;
  if (status === 0) return code === 1050 ? "timeout" : "connection";
  if (status >= 500) return "http_5xx";
  if (status !== 200) return "http_4xx";
  const reply = parsed(response.body);
  if (reply?.error !== undefined) return "rpc_error";
  if (reply?.id !== turn || reply.result === undefined || reply.result === null) return "no_result";
  const head = headIn(method, reply.result);
  return head !== undefined && head < tip - staleBlocks ? "stale_head" : undefined;
}

/** The newest block that an answer tells of. */
function headIn(method: string, result: unknown): number | undefined {
  if (method === "eth_blockNumber") return Number(result);
  if (method === "eth_getBlockByNumber") return Number((result as { readonly number: string }).number);
  return undefined;
}

function parsed(
  text: string,
): { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The head of the chain as whoever serves it tells. */
export function headNow(): number {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "eth_blockNumber" });
  const response = http.post<"text">(url, body, {
    headers: { "content-type": "application/json" },
    responseType: "text",
  });
  return Number(parsed(response.body ?? "")?.result ?? 0) || 0;
}
