import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../../core/call.ts";
import { type Answer, type FaultKind, fault, faultKinds, type Outcome, ruleOf } from "../../core/outcome.ts";
import type { Inbound, NetworkView, NodeView, Reply } from "../../core/protocol.ts";
import { conform } from "../conformance.ts";
import { createBeacon } from "./beacon.ts";
import { statuses } from "./encode.ts";

const beacon = createBeacon({ allow: [], deny: [] });
const view: NetworkView = { network: "n", chain: "1", head: { latest: 9, safe: 8, finalized: 7 } };
const at = (node: Partial<NodeView>): NetworkView => ({
  ...view,
  node: { state: "ready", head: 123, distance: 0, primary: "bn-1", ...node },
});

const get = (path: string, headers: Inbound["headers"] = {}): Inbound => ({
  method: "GET",
  path,
  headers,
  body: new Uint8Array(0),
});
const post = (path: string, body: string | Uint8Array, headers: Inbound["headers"] = {}): Inbound => ({
  method: "POST",
  path,
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(body),
});

function callOf(inbound: Inbound, now = view, protocol = beacon): Call {
  const result = protocol.parse(inbound, now);
  assert.ok("calls" in result, `${inbound.path}: ${JSON.stringify(result)}`);
  return result.calls[0] as Call;
}

function replyOf(inbound: Inbound, now = view, protocol = beacon): Reply {
  const result = protocol.parse(inbound, now);
  assert.ok("status" in result, inbound.path);
  return result;
}

function told(inbound: Inbound, outcome: Outcome): Reply {
  const result = beacon.parse(inbound, view);
  assert.ok("calls" in result);
  return beacon.encode(result.envelope, [outcome], view);
}

const answer = (payload: string | Uint8Array, parts: Partial<Answer> = {}): Answer => ({
  ok: true,
  status: 200,
  failed: false,
  payload: Buffer.from(payload),
  rest: undefined,
  height: undefined,
  ...parts,
});
const bodyOf = ({ body }: Reply) => JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString());

conform("beacon", beacon as never, {
  requests: [
    { inbound: get("/eth/v1/validator/attestation_data?slot=5&committee_index=0"), payload: '{"data":{}}' },
    { inbound: post("/eth/v1/validator/duties/attester/7", '["1","2"]'), payload: '{"data":[]}' },
    { inbound: post("/eth/v2/beacon/pool/attestations", '[{"data":{"slot":"5"}}]'), payload: "" },
    { inbound: get("/eth/v2/beacon/blocks/0xabc"), payload: '{"data":1}' },
  ],
  responses: [
    '{"data":{"slot":"1"}}',
    '{"code":400,"message":"no","failures":[{"index":0,"message":"PriorAttestationKnown"},{"index":1}]}',
    '{"code":503,"message":"Beacon node is currently syncing"}',
    "<html>502</html>",
    "",
  ],
  statuses: Object.fromEntries(
    faultKinds
      .map((kind): [FaultKind, number] => [kind, kind === "unsupported_encoding" ? 406 : statuses[kind]])
      .filter(([kind, status]) => status !== ruleOf(kind).status),
  ),
});

test("beacon: a request goes to the node as it came, with the API's own headers and none that names the client", () => {
  const { wire } = callOf(
    post("/eth/v2/beacon/blocks?broadcast_validation=gossip&x=%2F%61", new Uint8Array([1, 0, 255]), {
      "content-type": "application/octet-stream",
      accept: "*/*",
      "eth-consensus-version": "electra",
      "eth-of-a-later-fork": "1",
      "eth-builder-url": ["http://b"],
      "date-milliseconds": "1700000000000",
      host: "us",
      connection: "close",
      authorization: "Bearer secret",
      cookie: "c",
      "x-api-key": "secret",
      "x-forwarded-for": "10.0.0.1",
      "content-encoding": "gzip",
      "content-length": "3",
    }),
  );
  assert.deepEqual(wire, {
    method: "POST",
    path: "/eth/v2/beacon/blocks?broadcast_validation=gossip&x=%2F%61",
    headers: {
      "content-type": "application/octet-stream",
      accept: "*/*",
      "eth-consensus-version": "electra",
      "eth-of-a-later-fork": "1",
      "eth-builder-url": "http://b",
      "date-milliseconds": "1700000000000",
    },
    body: Buffer.from([1, 0, 255]),
  });
});

