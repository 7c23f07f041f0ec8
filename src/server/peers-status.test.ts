import assert from "node:assert/strict";
import { test } from "node:test";
import { peerGroups } from "../concentration/peers/seen.ts";
import { samplePeers } from "../observe/sample-peers.ts";
import { peersStatus } from "./peers-status.ts";

const view = { network: "ethereum", chain: "1" };

test("status: the network that one's own nodes see stands beside what others published of it", () => {
  const found = peersStatus({ peers: () => samplePeers }, view);
  assert.deepEqual([found?.nodes, found?.peers], [2, 4]);
  const [provider, , jurisdiction] = found?.groups ?? [];
  assert.deepEqual(
    [provider?.known, provider?.shares.map(({ entity }) => entity), provider?.indices?.nakamoto.third],
    [0.75, ["aws", "hetzner"], 1],
  );
  assert.deepEqual([jurisdiction?.known, jurisdiction?.shares[0]?.entity], [0.25, "de"]);
  assert.deepEqual(
    found?.published.map(({ id, shares }) => [id, shares[0]?.entity, shares[0]?.share]),
    [
      ["messari_2022", "aws", 0.5],
      ["chainstack_2019", "aws", 0.25],
    ],
  );
});

test("status: of a chain that nobody published of nothing is published, and where no node told there is nothing", () => {
  const gnosis = peersStatus({ peers: () => samplePeers }, { ...view, chain: "100" });
  assert.deepEqual([gnosis?.peers, gnosis?.published], [4, []]);
  assert.deepEqual(peersStatus({ peers: () => samplePeers }, { ...view, chain: undefined })?.published, []);
  assert.equal(peersStatus({ peers: () => samplePeers }, { ...view, network: "base" }), null);
  assert.equal(peersStatus({ peers: undefined }, view), null);
});

test("status: of very many hosts the largest are named", () => {
  const groups = peerGroups(Array.from({ length: 500 }, (_, index) => ({ asn: 64_000 + (index % 100) })));
  const found = peersStatus({ peers: () => [{ network: "ethereum", nodes: 1, peers: 500, groups }] }, view);
  assert.deepEqual([found?.groups[0]?.shares.length, found?.groups[0]?.indices?.entities], [12, 100]);
});
