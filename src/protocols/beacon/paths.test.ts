import assert from "node:assert/strict";
import { test } from "node:test";
import { endpoints } from "./endpoints.ts";
import { createRouter, parameter, readTarget } from "./paths.ts";
import { createPathRules } from "./paths-access.ts";

test("paths: a target that might mean one thing here and another to a node is refused", () => {
  const refused: [target: string, status: number][] = [
    ["", 400],
    ["/", 400],
    ["//", 400],
    ["eth/v1/node/health", 400],
    ["http://other/eth/v1/node/health", 400],
    ["/eth//v1/node/health", 400],
    ["//eth/v1/node/health", 400],
    ["/eth/v1/node/health//", 400],
    ["/eth/v1/../debug/x", 400],
    ["/eth/v1/node/..", 400],
    ["/eth/./v1/node/health", 400],
    ["/eth/v1/%64ebug/x", 400],
    ["/eth/v1/node%2fhealth", 400],
    ["/eth/v1/node%5c..%5chealth", 400],
    ["/eth/v1/node\\health", 400],
    ["/eth/v1/node/health%00", 400],
    ["/eth/v1/node/health\u0000", 400],
    ["/eth/v1/node/health\r\nx: y", 400],
    ["/eth/v1/debug;x=1/fork_choice", 400],
    ["/eth/v1/node/hé", 400],
    ["/eth/v1/node/health#x", 400],
    ["/eth/v1/node/health?a=b#c", 400],
    ["/eth/v1/node/health?a=b c", 400],
    ["/eth/v1/node/health?a=\u0001", 400],
    ["/eth/v1/node/health?a=é", 400],
    [`/eth/v1/${"a".repeat(2_000)}`, 414],
    [`/eth/v1/node/health?a=${"1".repeat(70_000)}`, 414],
  ];
  for (const [target, status] of refused) {
    const read = readTarget(target);
    assert.ok("status" in read, target);
    assert.equal(read.status, status, target.slice(0, 60));
  }
});

test("paths: a query goes on byte for byte, and a slash at the end of the path is none", () => {
  const query = "?id=1,2&id=0xAb&x=%2F%2f%00&y=a+b&&z";
  assert.deepEqual(readTarget(`/eth/v1/beacon/states/head/validators/${query}`), {
    path: "/eth/v1/beacon/states/head/validators",
    segments: ["eth", "v1", "beacon", "states", "head", "validators"],
    query,
  });
  assert.equal(parameter("?slot=%35&slot=6", "slot"), "5");
  assert.equal(parameter("?slots=5", "slot"), undefined);
  assert.equal(parameter("", "slot"), undefined);
});

test("paths: a name goes before any segment, and the other way is tried where the name leads nowhere", () => {
  const router = createRouter();
  const name = (path: string, verb = "GET") => router.find(verb, path.slice(1).split("/"))?.endpoint.name;
  assert.equal(name("/eth/v1/beacon/blocks/head/root"), "head_root");
  assert.equal(name("/eth/v1/beacon/blocks/head"), "block_v1");
  assert.equal(name("/eth/v1/beacon/blocks/head/attestations"), "block_attestations_v1");
  assert.equal(name("/eth/v1/beacon/blocks/12/root"), "block_root");
  assert.equal(name("/eth/v1/beacon/blocks", "POST"), "publish_block_v1");
  assert.equal(name("/eth/v1/beacon/headers/head/x"), undefined);
  assert.equal(name("/eth/v1/beacon/states"), undefined);
  assert.equal(name("/eth/v1/beacon/states/head/constructor"), undefined);
  assert.deepEqual(router.verbs(["eth", "v1", "beacon", "pool", "attestations"]).toSorted(), ["GET", "POST"]);
  assert.deepEqual(router.verbs(["eth", "v1", "nothing"]), []);
  assert.equal(router.find("GET", ["eth", "v1", "node", "peers", "16U"])?.value("peer_id"), "16U");
});

test("paths: no endpoint of the table is closed by default", () => {
  const { closed } = createPathRules({ allow: [], deny: [] });
  for (const { paths } of endpoints) {
    for (const path of paths) assert.equal(closed(path.replaceAll(/\{\w+\}/g, "0x00")), undefined, path);
  }
});

test("paths: patterns fit a path or its beginning in any case, and names of methods fit no path", () => {
  const rules = createPathRules({
    allow: ["/Eth/v1/Debug/*", "/teku/v1/x", "debug_*", "*"],
    deny: ["/eth/v1/debug/heads"],
  });
  assert.equal(rules.closed("/eth/v1/debug/fork_choice"), undefined);
  assert.match(rules.closed("/eth/v1/debug/heads") ?? "", /methods\.deny/);
  assert.match(rules.closed("/teku/v1/y") ?? "", /"\/teku\/\*"/);
  assert.equal(rules.closed("/teku/v1/x"), undefined);
  assert.equal(rules.opened("/metrics"), false);
});
