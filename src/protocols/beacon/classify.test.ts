import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultKind, Outcome } from "../../core/outcome.ts";
import type { WireResponse } from "../../core/transport.ts";
import { respond } from "../conformance.ts";
import { classify, sayings } from "./classify.ts";
import { ownCall } from "./endpoints-call.ts";

const json = { "content-type": "application/json; charset=utf-8" };
const octets = { "content-type": "application/octet-stream" };

const calls = {
  duty: ownCall("attestation_data", "/x"),
  aggregate: ownCall("aggregate_attestation", "/x"),
  block: ownCall("block", "/x"),
  publish: ownCall("attestations", "/x"),
  publishBlock: ownCall("publish_block", "/x"),
  prepare: ownCall("prepare_beacon_proposer", "/x"),
  liveness: ownCall("liveness", "/x"),
  payload: ownCall("payload_attestation_data", "/x"),
  unknown: ownCall("unknown", "/x"),
};

function judged(
  call: keyof typeof calls,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = json,
): Outcome {
  const outcome = classify(calls[call], respond(Buffer.from(body), status, headers), 0);
  assert.ok(outcome);
  return outcome;
}

const error = (code: number, message: string, more: object = {}) => JSON.stringify({ code, message, ...more });
const failures = (...messages: string[]) => ({ failures: messages.map((message, index) => ({ index, message })) });

test("classify: what a node says by status and text becomes an answer, or the fault of whoever is at fault", () => {
  const table: [call: keyof typeof calls, status: number, body: string, expected: FaultKind | "answer"][] = [
    ["duty", 200, '{"data":{"slot":"1"}}', "answer"],
    ["publish", 200, "", "answer"],
    ["publish", 200, "OK", "answer"],
    ["publishBlock", 202, "", "answer"],
    ["publishBlock", 202, error(202, "duplicate block"), "answer"],
    ["payload", 204, "", "answer"],
    ["duty", 206, '{"data":{}}', "malformed"],
    ["duty", 302, "", "malformed"],
    ["duty", 400, error(400, "slot is in the future"), "doubtful_request"],
    ["duty", 422, error(422, "x"), "doubtful_request"],
    ["duty", 401, error(401, "x"), "unauthorized"],
    ["duty", 403, error(403, "x"), "unauthorized"],
    ["duty", 402, "", "quota_exhausted"],
    ["aggregate", 404, error(404, "NOT_FOUND: no matching aggregate found"), "missing_data"],
    ["aggregate", 404, error(404, "Not found"), "missing_data"],
    ["aggregate", 404, "", "missing_data"],
    ["aggregate", 404, "404 page not found\n", "unsupported"],
    ["aggregate", 404, error(404, "NOT_FOUND"), "unsupported"],
    ["aggregate", 404, error(404, "Route GET:/eth/v2/x not found"), "unsupported"],
    ["duty", 405, "", "unsupported"],
    ["duty", 406, error(406, "x"), "unsupported_encoding"],
    ["publish", 415, error(415, "x"), "unsupported_encoding"],
    ["duty", 410, error(410, "removed"), "unsupported"],
    ["duty", 501, error(501, "x"), "unsupported"],
    ["publishBlock", 413, "<html>413</html>", "too_large"],
    ["duty", 429, error(429, "x"), "rate_limited"],
    ["duty", 408, "", "server_error"],
    ["duty", 500, error(500, "x"), "server_error"],
    ["duty", 502, "<html>Bad Gateway</html>", "server_error"],
    ["duty", 504, "", "server_error"],
    ["duty", 503, error(503, "Beacon node is currently syncing"), "not_ready"],
    ["duty", 503, error(503, "x"), "not_ready"],
    ["duty", 503, "beacon node is syncing", "not_ready"],
    ["duty", 503, "upstream connect error or disconnect/reset before headers", "unavailable"],
    ["duty", 503, '{"message":"Service Unavailable"}', "unavailable"],
    ["duty", 503, "", "unavailable"],
    [
      "liveness",
      400,
      error(400, "Validator liveness tracking is not enabled on this beacon node, cannot service request"),
      "unsupported",
    ],
    ["liveness", 500, error(500, "liveness tracking not enabled"), "unsupported"],
    ["liveness", 400, error(400, "epoch is too old"), "doubtful_request"],
    ["aggregate", 400, error(400, "Unable to retrieve an aggregated attestation"), "missing_data"],
    ["aggregate", 400, error(400, "Unable to produce contribution using the passed parameters"), "missing_data"],
    ["block", 400, error(400, "No cached state available for stateId: 5"), "missing_data"],
    // Known already: published.
    [
      "publish",
      400,
      error(400, "m", failures("Verification: PriorAttestationKnown { }", "PriorAttestationKnown")),
      "answer",
    ],
    ["publish", 400, error(400, "m", failures("PriorAttestationKnown", "InvalidSignature")), "doubtful_request"],
    ["publish", 400, error(400, "PriorAttestationKnown", failures("InvalidSignature")), "doubtful_request"],
    ["publishBlock", 500, error(500, "BLOCK_ERROR_ALREADY_KNOWN"), "answer"],
    ["publishBlock", 400, error(400, "duplicate block"), "answer"],
    ["publishBlock", 500, error(500, "BLOCK_ERROR_REPEAT_PROPOSAL"), "server_error"],
    ["duty", 500, error(500, "BLOCK_ERROR_ALREADY_KNOWN"), "server_error"],
    ["prepare", 400, error(400, "BLOCK_ERROR_ALREADY_KNOWN"), "doubtful_request"],
    // Not what the API answers with.
    ["duty", 200, "", "malformed"],
    ["duty", 200, "<html>Welcome</html>", "malformed"],
    ["duty", 200, '{"data":{"slot":"1"', "malformed"],
    ["duty", 200, "OK", "malformed"],
    ["duty", 200, ' {"data": null}\n', "missing_data"],
    ["block", 200, '{"data":null}', "answer"],
  ];
  for (const [call, status, body, expected] of table) {
    const outcome = judged(call, status, body);
    assert.equal(outcome.ok ? "answer" : outcome.kind, expected, `${call} ${status} ${body.slice(0, 80)}`);
    if (outcome.ok) assert.equal(outcome.failed, false);
  }
});