test("beacon: an answer reaches the validator client byte for byte, with its status and all headers", () => {
  const block = Buffer.from([0, 255, 128, 10]);
  const headers = { "content-type": "application/octet-stream", "eth-consensus-version": "fulu", "eth-new": "1" };
  const produce = get("/eth/v3/validator/blocks/5?randao_reveal=0x00");
  const reply = told(produce, answer(block, { headers }));
  assert.deepEqual([reply.status, reply.headers, Buffer.from(reply.body)], [200, headers, block]);
  const publish = post("/eth/v2/beacon/blocks", "{}");
  assert.equal(told(publish, answer("", { status: 202 })).status, 202);
  assert.equal(told(get("/eth/v1/validator/payload_attestation_data?slot=1"), answer("", { status: 204 })).status, 204);
  const failures = '{"code":400,"message":"m","failures":[{"index":1,"message":"x"}]}';
  assert.equal(told(publish, answer(failures, { status: 400, failed: true })).status, 400);
});

test("beacon: a large block streams on with the length that it was announced with", () => {
  const rest = { length: 10, read() {}, resume() {}, cancel() {} };
  const reply = told(get("/eth/v2/beacon/blocks/head"), answer("12345", { rest }));
  assert.equal(reply.rest, rest);
  assert.equal(reply.length, 15);
  assert.equal(reply.tail, "");
});

test("beacon: faults have the shape and the status that validator clients act on, and a node's final no is shown unchanged", () => {
  const duty = get("/eth/v1/validator/attestation_data?slot=5");
  const no = '{"code":400,"message":"slot is in the future","stacktraces":[]}';
  const table: [inbound: Inbound, outcome: Outcome, status: number, body: unknown][] = [
    [
      duty,
      fault("not_ready", "d", Buffer.from('{"code":503,"message":"syncing"}')),
      503,
      { code: 503, message: "syncing" },
    ],
    [duty, fault("deadline", "after 4 s"), 503, { code: 503, message: "not answered: after 4 s" }],
    [
      duty,
      fault("no_quorum", "a says 0x1, b says 0x2"),
      503,
      { code: 503, message: "not answered: a says 0x1, b says 0x2" },
    ],
    [
      duty,
      fault("unauthorized", "HTTP 403", Buffer.from('{"message":"key k"}')),
      503,
      { code: 503, message: "no node could answer: HTTP 403" },
    ],
    [duty, fault("doubtful_request", "d", Buffer.from(no)), 400, JSON.parse(no)],
    [duty, fault("missing_data", "d", Buffer.from('{"code":404,"message":"x"}')), 404, { code: 404, message: "x" }],
    [duty, fault("unsupported", "HTTP 405"), 404, { code: 404, message: "no node could answer: HTTP 405" }],
    [duty, fault("unsupported_encoding", "HTTP 406"), 406, { code: 406, message: "no node could answer: HTTP 406" }],
    [duty, fault("server_error", "d", Buffer.from('{"code":500,"message":"é"}')), 503, { code: 503, message: "?" }],
    [
      post("/eth/v2/beacon/blocks", "x", { "content-type": "application/octet-stream" }),
      fault("unsupported_encoding", "d"),
      415,
      { code: 415, message: "no node could answer: d" },
    ],
    [
      post("/eth/v1/validator/sync_committee_selections", "[]"),
      fault("unsupported", "d"),
      501,
      { code: 501, message: "no node could answer: d" },
    ],
    [
      post("/eth/v2/beacon/pool/attestations", "[]"),
      fault("would_slash", "second vote"),
      400,
      { code: 400, message: "not answered: second vote" },
    ],
  ];
  for (const [inbound, outcome, status, body] of table) {
    const reply = told(inbound, outcome);
    assert.deepEqual([reply.status, bodyOf(reply)], [status, body]);
    assert.equal(reply.headers["content-type"], "application/json");
  }
  assert.equal(told(duty, fault("rate_limited", "d", undefined, 2_500)).headers["retry-after"], "3");
  // No kind of fault becomes what clients take for a broken proxy or for their own lack of permission.
  for (const kind of faultKinds) assert.ok(![401, 403, 500, 502, 504].includes(statuses[kind]), kind);
});

