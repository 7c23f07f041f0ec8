import assert from "node:assert/strict";
import { test } from "node:test";
import type { Assembly, Network } from "../assemble.ts";
import { sampleUpstream } from "../observe/sample-fleet.ts";
import { greeting } from "./greeting.ts";

function greet(protocols: readonly ("evm" | "beacon")[], simulated: boolean): string {
  const networks = protocols.map((protocol, index) => {
    const upstreams = [sampleUpstream(`u${index}`, { provider: "aws", region: "aws/us-east-1" })];
    return { name: `${protocol}-${index}`, config: { protocol }, upstreams } as unknown as Network;
  });
  const assembly = {
    networks: new Map(networks.map((network) => [network.name, network])),
    beacon: networks.find(({ config }) => config.protocol === "beacon"),
  } as unknown as Assembly;
  return greeting({ clients: "http://c:1", operators: "http://o:2", assembly, simulated });
}

test("greeting: where validator clients find their beacon node is said, of others by its name", () => {
  const text = greet(["evm", "beacon", "beacon"], false);
  assert.match(text, /^Breakwater \S+ serves evm-0, beacon-1, beacon-2 from 3 upstreams on 1 provider in 1 region\.$/m);
  assert.match(text, /^ {2}clients {4}http:\/\/c:1$/m);
  assert.match(
    text,
    /^ {2}validators http:\/\/c:1 {3}\(the beacon node of beacon-1: http:\/\/c:1\/eth\/v1\/\.\.\.\)$/m,
  );
  assert.match(text, /^ {2}validators http:\/\/c:1\/beacon-2 .*http:\/\/c:1\/beacon-2\/eth\/v1\/\.\.\.\)$/m);
  assert.match(text, /\/api\/status \/api\/validators\)$/m);
  assert.doesNotMatch(text, /simulated/);
});

test("greeting: without beacon nodes nothing is said of validators", () => {
  assert.doesNotMatch(greet(["evm"], true), /validators/);
  assert.match(greet(["evm"], true), /eth_blockNumber/);
});

test("greeting: a simulated fleet of beacon nodes is tried as one", () => {
  const text = greet(["beacon"], true);
  assert.match(text, /^ {2}curl -s http:\/\/c:1\/eth\/v1\/node\/syncing$/m);
  assert.match(text, /"where":\{"provider":"aws"\},"fault":"black_hole"/);
  assert.doesNotMatch(text, /eth_blockNumber/);
});
