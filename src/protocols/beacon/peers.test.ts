import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../../core/outcome.ts";
import { bytesOf } from "../../lib/latin1.ts";
import { beaconPeers } from "./peers.ts";

function read(body: unknown, most = 10, failed = false) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer: Answer = { ok: true, status: 200, failed, payload: bytesOf(text), rest: undefined, height: undefined };
  return beaconPeers.read(answer, most);
}

const a = "16Uiu2HAmKgpYHeU2kd7ognsPDcxQMBAUgnnGZNk6cCzH7rWaJpff";
const b = "16Uiu2HAm6zcGQnnMb17tRXi89FSpcsZGximbWFkBfVFAKQQkaKzP";

test("beacon peers: they are asked for where every node tells them, those that it is connected to", () => {
  assert.equal(beaconPeers.call.wire.path, "/eth/v1/node/peers?state=connected");
});

test("beacon peers: whom a peer is connected to is told the same by both ends, and by every client", () => {
  // What Lodestar 1.5.1 said of two peers in a net of three over loopback, with other addresses: `enr` is empty, and the
  // address of a connection that the peer opened does not name it.
  const lodestar = [
    {
      peer_id: a,
      enr: "",
      last_seen_p2p_address: `/ip4/95.216.1.1/tcp/39445/p2p/${a}`,
      direction: "outbound",
      state: "connected",
    },
    {
      peer_id: b,
      enr: "",
      last_seen_p2p_address: "/ip4/52.94.76.1/tcp/33514",
      direction: "inbound",
      state: "connected",
    },
  ];
  assert.deepEqual(read({ data: lodestar }), [
    { id: a, address: "95.216.1.1" },
    { id: b, address: "52.94.76.1" },
  ]);
  // What a node on the main net says by its provider's documentation: it lists also whom it has lost, whatever is asked.
  const lighthouse = [
    {
      peer_id: a,
      enr: null,
      last_seen_p2p_address: "/ip4/95.216.1.1/tcp/8041",
      state: "connected",
      direction: "inbound",
    },
    {
      peer_id: b,
      enr: null,
      last_seen_p2p_address: "/ip4/52.94.76.1/tcp/4001",
      state: "disconnected",
      direction: "inbound",
    },
  ];
  assert.deepEqual(read({ data: lighthouse, meta: { count: 2 } }), [{ id: a, address: "95.216.1.1" }]);
});

test("beacon peers: an address is read from every multiaddr that begins with one", () => {
  for (const [multiaddr, address] of [
    ["/ip6/2a01:4f8:c2c::1/tcp/9000", "2a01:4f8:c2c::1"],
    ["/ip4/95.216.1.1/udp/9001/quic-v1", "95.216.1.1"],
    ["/ip4/95.216.1.1", "95.216.1.1"],
    ["/dns4/node.example.com/tcp/9000", undefined],
    [`/ip4/95.216.1.1/tcp/9000/p2p/${a}/p2p-circuit/p2p/${b}`, undefined],
    ["/ip4/2a01:4f8:c2c::1/tcp/9000", undefined],
    ["/ip6/95.216.1.1/tcp/9000", undefined],
    ["/ip4/999.1.1.1/tcp/9000", undefined],
    ["ip4/95.216.1.1/tcp/9000", undefined],
    ["", undefined],
    [`/ip4/95.216.1.1/${"x".repeat(1_000)}`, undefined],
    [7, undefined],
    [null, undefined],
  ]) {
    const found = read({ data: [{ peer_id: a, last_seen_p2p_address: multiaddr }] });
    assert.deepEqual(found, address === undefined ? [] : [{ id: a, address }], `${multiaddr}`);
  }
  const nameless = read({ data: [{ last_seen_p2p_address: "/ip4/95.216.1.1/tcp/1" }] });
  assert.deepEqual(nameless, [{ id: undefined, address: "95.216.1.1" }]);
});

test("beacon peers: a lying or broken node can say what it likes, and names nobody by it", () => {
  for (const body of ["", "[", "null", "[]", "{}", { data: {} }, { data: "x" }, `{"data":${"[".repeat(200_000)}`]) {
    assert.equal(read(body), undefined);
  }
  assert.deepEqual(read({ data: [null, 7, "x", [], {}] }), []);
  assert.equal(read({ data: [] }, 10, true), undefined);
});

test("beacon peers: of many so many are taken as are wanted, and a list of more than 4 MiB is not read", () => {
  const entry = { last_seen_p2p_address: "/ip4/95.216.1.1/tcp/1" };
  assert.equal(read({ data: new Array(80_000).fill(entry) }, 4_096)?.length, 4_096);
  assert.equal(read({ data: new Array(100_000).fill(entry) }, 4_096), undefined);
});