test("health: 200 only when duties can be served, as some clients look at nothing else", () => {
  const table: [now: NetworkView, query: string, status: number][] = [
    [at({}), "", 200],
    [at({}), "?syncing_status=299", 200],
    [at({ state: "degraded" }), "", 206],
    [at({ state: "degraded" }), "?syncing_status=503", 503],
    [at({ state: "down" }), "", 503],
    [at({ state: "down" }), "?syncing_status=200", 503],
    [view, "", 503],
    [at({}), "?syncing_status=abc", 400],
    [at({ state: "degraded" }), "?syncing_status=100", 400],
    [at({ state: "degraded" }), "?syncing_status=600", 400],
    [at({ state: "degraded" }), "?syncing_status=", 400],
  ];
  for (const [now, query, status] of table) {
    for (const method of ["GET", "HEAD"]) {
      assert.equal(replyOf({ ...get(`/eth/v1/node/health${query}`), method }, now).status, status, query);
    }
  }
});

test("syncing: the fleet speaks as one node, and says that it is no good for duties when it is not", () => {
  assert.deepEqual(bodyOf(replyOf(get("/eth/v1/node/syncing"), at({ head: 77, distance: 1 }))).data, {
    head_slot: "77",
    sync_distance: "1",
    is_syncing: false,
    is_optimistic: false,
    el_offline: false,
  });
  const { is_syncing, is_optimistic } = bodyOf(replyOf(get("/eth/v1/node/syncing"), at({ state: "degraded" }))).data;
  assert.deepEqual([is_syncing, is_optimistic], [true, true]);
  for (const now of [view, at({ state: "down" }), at({ head: -1 })]) {
    assert.equal(replyOf(get("/eth/v1/node/syncing"), now).status, 503);
  }
});

test("version, identity and peers come from one node, never blended; before one is chosen from any", () => {
  for (const path of [
    "v1/node/version",
    "v2/node/version",
    "v1/node/identity",
    "v1/node/peers",
    "v1/node/peer_count",
  ]) {
    const { pin } = callOf(get(`/eth/${path}`), at({ primary: "bn-2" }));
    assert.deepEqual([pin?.("bn-1"), pin?.("bn-2")], [false, true]);
    assert.equal(callOf(get(`/eth/${path}`)).pin, undefined);
  }
});

test("events: topics are wished for in any form; none, or no names, are refused", () => {
  const wish = (query: string) => beacon.parse(get(`/eth/v1/events${query}`), view);
  assert.deepEqual(wish("?topics=head,block&topics=head&topics=chain_reorg"), {
    topics: ["head", "block", "chain_reorg"],
  });
  assert.deepEqual(wish("?topics=head%2Cblock"), { topics: ["head", "block"] });
  for (const query of [
    "",
    "?topics=",
    "?topics=he-ad",
    "?topics=%00",
    `?topics=${"a,b".repeat(100)}${"x".repeat(65)}`,
  ]) {
    assert.equal(replyOf(get(`/eth/v1/events${query}`)).status, 400, query);
  }
});

