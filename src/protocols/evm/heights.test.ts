import assert from "node:assert/strict";
import { test } from "node:test";
import { boundTo, emptyMeans, heightProvedBy } from "./heights.ts";

const head = { latest: 1_000, safe: 968, finalized: 936 };
const unknownHead = { latest: -1, safe: -1, finalized: -1 };
const hash = `0x${"ab".repeat(32)}`;
const to = `0x${"11".repeat(20)}`;

/** What is left of a bound when what does not apply is left out. */
function bound(method: string, params: unknown, at = head) {
  const { height, floor, state, replacements } = boundTo(method, params, at);
  return { height, floor, state, changes: replacements.map(({ index, text }) => [index, JSON.parse(text)]) };
}

const unbound = { height: undefined, floor: undefined, state: false, changes: [] };

test("boundTo: tags become the served numbers, wherever a method has its block", () => {
  for (const [method, params, index] of [
    ["eth_getBlockByNumber", ["latest", true], 0],
    ["eth_getBlockReceipts", ["latest"], 0],
    ["eth_getBalance", [to, "latest"], 1],
    ["eth_call", [{ to }, "latest", {}], 1],
    ["eth_estimateGas", [{ to }, "latest"], 1],
    ["eth_createAccessList", [{ to }, "latest"], 1],
    ["eth_simulateV1", [{ blockStateCalls: [] }, "latest"], 1],
    ["eth_getStorageAt", [to, "0x0", "latest"], 2],
    ["eth_getProof", [to, [], "latest"], 2],
    ["debug_traceBlockByNumber", ["latest", {}], 0],
    ["debug_traceCall", [{ to }, "latest", {}], 1],
    ["trace_block", ["latest"], 0],
    ["trace_call", [{ to }, ["trace"], "latest"], 2],
    ["trace_callMany", [[], "latest"], 1],
  ] as const) {
    const { height, floor, changes } = bound(method, params);
    assert.deepEqual({ height, floor, changes }, { height: 1_000, floor: 1_000, changes: [[index, "0x3e8"]] }, method);
  }
});

const call = (block?: unknown) => (block === undefined ? [{ to }] : [{ to }, block]);
const atHead = { height: 1_000, floor: 1_000, state: true, changes: [[1, "0x3e8"]] };

for (const [subject, params, expected] of [
  ["safe", call("safe"), { height: 968, floor: 968, state: true, changes: [[1, "0x3c8"]] }],
  ["finalized", call("finalized"), { height: 936, floor: 936, state: true, changes: [[1, "0x3a8"]] }],
  ["an absent block", call(), atHead],
  ["a null block", call(null), atHead],
  ["a tag in an object (EIP-1898)", call({ blockNumber: "latest" }), atHead],
  ["a number", call("0x10"), { height: 16, floor: 16, state: true, changes: [] }],
  ["a number in an object", call({ blockNumber: "0x10" }), { height: 16, floor: 16, state: true, changes: [] }],
  ["the newest number", call("0x3e8"), { height: 1_000, floor: 1_000, state: true, changes: [] }],
  ["earliest", call("earliest"), { height: 0, floor: 0, state: true, changes: [] }],
  ["a number above the head", call("0x3e9"), unbound],
  ["pending", call("pending"), unbound],
  ["a hash", call(hash), unbound],
  ["a hash in an object", call({ blockHash: hash, requireCanonical: true }), unbound],
  ["a hash and a number in one object", call({ blockHash: hash, blockNumber: "latest" }), unbound],
  ["a JSON number", call(16), unbound],
  ["a number beyond 2^53", call("0xfffffffffffffff"), unbound],
  ["nonsense", call("newest"), unbound],
  ["parameters by name", { block: "latest" }, unbound],
  ["no parameters", undefined, unbound],
] as const) {
  test(`boundTo: eth_call at ${subject}`, () => {
    assert.deepEqual(bound("eth_call", params), expected);
  });
}

test("boundTo: while the head is unknown nothing is rewritten and nobody is excluded", () => {
  assert.deepEqual(bound("eth_call", call("latest"), unknownHead), unbound);
  assert.deepEqual(bound("eth_call", call("0x10"), unknownHead), unbound);
  assert.deepEqual(bound("eth_getLogs", [{}], unknownHead), unbound);
});

test("boundTo: a tag whose number is unknown is left to the upstream", () => {
  assert.deepEqual(bound("eth_call", call("finalized"), { ...head, finalized: -1 }), unbound);
});

test("boundTo: no block is added where clients differ in what its absence means, or where others are missing too", () => {
  for (const [method, params] of [
    ["eth_estimateGas", [{ to }]],
    ["eth_createAccessList", [{ to }]],
    ["debug_traceCall", [{ to }]],
    ["eth_getBlockByNumber", []],
    ["eth_getStorageAt", [to]],
    ["eth_getTransactionCount", [to, "pending"]],
    ["eth_newFilter", [{ fromBlock: "latest" }]],
    ["eth_chainId", []],
  ] as const) {
    assert.deepEqual(bound(method, params), unbound, method);
  }
});

