import { check } from "k6";
import http, { type RefinedResponse } from "k6/http";

/** Where Breakwater serves; `k6 run -e BREAKWATER_URL=http://... loadtest/smoke.ts` for another than the default. */
const url = __ENV["BREAKWATER_URL"] ?? "http://127.0.0.1:8545";

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

/** Makes the call whose turn it is and checks that it got a result. */
export function ask(turn: number): RefinedResponse<"text"> {
  const [method, params] = calls[turn % calls.length] as (typeof calls)[number];
  const body = JSON.stringify({ jsonrpc: "2.0", id: turn, method, params: params(turn) });
  const response = http.post<"text">(url, body, {
    headers: { "content-type": "application/json" },
    tags: { name: method },
    responseType: "text",
  });
  check(response, {
    "status is 200": ({ status }) => status === 200,
    "has a result": () => response.json("result") !== undefined,
    "id is echoed": () => response.json("id") === turn,
  });
  return response;
}