test("paths: what opens a node's keys, states or innards is refused, with the setting that opens it", () => {
  const closed: [path: string, opens: string][] = [
    ["/eth/v1/debug/fork_choice", "/eth/v1/debug/*"],
    ["/eth/v2/debug/beacon/states/head", "/eth/v2/debug/*"],
    ["/eth/v2/DEBUG/beacon/heads", "/eth/v2/debug/*"],
    ["/eth/v1/checkpoint/finalized_state", "/eth/v1/checkpoint/*"],
    ["/eth/v1/keystores", "/eth/v1/keystores*"],
    ["/eth/v1/remotekeys", "/eth/v1/remotekeys*"],
    [`/eth/v1/validator/0x${"a".repeat(96)}/feerecipient`, "/eth/v1/validator/0x*"],
    ["/lighthouse/ui/validator_info", "/lighthouse/*"],
    ["/teku/v1/admin/liveness", "/teku/*"],
    ["/prysm/v1/node/trusted_peers", "/prysm/*"],
    ["/lodestar/v1/jobs", "/lodestar/*"],
    ["/nimbus/v1/graffiti", "/nimbus/*"],
    ["/grandine/x", "/grandine/*"],
    ["/caplin/x", "/caplin/*"],
  ];
  for (const [path, opens] of closed) {
    for (const inbound of [get(path), post(path, "{}"), { ...get(path), method: "DELETE" }]) {
      const reply = replyOf(inbound);
      assert.equal(reply.status, 403, path);
      const { code, message } = bodyOf(reply);
      assert.equal(code, 403);
      assert.match(message, /methods\.allow/);
      assert.ok(message.includes(`"${opens}"`), message);
    }
    assert.ok(callOf(get(path), view, createBeacon({ allow: [opens], deny: [] })), `${opens} opens ${path}`);
    const both = createBeacon({ allow: [opens], deny: [opens] });
    assert.match(bodyOf(replyOf(get(path), view, both)).message, /methods\.deny/);
  }
});

test("paths: methods.deny closes what is open, duties too, and leaves the rest", () => {
  const careful = createBeacon({
    allow: [],
    deny: ["/eth/v1/beacon/pool/voluntary_exits", "/eth/v1/beacon/rewards/*"],
  });
  assert.equal(replyOf(post("/eth/v1/beacon/pool/voluntary_exits", "{}"), view, careful).status, 403);
  assert.equal(replyOf(get("/eth/v1/beacon/rewards/blocks/head"), view, careful).status, 403);
  assert.ok(callOf(post("/eth/v1/beacon/pool/bls_to_execution_changes", "[]"), view, careful));
});

test("paths: what only one client has goes to nodes of that client alone, once it is allowed", () => {
  const clients: Record<string, string> = { a: "lighthouse", b: "teku" };
  const open = createBeacon({ allow: ["/lighthouse/*", "/teku/*"], deny: [], clientOf: (id) => clients[id] });
  const { pin, traits } = callOf(get("/lighthouse/health"), view, open);
  assert.deepEqual([pin?.("a"), pin?.("b"), pin?.("c")], [true, false, false]);
  assert.equal(traits.name, "unknown");
  const write = callOf(post("/teku/v1/admin/log_level", "{}"), view, open);
  assert.deepEqual([write.pin?.("a"), write.pin?.("b")], [false, true]);
  assert.deepEqual([write.traits.access, write.traits.repeat, write.key], ["write", "undelivered", undefined]);
  assert.equal(
    callOf(get("/eth/v1/debug/fork_choice"), view, createBeacon({ allow: ["/eth/*"], deny: [] })).traits.name,
    "debug",
  );
});

test("paths: a read that is not in the table is asked of one node and kept by nobody; a write that is not is refused", () => {
  const { method, traits, key, wire } = callOf(get("/eth/v9/beacon/news?a=1"));
  assert.deepEqual(
    [method, traits.duty?.fanOut, traits.coalesce, traits.hedge, key, wire.path],
    ["unknown", "one", false, false, undefined, "/eth/v9/beacon/news?a=1"],
  );
  assert.equal(replyOf(post("/eth/v9/beacon/news", "{}")).status, 404);
  for (const path of ["/", "/metrics", "/eth", "/eth/v1", "/eth/v1alpha1/beacon/blocks", "/ETH/v1/beacon/genesis"]) {
    assert.ok([400, 404].includes(replyOf(get(path)).status), path);
  }
  const wrong = replyOf(post("/eth/v1/beacon/genesis", "{}"));
  assert.deepEqual([wrong.status, wrong.headers["allow"]], [405, "GET"]);
});