for (const [subject, filter, expected] of [
  ["both ends absent", { address: to }, [1_000, 1_000, { address: to, fromBlock: "0x3e8", toBlock: "0x3e8" }]],
  ["no start", { toBlock: "0x3e8" }, [1_000, 1_000, { fromBlock: "0x3e8", toBlock: "0x3e8" }]],
  ["an open end", { fromBlock: "0x10" }, [1_000, 16, { fromBlock: "0x10", toBlock: "0x3e8" }]],
  ["tags", { fromBlock: "finalized", toBlock: "safe" }, [968, 936, { fromBlock: "0x3a8", toBlock: "0x3c8" }]],
  ["numbers", { fromBlock: "0x10", toBlock: "0x20" }, [32, 16, undefined]],
  ["an end above the head", { fromBlock: "0x10", toBlock: "0x7d0" }, [1_000, 16, undefined]],
  ["pending as its end", { fromBlock: "earliest", toBlock: "pending" }, [1_000, 0, undefined]],
  ["a block by hash", { blockHash: hash }, [1_000, undefined, undefined]],
  ["a null hash", { blockHash: null, fromBlock: "0x1", toBlock: "0x2" }, [2, 1, undefined]],
  ["a list for a filter", [to], [undefined, undefined, undefined]],
] as const) {
  test(`boundTo: eth_getLogs with ${subject}`, () => {
    const { height, floor, changes } = bound("eth_getLogs", [filter]);
    assert.deepEqual([height, floor, changes[0]?.[1]], expected);
  });
}

test("boundTo: what is looked up by its hash needs an upstream with every block that clients know of", () => {
  for (const method of ["eth_getTransactionReceipt", "eth_getTransactionByHash", "eth_getBlockByHash"]) {
    assert.deepEqual(bound(method, [hash]), { height: 1_000, floor: undefined, state: false, changes: [] }, method);
  }
});

test("boundTo: a rewritten filter keeps every character in one byte", () => {
  const { replacements } = boundTo("eth_getLogs", [{ address: "\u00e9\u20ac", toBlock: "0x1" }], head);
  assert.equal(replacements[0]?.text, '{"address":"\u00e9\\u20ac","toBlock":"0x1","fromBlock":"0x3e8"}');
});

test("boundTo: the ends of trace_filter are bound only where they are given", () => {
  assert.deepEqual(bound("trace_filter", [{ fromAddress: [to] }]), { ...unbound, height: 1_000 });
  assert.deepEqual(bound("trace_filter", [{ fromBlock: "0x10", toBlock: "latest" }]), {
    height: 1_000,
    floor: 16,
    state: false,
    changes: [[0, { fromBlock: "0x10", toBlock: "0x3e8" }]],
  });
});

test("boundTo: a fee history reaches back from its newest block", () => {
  const expected = { height: 1_000, floor: 981, state: false, changes: [[1, "0x3e8"]] };
  assert.deepEqual(bound("eth_feeHistory", ["0x14", "latest", [50]]), expected);
  assert.deepEqual(bound("eth_feeHistory", [20, "latest"]), expected);
  assert.equal(bound("eth_feeHistory", ["0x400", "0x10"]).floor, 0);
});

for (const [method, height, meaning] of [
  ["eth_getBlockByNumber", 990, "missing"],
  ["eth_getBlockReceipts", 990, "missing"],
  ["trace_block", 990, "missing"],
  ["eth_getBlockByNumber", undefined, "legal"],
  ["eth_getBlockByHash", undefined, "legal"],
  ["eth_getTransactionByHash", undefined, "legal"],
  ["eth_getTransactionReceipt", undefined, "legal"],
  ["eth_getUncleByBlockNumberAndIndex", 990, "legal"],
  ["eth_getLogs", 990, "legal"],
  ["eth_getBalance", 990, "broken"],
  ["eth_getBalance", undefined, "legal"],
  ["eth_blockNumber", undefined, "broken"],
  ["eth_sendRawTransaction", undefined, "broken"],
  ["some_newMethod", undefined, "legal"],
] as const) {
  test(`emptyMeans: null from ${method} at ${height ?? "no known height"} is ${meaning}`, () => {
    assert.equal(emptyMeans(method, height), meaning);
  });
}

for (const [subject, method, payload, expected] of [
  ["the head", "eth_blockNumber", '"0x3e8"', 1_000],
  ["a block", "eth_getBlockByNumber", '{"hash":"0x1","number":"0x3e8","transactions":[]}', 1_000],
  ["a block, written with spaces", "eth_getBlockByHash", '{"hash": "0x1", "number": "0x3e8"}', 1_000],
  ["receipts of a block", "eth_getBlockReceipts", '[{"blockNumber":"0x3e8"}]', 1_000],
  ["a receipt", "eth_getTransactionReceipt", '{"blockHash":"0x1","blockNumber":"0x3e8"}', 1_000],
  [
    "a pending transaction",
    "eth_getTransactionByHash",
    '{"blockHash":null,"blockNumber":null,"gas":"0x5208"}',
    undefined,
  ],
  [
    "a block number far back in a large block",
    "eth_getBlockByNumber",
    `{"x":"${"0".repeat(5_000)}","number":"0x3e8"}`,
    undefined,
  ],
  ["no block", "eth_getBlockByNumber", "null", undefined],
  ["a balance", "eth_getBalance", '"0x3e8"', undefined],
  ["an absurd head", "eth_blockNumber", '"0xfffffffffffffff"', undefined],
  ["nothing", "eth_blockNumber", "", undefined],
] as const) {
  test(`heightProvedBy: ${subject} proves ${expected ?? "no height"}`, () => {
    assert.equal(heightProvedBy(method, Buffer.from(payload)), expected);
  });
}
