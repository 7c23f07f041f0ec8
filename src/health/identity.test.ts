import assert from "node:assert/strict";
import { test } from "node:test";
import { AnsweringClient, clientOf, mostSaid, refusal } from "./identity.ts";

test("identity: the majority names the chain, the incumbent wins a tie, silence is no vote", () => {
  const table: [(string | undefined)[], string | undefined, string | undefined][] = [
    [[], undefined, undefined],
    [[undefined, "1", undefined], undefined, "1"],
    [["5", "1", "1"], undefined, "1"],
    [["5", "1"], undefined, "5"],
    [["5", "1"], "1", "1"],
    [["5", "5", "1"], "1", "5"],
    [[undefined], "1", "1"],
  ];
  for (const [said, incumbent, expected] of table) assert.equal(mostSaid(said, incumbent), expected);
});

test("identity: only what is known to differ is refused, and strange text is not repeated", () => {
  const known = { chain: "1", genesis: "0xAB" };
  assert.equal(refusal({ chain: "1", genesis: "0xab" }, known), undefined);
  assert.equal(refusal({ chain: undefined, genesis: undefined }, known), undefined);
  assert.equal(refusal({ chain: "5", genesis: "0xff" }, known), "wrong chain: 5, not 1");
  assert.equal(refusal({ chain: "1", genesis: "0xff" }, known), "wrong genesis: 0xff, not 0xAB");
  assert.equal(refusal({ chain: "<b>\n", genesis: undefined }, known), "wrong chain: ?b??, not 1");
});

test("identity: a client is known by the first part of its version; a gateway, or what nobody knows, is none", () => {
  const table: [string, string | undefined][] = [
    ["Geth/v1.16.4-stable-41714b49/linux-amd64/go1.24.7", "geth"],
    ["Geth/my-node/v1.13.0-stable/linux-amd64/go1.20.3", "geth"],
    ["Nethermind/v1.32.4+1c4c7c0a/linux-x64/dotnet9.0.7", "nethermind"],
    ["besu/v25.7.0/linux-x86_64/openjdk-java-21", "besu"],
    ["erigon/3.0.14/linux-amd64/go1.23.11", "erigon"],
    ["reth/v1.8.2-9c30bf7/x86_64-unknown-linux-gnu", "reth"],
    ["Bor/v0.4.0/linux-amd64/go1.19.10", "bor"],
    ["nitro/v3.9.4-7f582c3/linux-amd64/go1.25.5", "nitro"],
    ["ethrex/v9.0.0-main/x86_64-unknown-linux-gnu/rustc-v1.90.0", "ethrex"],
    ["eRPC/v0.0.50", undefined],
    ["dshackle", undefined],
    ["gethers/v1", undefined],
    ["v0.13.8", undefined],
    ["constructor/v1", undefined],
    ["", undefined],
  ];
  for (const [version, client] of table) assert.equal(clientOf(version), client, version);
});

test("identity: who names one client, then another, runs none for certain until an hour of answers agree", () => {
  const answering = new AnsweringClient();
  const heard = (name: string) => answering.heard(`${name}/v1`);
  assert.deepEqual(["Geth", "geth", "reth", "geth"].map(heard), ["geth", "geth", undefined, undefined]);
  for (let answer = 2; answer <= 11; answer++) assert.equal(heard("geth"), undefined, `${answer}`);
  assert.equal(heard("geth"), "geth");
  assert.equal(heard("eRPC"), undefined);
  assert.equal(heard("geth"), undefined);
});