test("calls: the same read in flight is shared, whoever asks, but not for another encoding, body or fork; what is signed never", () => {
  const key = (inbound: Inbound) => callOf(inbound).key;
  const duties = (body: string, headers: Inbound["headers"] = {}) =>
    post("/eth/v1/validator/duties/attester/7", body, headers);
  const long = JSON.stringify(Array.from({ length: 400 }, (_, index) => `${index}`));
  assert.equal(key(duties('["1"]')), key(duties('["1"]', { cookie: "other" })));
  assert.equal(key(duties(long)), key(duties(long)));
  const others = [
    duties('["1"]'),
    duties('["2"]'),
    duties(long),
    duties(long.replace("399", "398")),
    duties('["1"]', { accept: "application/octet-stream" }),
  ];
  assert.equal(new Set(others.map(key)).size, others.length);
  for (const path of [
    "/eth/v1/validator/attestation_data?slot=5",
    "/eth/v3/validator/blocks/5",
    "/eth/v2/validator/aggregate_attestation?slot=5",
    "/eth/v1/beacon/headers/head",
  ]) {
    assert.equal(key(get(path)), undefined, path);
  }
});

test("calls: a payload whose blobs only its producer has goes to the producer, any other to everybody", () => {
  const path = "/eth/v1/beacon/execution_payload_envelopes";
  assert.equal(callOf(post(path, "{}", { "eth-blob-data-included": "false" })).traits.duty?.fanOut, "producer");
  assert.equal(callOf(post(path, "{}", { "eth-blob-data-included": "true" })).traits.duty?.fanOut, "broadcast");
  assert.equal(callOf(post(path, "{}")).traits.duty?.fanOut, "broadcast");
});

test("agrees: answers say the same whatever the order of their members, and differ in a byte of SSZ", () => {
  const says = (a: Answer, b: Answer) => beacon.agrees(a, b);
  assert.ok(says(answer('{"a":"1","b":[{"c":2,"d":3}]}'), answer('{ "b": [{"d":3,"c":2}], "a": "1" }')));
  assert.equal(says(answer('{"a":[1,2]}'), answer('{"a":[2,1]}')), false);
  assert.equal(says(answer(Buffer.from([1, 2])), answer(Buffer.from([1, 3]))), false);
  assert.equal(says(answer("{}"), answer("{}", { status: 202 })), false);
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  assert.equal(says(answer(deep), answer(` ${deep}`)), false);
});

test("probe: a node is known by the root of its validators and tells head, progress, finality, peers and version", () => {
  const step = (name: string, data: unknown) =>
    beacon.probe.find((one) => one.name === name)?.read(answer(JSON.stringify({ data })));
  const root = `0x${"Ab".repeat(32)}`;
  assert.deepEqual(step("genesis", { genesis_validators_root: root }), { genesis: root.toLowerCase() });
  assert.deepEqual(step("chain", { DEPOSIT_CHAIN_ID: "1", DEPOSIT_NETWORK_ID: "2" }), { chain: "1" });
  assert.deepEqual(step("chain", { DEPOSIT_NETWORK_ID: "5" }), { chain: "5" });
  assert.equal(step("chain", {}), undefined);
  assert.deepEqual(step("head", { head_slot: "12", is_syncing: true }), { head: 12, syncing: true });
  assert.deepEqual(step("head", { head_slot: "12" }), { head: 12 });
  assert.equal(step("head", { head_slot: "-1" }), undefined);
  assert.deepEqual(step("finalized", { header: { message: { slot: "96" } } }), { finalized: 96 });
  assert.deepEqual(step("peers", { connected: "50" }), { peers: 50 });
  assert.deepEqual(step("version", { version: "Lighthouse/v8" }), { version: "Lighthouse/v8" });
});

test("duties: nodes that say the head's root in SSZ vote for it like those that say it in JSON", () => {
  const root = `0x${"ab".repeat(32)}`;
  const headers = { "content-type": "application/octet-stream" };
  const call = callOf(get("/eth/v1/beacon/blocks/head/root"));
  const bytes = Buffer.from(root.slice(2), "hex");
  const choice = (payload: Uint8Array, more = {}) =>
    beacon.duties?.vote(call, answer(payload, { headers: { ...headers, ...more } }))?.choice;
  assert.equal(choice(bytes), root);
  assert.equal(choice(Buffer.concat([bytes, Buffer.alloc(209)])), root);
  assert.equal(choice(Buffer.concat([bytes, Buffer.alloc(5)])), undefined);
  assert.equal(choice(bytes, { "eth-execution-optimistic": "true" }), undefined);
});
