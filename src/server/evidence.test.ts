import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleUpstream } from "../observe/sample-fleet.ts";
import { sampleVerification, sampleVerified } from "../observe/sample-verification.ts";
import { createAdmin } from "./admin.ts";
import { sampleRuntime } from "./sample-runtime.ts";

const headers = { host: "localhost:9545" };
const withToken = { ...headers, authorization: "Bearer t0ken" };

function adminWith(verification = sampleVerification()) {
  const runtime = sampleRuntime([sampleUpstream("a1", { provider: "aws" })], { verification });
  return createAdmin({ runtime, token: "t0ken", host: "127.0.0.1", log: { error: () => {} } });
}

test("evidence: is one record a line, of all upstreams or of one, without secrets", async () => {
  const admin = adminWith();
  const all = await admin.inject({ url: "/api/evidence", headers });
  assert.equal(all.headers["content-type"], "application/x-ndjson; charset=utf-8");
  const [line, end] = all.body.split("\n");
  assert.equal(end, "");
  const record = JSON.parse(line as string);
  assert.deepEqual([record.upstream, record.finding, record.truth], ["a1", "proved", "0x5"]);
  assert.equal((await admin.inject({ url: "/api/evidence?upstream=a1", headers })).body, all.body);
  assert.equal((await admin.inject({ url: "/api/evidence?upstream=h1", headers })).body, "");
  assert.deepEqual((await admin.inject({ url: "/api/evidence?as=json", headers })).json(), { evidence: [record] });
  const secret = { ...sampleVerification(), evidence: () => [{ ...record, because: "it names k3y" }] };
  assert.ok(!(await adminWith(secret).inject({ url: "/api/evidence", headers })).body.includes("k3y"));
});

test("evidence: how each upstream stands, and until when, is there to be read", async () => {
  const reply = await adminWith().inject({ url: "/api/verification", headers });
  const { mode, upstreams, effort } = reply.json();
  assert.equal(mode, "quarantine");
  assert.deepEqual(
    [upstreams[0].phase, upstreams[0].since, upstreams[0].until],
    ["held", "2023-11-14T22:13:20.000Z", "2023-11-15T22:13:20.000Z"],
  );
  assert.deepEqual(effort, [{ network: "ethereum", asked: 120, seen: 2_000 }]);
  const free = sampleVerification([{ ...sampleVerified, phase: "clear", since: 0, until: undefined }]);
  const [one] = (await adminWith(free).inject({ url: "/api/verification", headers })).json().upstreams;
  assert.deepEqual([one.since, one.until], [undefined, undefined]);
});

test("evidence: how light clients stand is there to be read, without secrets", async () => {
  const stuck = { ...sampleVerification().lightClients()[0], block: undefined, trouble: "it names k3y" };
  const verification = { ...sampleVerification(), lightClients: () => [stuck] } as ReturnType<
    typeof sampleVerification
  >;
  const shown = async (one = verification) =>
    (await adminWith(one).inject({ url: "/api/verification", headers })).json().lightClients[0];
  assert.deepEqual((await shown(sampleVerification())).block.number, 20_219_075);
  const { network, beacon, block, trouble } = await shown();
  assert.deepEqual([network, beacon, block], ["ethereum", "beacon", undefined]);
  assert.match(trouble, /^it names (?!k3y)/);
});

test("evidence: an operator with the token lets a quarantined upstream go, and nobody else does", async () => {
  const release = (upstream: unknown, sent: Record<string, string>, network?: string) =>
    adminWith().inject({
      method: "POST",
      url: "/api/verification/release",
      headers: sent,
      payload: JSON.stringify({ upstream, network }),
    });
  assert.equal((await release("a1", headers)).statusCode, 401);
  assert.deepEqual((await release("a1", withToken)).json(), { released: "a1" });
  assert.equal((await release("a1", withToken, "ethereum")).statusCode, 200);
  assert.equal((await release("a1", withToken, "base")).statusCode, 404);
  assert.equal((await release("h1", withToken)).statusCode, 404);
  assert.equal((await release(7, withToken)).statusCode, 400);
});

test("evidence: where answers are not checked it says so", async () => {
  const runtime = sampleRuntime([sampleUpstream("a1", { provider: "aws" })]);
  const admin = createAdmin({ runtime, token: "t0ken", host: "127.0.0.1", log: { error: () => {} } });
  for (const url of ["/api/evidence", "/api/verification"]) {
    const reply = await admin.inject({ url, headers });
    assert.equal(reply.statusCode, 404);
    assert.match(reply.json().error, /verification\.mode/);
  }
});