test("classify: SSZ passes whatever its bytes are, pages and plain text do not", () => {
  const bytes = Buffer.from("<html>");
  const outcome = judged("duty", 200, bytes, octets);
  assert.ok(outcome.ok);
  assert.deepEqual(outcome.payload, bytes);
  for (const type of ["text/html", "text/plain"]) {
    const page = judged("duty", 200, '{"data":{}}', { "content-type": type });
    assert.ok(!page.ok && page.kind === "malformed", type);
  }
  const long = JSON.stringify({ data: "x".repeat(2_000) });
  assert.ok(judged("block", 200, long).ok);
  const cut = judged("block", 200, long.slice(0, -1));
  assert.ok(!cut.ok && cut.kind === "malformed");
  const proxy = judged("duty", 503, "<h1>node out of sync</h1>", { "content-type": "text/html" });
  assert.ok(!proxy.ok && proxy.kind === "unavailable", "a page is no node's word");
  assert.ok(judged("unknown", 200, "hello", { "content-type": "text/plain" }).ok);
  assert.ok(judged("duty", 200, '{"data":{}}', {}).ok, "without a type it is JSON");
});

test("classify: each text of the table is one that some node says", () => {
  const said = [
    error(400, "Validator liveness tracking is not enabled on this beacon node"),
    error(400, "Unable to retrieve an aggregated attestation"),
    error(400, "No cached state available for stateId: 5"),
    error(404, "404 page not found"),
  ];
  for (const { text, source } of sayings)
    assert.ok(
      said.some((body) => text.test(JSON.parse(body).message)),
      source,
    );
});

test("classify: an answer keeps its status and every header of the node's, but for those of one connection or of the way", () => {
  const kept = {
    ...octets,
    "eth-consensus-version": "fulu",
    "eth-execution-payload-value": "12345678901234567890",
    "eth-of-a-later-fork": "x",
    "cache-control": "no-store",
    "retry-after": "1",
    vary: "accept",
  };
  const outcome = judged("publishBlock", 202, "x", {
    ...kept,
    connection: "keep-alive",
    "keep-alive": "timeout=5",
    "transfer-encoding": "chunked",
    "content-length": "1",
    "content-encoding": "gzip",
    date: "now",
    "set-cookie": "lb=1",
    server: "nginx",
    "access-control-allow-origin": "http://elsewhere",
    "x-breakwater-upstream": "forged",
    "alt-svc": "h3",
  });
  assert.ok(outcome.ok);
  assert.equal(outcome.status, 202);
  assert.deepEqual(outcome.headers, kept);
});

test("classify: an indexed error is kept whole, so that what other nodes took can be left out of it", () => {
  const body = error(400, "some failed", failures("PriorAttestationKnown", "UnknownHeadBlock"));
  const outcome = judged("publish", 400, body);
  assert.ok(!outcome.ok);
  assert.equal(outcome.payload?.toString(), body);
  assert.equal(outcome.detail, "HTTP 400: some failed");
});

test("classify: a URL that is too long is told to the client, which then asks by POST", () => {
  const outcome = judged("block", 414, error(414, "URI too long"));
  assert.ok(outcome.ok && outcome.failed && outcome.status === 414);
});

test("classify: what a node says of the operator's account, and pages, are shown nobody", () => {
  for (const [status, body] of [
    [401, error(401, "key abcdef is not valid")],
    [403, error(403, "key abcdef is not valid")],
    [500, "<html>key abcdef</html>"],
    [502, " <h1>key abcdef"],
  ] as const) {
    const outcome = judged(
      "duty",
      status,
      body,
      body.startsWith("<") ? { "content-type": "text/html" } : body.includes("<") ? {} : json,
    );
    assert.ok(!outcome.ok);
    assert.equal(outcome.detail, `HTTP ${status}`);
  }
});

test("classify: how long a node asks to be left alone is heard", () => {
  const outcome = judged("duty", 429, "", { ...json, "retry-after": "7" });
  assert.ok(!outcome.ok && outcome.retryAfterMs === 7_000);
});

test("classify: a large answer passes while it is under way, an error is judged when all of it came", () => {
  let cancelled = 0;
  const streaming = (status: number, body: string, headers: Record<string, string>): WireResponse => ({
    ...respond(Buffer.from(body), status, headers),
    rest: { read() {}, resume() {}, cancel: () => cancelled++ },
  });
  const block = classify(calls.block, streaming(200, '{"version":"fulu","data":{', json), 0);
  assert.ok(block?.ok && block.rest);
  assert.equal(classify(calls.publish, streaming(400, '{"code":400,', json), 0), undefined);
  assert.equal(cancelled, 0);
  const page = classify(calls.block, streaming(200, "<html>", json), 0);
  assert.ok(page && !page.ok && page.kind === "malformed");
  assert.equal(cancelled, 1, "its connection is free again");
});
