import assert from "node:assert/strict";
import { test } from "node:test";
import { keccak256 } from "ethers";
import type { Call } from "../../core/call.ts";
import { type Answer, type Fault, fault, type Outcome } from "../../core/outcome.ts";
import type { Inbound, NetworkView } from "../../core/protocol.ts";
import { bytesOf, textOf } from "../../lib/latin1.ts";
import { conform, respond } from "../conformance.ts";
import { createEvm } from "./evm.ts";

const evm = createEvm({ batchItems: 10, jsonDepth: 32, allow: [], deny: [] });
const view: NetworkView = {
  network: "ethereum",
  chain: "11155111",
  head: { latest: 1_000, safe: 968, finalized: 936 },
};

const post = (text: string): Inbound => ({ method: "POST", path: "/", headers: {}, body: Buffer.from(text) });
const request = (method: string, params: string, id = "1") =>
  post(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);

conform("evm", evm as never, {
  requests: [
    { inbound: request("eth_getBalance", '["0xabc","latest"]', '"é😀"'), payload: '"0x1"' },
    { inbound: request("eth_getLogs", '[{"fromBlock":"0x1","toBlock":"latest"}]'), payload: "[]" },
    { inbound: request("eth_sendRawTransaction", '["0x02ff"]'), payload: '"0x2"' },
  ],
  responses: [
    '{"jsonrpc":"2.0","id":1,"result":"0x1"}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"already known"}}',
    '[{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":"0x08c379a0"}}]',
    "<html><body>502</body></html>",
    "",
  ],
});

function callOf(inbound: Inbound, now = view): Call {
  const parsed = evm.parse(inbound, now);
  assert.ok("calls" in parsed);
  return parsed.calls[0] as Call;
}

function replyTo(inbound: Inbound, outcomes: readonly Outcome[], now = view) {
  const parsed = evm.parse(inbound, now);
  assert.ok(!("topics" in parsed));
  if ("status" in parsed) return parsed;
  return evm.encode(parsed.envelope, outcomes, now);
}

const result = (payload: string): Answer => ({
  ok: true,
  status: 200,
  failed: false,
  payload: bytesOf(payload),
  rest: undefined,
  height: undefined,
});
const sentText = (call: Call) => textOf(call.wire.body ?? new Uint8Array());

test("evm: a call goes upstream with our own id and the rest as it came, and comes back under the client's", () => {
  const inbound = request("eth_call", '[ {"data" : "0x", "n":9223372036854775809} , "0x10" ]', "9223372036854775809");
  assert.equal(
    sentText(callOf(inbound)),
    '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[ {"data" : "0x", "n":9223372036854775809} , "0x10" ]}',
  );
  assert.equal(replyTo(inbound, [result('"0x"')]).body, '{"jsonrpc":"2.0","id":9223372036854775809,"result":"0x"}');
});

test("evm: tags become the served number, so that a retry asks for the same state", () => {
  const cases: [string, string, string, number | undefined][] = [
    ["eth_getBalance", '["0xa","latest"]', '["0xa","0x3e8"]', 1_000],
    ["eth_getBalance", '["0xa"]', '["0xa","0x3e8"]', 1_000],
    ["eth_getBlockByNumber", '["finalized",false]', '["0x3a8",false]', 936],
    ["eth_call", '[{},"safe"]', '[{},"0x3c8"]', 968],
    ["eth_getBalance", '["0xa","pending"]', '["0xa","pending"]', undefined],
    ["eth_getBalance", '["0xa","0x10"]', '["0xa","0x10"]', 16],
    ["eth_getTransactionByHash", '["0x1"]', '["0x1"]', 1_000],
  ];
  for (const [method, params, sent, height] of cases) {
    const call = callOf(request(method, params));
    assert.match(sentText(call), new RegExp(`"params":${sent.replace(/[[\](){}]/g, "\\$&")}}$`), method);
    assert.equal(call.height, height, method);
  }
  const unknown = { ...view, head: { latest: -1, safe: -1, finalized: -1 } };
  assert.match(sentText(callOf(request("eth_getBalance", '["0xa","latest"]'), unknown)), /"latest"/);
});

