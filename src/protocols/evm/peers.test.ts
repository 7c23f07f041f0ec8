import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../../core/outcome.ts";
import { bytesOf } from "../../lib/latin1.ts";
import { evmPeers } from "./peers.ts";

const [one, two] = ["6290370a084a810c", "fdae0b3d099d88d1"].map((start) => start.repeat(8)) as [string, string];

function read(result: unknown, most = 10, failed = false) {
  const text = typeof result === "string" ? result : JSON.stringify(result);
  const answer: Answer = { ok: true, status: 200, failed, payload: bytesOf(text), rest: undefined, height: undefined };
  return evmPeers.read(answer, most);
}

/** What geth 1.16.7 said of the other of two nodes that were connected over loopback, with another address. */
function geth(key: string, address: string, inbound: boolean) {
  return {
    enode: `enode://${key}@${address}${inbound ? "" : "?discport=0"}`,
    id: "ed3d8d6a96478e2c43be3344ae1b642be0fd73968aab915ab430f4435099e43c",
    name: "Geth/v1.16.7-stable/linux-amd64/go1.26.8",
    caps: ["eth/68", "eth/69", "snap/1"],
    network: { localAddress: "127.0.0.1:31401", remoteAddress: address, inbound, trusted: false, static: !inbound },
    protocols: {
      eth: { version: 69, earliestBlock: 0, latestBlock: 0, latestBlockHash: "0x83" },
      snap: { version: 1 },
    },
  };
}

test("evm peers: a node is asked for them by a method that clients may not use", () => {
  const { method, wire } = evmPeers.call;
  assert.equal(method, "admin_peers");
  assert.equal(
    Buffer.from(wire.body as Uint8Array).toString(),
    '{"jsonrpc":"2.0","id":1,"method":"admin_peers","params":[]}',
  );
});

test("evm peers: what geth says of a peer is its key and where the connection comes from", () => {
  assert.deepEqual(read([geth(one, "95.216.1.1:46386", true), geth(two, "[2a01:4f8:c2c::1]:30303", false)]), [
    { id: one, address: "95.216.1.1" },
    { id: two, address: "2a01:4f8:c2c::1" },
  ]);
});

test("evm peers: clients write the same peer differently, and mean the same", () => {
  const enode = `enode://${one}@95.216.1.1:30303`;
  for (const [name, entry, address = "95.216.1.1"] of [
    ["an address without a port", { enode, id: "0xed3d", network: { remoteAddress: "95.216.1.1" } }],
    [
      "Nethermind, that maps IPv4",
      { enode, network: { remoteAddress: "::ffff:95.216.1.1:30303" } },
      "::ffff:95.216.1.1",
    ],
    [
      "Nethermind, that writes IPv6 bare",
      { enode, network: { remoteAddress: "2a01:4f8:c2c::1:9000" } },
      "2a01:4f8:c2c::1",
    ],
    ["one that tells no connection", { enode }],
    ["capitals", { enode: enode.replace(one, one.toUpperCase()) }],
  ] as const) {
    assert.deepEqual(read([entry]), [{ id: one, address }], name);
  }
  assert.deepEqual(read([{ id: "0xAB12", network: { remoteAddress: "95.216.1.1:1" } }]), [
    { id: "ab12", address: "95.216.1.1" },
  ]);
  assert.deepEqual(read([{ network: { remoteAddress: "95.216.1.1:1" } }]), [{ id: undefined, address: "95.216.1.1" }]);
});

test("evm peers: a lying or broken node can say what it likes, and names nobody by it", () => {
  const nobody = [
    null,
    7,
    "enode://",
    [],
    {},
    { enode: 7, id: {}, network: "x" },
    { enode: `enode://${one}@example.com:30303`, network: { remoteAddress: "example.com:30303" } },
    { network: { remoteAddress: "999.1.1.1:30303" } },
    { network: { remoteAddress: "[::1:30303" } },
    { network: { remoteAddress: `${"1".repeat(1_000)}.1.1.1:1` } },
  ];
  assert.deepEqual(read(nobody), []);
  for (const text of ["", "[", "null", '"x"', "{}", `${"[".repeat(200_000)}${"]".repeat(199_999)}`]) {
    assert.equal(read(text), undefined, text.slice(0, 9));
  }
  assert.equal(read([], 10, true), undefined);
});

test("evm peers: of ninety thousand so many are taken as are wanted, and a list of more than 4 MiB is not read", () => {
  const entry = { network: { remoteAddress: "95.216.1.1:1" } };
  assert.equal(read(new Array(90_000).fill(entry), 4_096)?.length, 4_096);
  assert.equal(read(new Array(100_000).fill(entry), 4_096), undefined);
  assert.equal(read(JSON.stringify([{ ...entry, name: "x".repeat(4_194_304) }])), undefined);
});
