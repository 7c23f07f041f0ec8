import assert from "node:assert/strict";
import { test } from "node:test";
import { createMethodRules, traitsOf } from "./methods.ts";

/** One well-known method of each class. */
const known = {
  static: "eth_chainId",
  head: "eth_gasPrice",
  block: "eth_getBlockByNumber",
  transaction: "eth_getTransactionReceipt",
  logs: "eth_getLogs",
  state: "eth_getBalance",
  call: "eth_estimateGas",
  simulation: "debug_traceCall",
  trace: "trace_block",
  mempool: "txpool_content",
  filter: "eth_getFilterChanges",
  send: "eth_sendRawTransaction",
  subscription: "eth_subscribe",
};

test("traits: methods of one class share one frozen object, so that policies are composed once per class", () => {
  for (const [name, method] of Object.entries(known)) {
    assert.equal(traitsOf(method).name, name);
    assert.ok(Object.isFrozen(traitsOf(method)));
  }
  assert.equal(traitsOf("eth_getBalance"), traitsOf("eth_getCode"));
});

test("traits: an unknown method is never raced, shared or repeated after it may have been delivered", () => {
  for (const method of ["mev_sendBundle", "eth_sendRawTransactionSync", "constructor", ""]) {
    const { name, hedge, coalesce, repeat, access } = traitsOf(method);
    assert.deepEqual(
      { name, hedge, coalesce, repeat, access },
      { name: "unknown", hedge: false, coalesce: false, repeat: "undelivered", access: "read" },
    );
  }
});

test("traits: only reads that any node answers alike are raced or shared", () => {
  for (const method of Object.values(known)) {
    const { access, hedge, coalesce } = traitsOf(method);
    if (access !== "read") assert.deepEqual([hedge, coalesce], [false, false], method);
  }
});

test("traits: what one node keeps is asked of it twice only when it never heard, and a signed transaction may be sent twice", () => {
  assert.equal(traitsOf("eth_newFilter").repeat, "undelivered");
  assert.equal(traitsOf("eth_getFilterChanges").repeat, "undelivered");
  assert.equal(traitsOf("eth_sendRawTransaction").repeat, "always");
  assert.equal(traitsOf("eth_sendRawTransaction").access, "write");
});

test("method rules: what signs with the node's keys or changes the node is denied by default", () => {
  const allows = createMethodRules({ allow: [], deny: [] });
  for (const method of [
    "eth_sendTransaction",
    "eth_sign",
    "eth_signTypedData_v4",
    "personal_unlockAccount",
    "PERSONAL_sign",
    "admin_addPeer",
    "engine_newPayloadV4",
    "miner_start",
    "wallet_addEthereumChain",
    "debug_setHead",
    "debug_chaindbCompact",
    "debug_traceBlockFromFile",
    "anvil_setBalance",
    "evm_mine",
    "hardhat_reset",
  ]) {
    assert.equal(allows(method), false, method);
  }
  for (const method of [...Object.values(known), "eth_accounts", "debug_traceTransaction", "some_newMethod"]) {
    assert.equal(allows(method), true, method);
  }
});

test("method rules: allow opens what is denied by default, and deny is stronger than both", () => {
  const allows = createMethodRules({ allow: ["evm_*", "debug_setHead"], deny: ["debug_*", "eth_call"] });
  assert.deepEqual(
    ["evm_mine", "anvil_mine", "debug_setHead", "debug_traceCall", "eth_call", "eth_callMany"].map(allows),
    [true, false, false, false, false, true],
  );
});

test("method rules: a name that no server could have is refused, also when all is allowed", () => {
  const allows = createMethodRules({ allow: ["*"], deny: [] });
  for (const method of [
    "",
    "rate limit exceeded",
    'x" too many requests',
    "_x",
    "1x",
    "é_x",
    `eth_${"x".repeat(61)}`,
  ]) {
    assert.equal(allows(method), false, method);
  }
  for (const method of ["web3_sha3", "rpc.discover", "eth_getRawTransactionByBlockNumberAndIndex"]) {
    assert.equal(allows(method), true, method);
  }
});