test("evm: identical calls share a key whatever their id; calls at different heads do not; writes share by transaction", () => {
  const key = (inbound: Inbound, now = view) => callOf(inbound, now).key;
  const balance = (id: string) => request("eth_getBalance", '["0xa","latest"]', id);
  assert.equal(key(balance("1")), key(balance('"x"')));
  const next = { ...view, head: { ...view.head, latest: 1_001 } };
  assert.notEqual(key(balance("1")), key(balance("1"), next));
});

test("evm: the chain id is answered without asking anybody, and the head is the served one whoever was asked", () => {
  const chain = evm.parse(request("eth_chainId", "[]"), view);
  assert.ok("calls" in chain && chain.calls.length === 0);
  assert.equal(evm.encode(chain.envelope, [], view).body, '{"jsonrpc":"2.0","id":1,"result":"0xaa36a7"}');
  for (const told of ['"0x3e0"', '"0x3e9"']) {
    const reply = replyTo(request("eth_blockNumber", "[]"), [result(told)]);
    assert.equal(reply.body, '{"jsonrpc":"2.0","id":1,"result":"0x3e8"}', told);
  }
});

test("evm: methods that sign, administer or steer a node are refused by name, and a batch goes on without them", () => {
  for (const method of [
    "eth_sign",
    "personal_unlockAccount",
    "admin_addPeer",
    "engine_newPayloadV4",
    "miner_start",
    "eth_sendTransaction",
  ]) {
    const parsed = evm.parse(
      post(`[{"id":1,"method":"${method}","params":[]},{"id":2,"method":"eth_gasPrice"}]`),
      view,
    );
    assert.ok("calls" in parsed);
    assert.equal(parsed.calls.length, 1);
    const [refused, served] = JSON.parse(
      Buffer.from(evm.encode(parsed.envelope, [result('"0x7"')], view).body).toString(),
    );
    assert.equal(refused.error.code, -32601, method);
    assert.equal(refused.error.data.reason, "method_denied");
    assert.deepEqual(served, { jsonrpc: "2.0", id: 2, result: "0x7" });
  }
});

test("evm: a subscription over HTTP is told what it needs, and nobody is asked", () => {
  const parsed = evm.parse(request("eth_subscribe", '["newHeads"]'), view);
  assert.ok("calls" in parsed && parsed.calls.length === 0);
  assert.match(String(evm.encode(parsed.envelope, [], view).body), /"code":-32601,.*WebSocket.*"needs_websocket"/);
});

test("evm: a node's error keeps code, message and data, byte for byte, and is no fault when it is definitive", () => {
  const error = '{"code":3,"message":"execution reverted: nope","data":"0x08c379a0","x":1.0}';
  const call = callOf(request("eth_call", '[{},"0x1"]'));
  const outcome = evm.classify(call, respond(bytesOf(`{"jsonrpc":"2.0","id":1,"error":${error}}`)), 0);
  assert.ok(outcome?.ok && outcome.failed);
  assert.equal(replyTo(request("eth_call", '[{},"0x1"]'), [outcome]).body, `{"jsonrpc":"2.0","id":1,"error":${error}}`);
});

test("evm: what is left of a transient fault is 503, retry-after and words for programs beside the upstream's own", () => {
  const throttled = fault("rate_limited", "HTTP 429", bytesOf('{"code":-32005,"message":"slow down"}'), 2_500);
  const reply = replyTo(request("eth_gasPrice", "[]"), [throttled]);
  assert.equal(reply.status, 503);
  assert.equal(reply.headers["retry-after"], "3");
  assert.deepEqual(JSON.parse(String(reply.body)).error, {
    code: -32005,
    message: "slow down",
    data: { reason: "rate_limited", retryable: true },
  });
  const unauthorized = fault("unauthorized", "error 401", bytesOf('{"code":-32001,"message":"bad key abcdef"}'));
  assert.doesNotMatch(String(replyTo(request("eth_gasPrice", "[]"), [unauthorized]).body), /abcdef/);
});

