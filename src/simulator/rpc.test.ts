import assert from "node:assert/strict";
import { test } from "node:test";
import { Chain } from "./chain.ts";
import { answerRequests, readRequests } from "./rpc.ts";
import type { ChainView } from "./rpc-params.ts";

const chain = new Chain({ seed: 1, chainId: 1337, blockTimeMs: 2_000 });
const honest: ChainView = { chain, head: 1_000, tip: 1_000, client: "geth/v1", salt: "" };
const account = `0x${"11".repeat(20)}`;
const [first] = chain.transactions(1_000);

function ask(view: ChainView, method: string, ...params: unknown[]) {
  return JSON.parse(answerRequests(view, { id: 1, method, params }));
}

test("rpc: the usual questions get answers of the usual form", () => {
  const table: [method: string, params: unknown[], result: RegExp][] = [
    ["eth_chainId", [], /^0x539$/],
    ["net_version", [], /^1337$/],
    ["web3_clientVersion", [], /^geth\/v1$/],
    ["eth_blockNumber", [], /^0x3e8$/],
    ["eth_getBalance", [account, "latest"], /^0x[0-9a-f]+$/],
    ["eth_getTransactionCount", [account, "0x3e8"], /^0x[0-9a-f]+$/],
    ["eth_getCode", [account, "latest"], /^0x$/],
    ["eth_getStorageAt", [account, "0x0", "latest"], /^0x[0-9a-f]{64}$/],
    ["eth_call", [{ to: account, data: "0x70a08231" }, "latest"], /^0x[0-9a-f]{64}$/],
    ["eth_estimateGas", [{ to: account }], /^0x/],
    ["eth_gasPrice", [], /^0x/],
    ["eth_sendRawTransaction", [`0x02${"ab".repeat(40)}`], /^0x[0-9a-f]{64}$/],
  ];
  for (const [method, params, result] of table) assert.match(ask(honest, method, ...params).result, result, method);
});

test("rpc: what is wrong with a request is told as geth tells it", () => {
  const table: [method: string, params: unknown[], code: number][] = [
    ["eth_nonsense", [], -32601],
    ["toString", [], -32601],
    ["eth_getBalance", [], -32602],
    ["eth_getBalance", ["0x12", "latest"], -32602],
    ["eth_getBlockByNumber", ["newest", false], -32602],
    ["eth_getBlockByHash", ["0x12", false], -32602],
    ["eth_getBalance", [account, "0x3e9"], -32000],
    ["eth_call", [{ to: account }, "0x3e9"], -32000],
    ["eth_sendRawTransaction", ["hello"], -32602],
    ["eth_getLogs", [{ fromBlock: "0x0", toBlock: "0xffffff" }], -32005],
    ["eth_call", [{ to: account, data: "0x08c379a0ff" }, "latest"], 3],
  ];
  for (const [method, params, code] of table) assert.equal(ask(honest, method, ...params).error.code, code, method);
  assert.equal(JSON.parse(answerRequests(honest, readRequests(Buffer.from("{")))).error.code, -32700);
  assert.equal(JSON.parse(answerRequests(honest, [])).error.code, -32600);
});

test("rpc: a block that is yet to come is null, and so is a receipt of a transaction in it", () => {
  assert.equal(ask(honest, "eth_getBlockByNumber", "0x3e9", false).result, null);
  assert.equal(ask({ ...honest, head: 999 }, "eth_getTransactionReceipt", first?.hash).result, null);
  assert.equal(ask({ ...honest, head: 999 }, "eth_getTransactionByHash", first?.hash).result.blockNumber, null);
});

test("rpc: block, transaction, receipt and logs tell the same story", () => {
  const block = ask(honest, "eth_getBlockByNumber", "latest", true).result;
  assert.equal(block.hash, ask(honest, "eth_getBlockByHash", block.hash, true).result.hash);
  assert.equal(block.parentHash, ask(honest, "eth_getBlockByNumber", "0x3e7", false).result.hash);
  const receipt = ask(honest, "eth_getTransactionReceipt", block.transactions[0].hash).result;
  assert.equal(receipt.blockHash, block.hash);
  const logs = ask(honest, "eth_getLogs", { blockHash: block.hash }).result;
  assert.deepEqual(logs[0], receipt.logs[0]);
  assert.equal(logs.length, block.transactions.length);
  const filtered = ask(honest, "eth_getLogs", { fromBlock: "latest", topics: [null, logs[0].topics[1]] }).result;
  assert.deepEqual(filtered, [logs[0]]);
});

test("rpc: upstreams agree on state, one with another salt contradicts them", () => {
  const balance = (view: ChainView) => ask(view, "eth_getBalance", account, "0x3e0").result;
  assert.equal(balance(honest), balance({ ...honest, head: 995 }));
  assert.notEqual(balance(honest), balance({ ...honest, salt: "wrong" }));
});

test("rpc: a batch is answered in order, without entries for notifications", () => {
  const batch = [{ id: "a", method: "eth_chainId" }, { method: "eth_chainId" }, { id: null, method: "nope" }];
  const replies = JSON.parse(answerRequests(honest, batch));
  assert.deepEqual(
    replies.map((one: { id: unknown }) => one.id),
    ["a", null],
  );
  assert.equal(answerRequests(honest, [{ method: "eth_chainId" }]), "");
});
