import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical } from "./canonical.ts";

const json = (value: unknown) => JSON.stringify(value);

test("canonical: honest nodes that write the same differently are not set against each other", () => {
  const log = { address: "0xAb", topics: ["0x0A"], data: "0x00", blockNumber: "0x1", logIndex: "0x0" };
  const block = { number: "0x1b", hash: "0xab", gasUsed: "0x5208", transactions: ["0x1"] };
  const table: [name: string, method: string, a: unknown, b: unknown][] = [
    ["order of members", "eth_getBlockByNumber", block, Object.fromEntries(Object.entries(block).reverse())],
    ["capitals of a checksum", "eth_getLogs", [log], [{ ...log, address: "0xaB" }]],
    ["leading zeros", "eth_getBalance", "0x05", "0x5"],
    ["nought", "eth_getBalance", "0x0", "0x00"],
    ["leading zeros in a block", "eth_getBlockByNumber", block, { ...block, gasUsed: "0x05208" }],
    ["a word without its zeros", "eth_getStorageAt", "0x1", `0x${"1".padStart(64, "0")}`],
    ["null and missing", "eth_getTransactionReceipt", { to: null, status: "0x1" }, { status: "0x1" }],
    ["total difficulty", "eth_getBlockByNumber", block, { ...block, totalDifficulty: "0x3" }],
    ["the time of a log", "eth_getLogs", [log], [{ ...log, blockTimestamp: "0x65" }]],
    ["removed", "eth_getLogs", [log], [{ ...log, removed: false }]],
    ["a mined log", "eth_getLogs", [log], [{ ...log, type: "mined", transactionLogIndex: "0x0" }]],
    ["parity beside v", "eth_getTransactionByHash", { v: "0x1" }, { v: "0x1", yParity: "0x1", accessList: [] }],
  ];
  for (const [name, method, a, b] of table) assert.equal(canonical(method, json(a)), canonical(method, json(b)), name);
});

test("canonical: what differs stays different", () => {
  const log = { address: "0xab", topics: ["0x0a"], data: "0x00" };
  const table: [name: string, method: string, a: unknown, b: unknown][] = [
    ["another balance", "eth_getBalance", "0x5", "0x50"],
    ["bytes are no number", "eth_call", "0x05", "0x5"],
    ["data with leading zeros", "eth_getLogs", [log], [{ ...log, data: "0x0000" }]],
    ["a log is missing", "eth_getLogs", [log, log], [log]],
    ["logs in another order", "eth_getLogs", [log, { ...log, data: "0x" }], [{ ...log, data: "0x" }, log]],
    ["another hash", "eth_getBlockByNumber", { hash: "0x1" }, { hash: "0x2" }],
    ["nothing at all", "eth_getTransactionReceipt", null, { status: "0x1" }],
    ["a failed receipt", "eth_getTransactionReceipt", { status: "0x0" }, { status: "0x1" }],
    ["another type", "eth_getTransactionReceipt", { type: "0x0" }, { type: "0x2" }],
  ];
  for (const [name, method, a, b] of table) {
    assert.notEqual(canonical(method, json(a)), canonical(method, json(b)), name);
  }
  assert.equal(canonical("eth_call", "{"), undefined);
});

test("canonical: what is nested to break whoever reads it says nothing", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  assert.equal(canonical("eth_getLogs", deep), undefined);
  assert.equal(canonical("eth_getBalance", `{"a":${deep}}`), undefined);
});