test("evm: when all have as many calls as they may have, the code is the one for limits (EIP-1474)", () => {
  for (const kind of ["busy", "overloaded", "rate_limited", "quota_exhausted"] as const) {
    const reply = replyTo(request("eth_gasPrice", "[]"), [fault(kind, "")]);
    assert.deepEqual([reply.status, JSON.parse(String(reply.body)).error.code], [503, -32005], kind);
  }
  assert.equal(
    JSON.parse(String(replyTo(request("eth_gasPrice", "[]"), [fault("timeout", "")]).body)).error.code,
    -32603,
  );
});

test("evm: a method that no upstream has is not found, in the client library's own terms", () => {
  const reply = replyTo(request("trace_block", '["0x1"]'), [
    fault("unsupported", "2 upstreams: 2 without trace_block"),
  ]);
  assert.equal(reply.status, 200);
  assert.equal(JSON.parse(String(reply.body)).error.code, -32601);
});

test("evm: a valid result counts whatever the HTTP status, and null counts unless the fleet has that block", () => {
  const balance = callOf(request("eth_getBalance", '["0xa","latest"]'));
  const odd = evm.classify(balance, respond(bytesOf('{"jsonrpc":"2.0","id":1,"result":"0x5"}'), 500), 0);
  assert.ok(odd?.ok && textOf(odd.payload) === '"0x5"');
  const nothing = respond(bytesOf('{"jsonrpc":"2.0","id":1,"result":null}'));
  const judged = (method: string, params: string) => evm.classify(callOf(request(method, params)), nothing, 0);
  const missing = judged("eth_getBlockByNumber", '["0x10",false]');
  assert.ok(missing && !missing.ok && missing.kind === "missing_data");
  for (const [method, params] of [
    ["eth_getBlockByNumber", '["0xffffff",false]'],
    ["eth_getTransactionReceipt", '["0x1"]'],
  ] as const) {
    assert.ok(judged(method, params)?.ok, method);
  }
});

test("evm: a transaction that the node knows already is the client's success, with its hash", () => {
  const raw = "0x02f8";
  const call = callOf(request("eth_sendRawTransaction", `["${raw}"]`));
  const known = evm.classify(
    call,
    respond(bytesOf('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"already known"}}')),
    0,
  );
  assert.ok(known?.ok && !known.failed);
  assert.equal(textOf(known.payload), `"${keccak256(raw)}"`);
});

test("evm: a used nonce is looked up by the transaction's own hash: there, it was this one", () => {
  const raw = "0x02f8";
  const call = callOf(request("eth_sendRawTransaction", `["${raw}"]`));
  const outcome = evm.classify(
    call,
    respond(bytesOf('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"nonce too low"}}')),
    0,
  ) as Fault;
  assert.equal(outcome.kind, "already_used");
  const confirmation = evm.confirmation?.(call);
  assert.ok(confirmation);
  assert.equal(
    sentText(confirmation.call),
    `{"jsonrpc":"2.0","id":1,"method":"eth_getTransactionByHash","params":["${keccak256(raw)}"]}`,
  );
  const found = confirmation.conclude(result('{"hash":"0x1"}'));
  assert.ok(found && textOf(found.payload) === `"${keccak256(raw)}"`);
  for (const told of [result("null"), fault("timeout", "late")]) assert.equal(confirmation.conclude(told), undefined);
  assert.equal(evm.confirmation?.(callOf(request("eth_getBalance", '["0xa"]'))), undefined);
});

test("evm: anything but POST is told how to ask", () => {
  const reply = replyTo({ method: "GET", path: "/", headers: {}, body: new Uint8Array() }, []);
  assert.equal(reply.status, 405);
  assert.equal(reply.headers["allow"], "POST");
  assert.match(String(reply.body), /POST/);
});
