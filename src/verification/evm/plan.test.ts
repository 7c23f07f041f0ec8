import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "./plan.ts";

const body = (method: string, ...params: unknown[]) =>
  Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
const hash = `0x${"ab".repeat(32)}`;

test("plan: what is checked is asked again by the hash of its block", () => {
  const table: [Buffer, unknown][] = [
    [body("eth_getBalance", "0x1", "0x10"), ["eth_getBalance", "0x1", { blockHash: hash }]],
    [body("eth_getStorageAt", "0x1", "0x0", "0x10"), ["eth_getStorageAt", "0x1", "0x0", { blockHash: hash }]],
    [body("eth_call", { to: "0x1" }, "0x10", {}), ["eth_call", { to: "0x1" }, { blockHash: hash }, {}]],
    [body("eth_getBlockByNumber", "0x10", true), ["eth_getBlockByHash", hash, true]],
    [body("eth_getBlockReceipts", "0x10"), ["eth_getBlockReceipts", { blockHash: hash }]],
    [
      body("eth_getLogs", { fromBlock: "0x10", toBlock: "0x10", topics: [] }),
      ["eth_getLogs", { topics: [], blockHash: hash }],
    ],
    [
      body("eth_getLogs", { fromBlock: "0x1", toBlock: "0x10" }),
      ["eth_getLogs", { fromBlock: "0x1", toBlock: "0x10" }],
    ],
    [body("eth_getTransactionReceipt", "0x2"), ["eth_getTransactionReceipt", "0x2"]],
  ];
  for (const [request, expected] of table) {
    const plan = planOf(request);
    assert.ok(plan, request.toString());
    assert.deepEqual([plan.pinnedMethod, ...plan.pinned(hash)], expected);
  }
  assert.equal(planOf(body("eth_getLogs", { fromBlock: "0x1", toBlock: "0x10" }))?.height, 16);
});

test("plan: what honest nodes may answer differently, or that moves, is never checked", () => {
  const requests = [
    body("eth_getBalance", "0x1", "latest"),
    body("eth_getBalance", "0x1"),
    body("eth_getBalance", "0x1", "pending"),
    body("eth_getBalance", "0x1", { blockHash: hash }),
    body("eth_getLogs", { fromBlock: "0x1", toBlock: "latest" }),
    body("eth_getLogs", { fromBlock: "0x2", toBlock: "0x1" }),
    body("eth_getLogs", { blockHash: hash }),
    body("eth_gasPrice"),
    body("eth_estimateGas", {}, "0x1"),
    body("eth_sendRawTransaction", "0x1"),
    body("debug_traceTransaction", "0x1"),
    body("constructor"),
    Buffer.from("{"),
    Buffer.from('{"method":"eth_getBalance"}'),
  ];
  for (const request of requests) assert.equal(planOf(request), undefined, request.toString());
  assert.equal(planOf(undefined), undefined);
});
