import assert from "node:assert/strict";
import { test } from "node:test";
import { type Running, startBreakwater } from "../support/breakwater.ts";
import { eventually } from "../support/eventually.ts";
import { RawUpstream } from "../support/raw-upstream.ts";

interface Shown {
  readonly networks: readonly [
    {
      readonly peers: null | {
        readonly nodes: number;
        readonly peers: number;
        readonly groups: readonly {
          readonly dimension: string;
          readonly known: number;
          readonly shares: readonly { readonly entity: string; readonly weight: number }[];
        }[];
        readonly published: readonly { readonly id: string }[];
      };
    },
  ];
}

/** Asks until a node has told, for some seconds. */
function peersOf({ admin }: Running) {
  return eventually(async () => {
    const { networks } = (await (await fetch(`${admin}/api/status`)).json()) as Shown;
    return networks[0].peers ?? undefined;
  }, "no node was asked for its peers");
}

/** A peer as geth 1.16.7 tells of one; `node` makes its key. */
function peer(node: string, remoteAddress: string) {
  return {
    enode: `enode://${node.repeat(128)}@${remoteAddress}`,
    id: node.repeat(64),
    name: "Geth/v1.16.7-stable/linux-amd64/go1.26.8",
    caps: ["eth/68", "eth/69", "snap/1"],
    network: { localAddress: "10.0.0.5:30303", remoteAddress, inbound: false, trusted: false, static: false },
    protocols: { eth: { version: 69, earliestBlock: 0, latestBlock: 0 }, snap: { version: 1 } },
  };
}

/** Starts an upstream that tells these peers, or has no such method. */
async function nodeWith(peers?: readonly object[]): Promise<RawUpstream> {
  const node = await RawUpstream.start();
  const error = { code: -32601, message: "the method admin_peers does not exist/is not available" };
  node.scripts.set("admin_peers", ({ reply, result }) =>
    peers ? result(peers) : reply(JSON.stringify({ jsonrpc: "2.0", id: 1, error })),
  );
  return node;
}

test("peers, over real sockets: what one's own nodes tell becomes shares, beside what was published, and clients cannot ask for it", {
  timeout: 60_000,
}, async () => {
  const nodes = [
    await nodeWith([
      peer("a", "95.216.1.1:30303"),
      peer("b", "52.94.76.1:30303"),
      peer("c", "[2a01:4f8:c2c::1]:30303"),
    ]),
    await nodeWith([peer("b", "52.94.76.1:41000"), peer("d", "9.9.9.9:30303"), peer("e", "10.1.2.3:30303")]),
    await nodeWith(),
    await nodeWith([peer("f", "51.68.1.1:30303")]),
  ];
  const [one, two, closed, foreign] = nodes.map(({ url }) => url);
  const proxy = await startBreakwater(`
networks:
  ethereum:
    upstreams:
      - { id: one, url: "${one}", provider: hetzner, peers: true, stake: 300 }
      - { id: two, url: "${two}", provider: aws, peers: true, stake: 100 }
      - { id: closed, url: "${closed}", provider: ovh, peers: true }
      - { id: foreign, url: "${foreign}", provider: gcp }`);
  try {
    const seen = await peersOf(proxy);
    assert.deepEqual([seen.nodes, seen.peers], [2, 4]);
    const [provider] = seen.groups;
    assert.deepEqual(
      [provider?.known, provider?.shares.map(({ entity, weight }) => [entity, weight])],
      [
        0.75,
        [
          ["hetzner", 2],
          ["aws", 1],
        ],
      ],
    );
    assert.deepEqual(
      seen.published.map(({ id }) => id),
      ["messari_2022", "chainstack_2019"],
    );
    const metrics = await (await fetch(`${proxy.admin}/metrics`)).text();
    const has = (line: string) => assert.ok(metrics.includes(`\nbreakwater_concentration_${line}\n`), line);
    has('peers{network="ethereum"} 4');
    has('known_ratio{network="ethereum",dimension="provider",basis="peers"} 0.75');
    has('nakamoto_coefficient{network="ethereum",dimension="provider",basis="peers",threshold="0.5"} 1');
    has('published_ratio{network="ethereum",entity="hetzner",survey="messari_2022"} 0.15');
    has('share_ratio{network="ethereum",dimension="provider",entity="hetzner",basis="stake"} 0.75');
    assert.equal(nodes[3]?.calls.get("admin_peers"), undefined, "who is not said to be one's own is not asked");
    assert.match(
      proxy.output(),
      /upstream closed does not tell its peers \(.*\): open its admin methods to Breakwater alone/,
    );
    assert.doesNotMatch(`${proxy.output()}${metrics}`, /95\.216\.1\.1|52\.94\.76\.1/);
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "admin_peers", params: [] });
    const answer = await fetch(proxy.url, { method: "POST", body, headers: { "content-type": "application/json" } });
    assert.match(await answer.text(), /admin_peers is not served here/);
  } finally {
    await proxy.stop();
    for (const node of nodes) node.stop();
  }
});
