import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, type Outcome } from "../../core/outcome.ts";
import type { Peer, PeersQuestion } from "../../core/protocol.ts";
import { unknownStatus } from "../../core/upstream.ts";
import { ManualClock } from "../../lib/manual-clock.ts";
import type { Places } from "../hosting/place.ts";
import { prefixPlaces } from "../hosting/prefixes.ts";
import { createPeers, type OwnNode, type PeersParts } from "./peers.ts";

const hourMs = 3_600_000;
const lists = new Map<Uint8Array, readonly Peer[]>();
const question = {
  call: {} as PeersQuestion["call"],
  read: ({ payload }, most) => lists.get(payload)?.slice(0, most),
  remedy: "open it",
} satisfies PeersQuestion;

/** An answer that the question reads as these peers; as nothing usable without any. */
function telling(peers?: readonly Peer[]): Outcome {
  const payload = new Uint8Array(0);
  if (peers) lists.set(payload, peers);
  return { ok: true, status: 200, failed: false, payload, rest: undefined, height: undefined };
}

const at = (id: string, address: string): Peer => ({ id, address });

class Node implements OwnNode {
  readonly question = question;
  readonly status = { ...unknownStatus(), confirmed: true };
  answer: Outcome;
  asked = 0;
  readonly upstream: OwnNode["upstream"];

  constructor(id: string, answer: Outcome, network = "ethereum") {
    this.answer = answer;
    const probe = async () => {
      this.asked++;
      return this.answer;
    };
    this.upstream = { id, network, status: this.status, probe };
  }
}

function watched(nodes: readonly Node[], given: Partial<PeersParts> = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const peers = createPeers({
    clock,
    nodes,
    places: async () => prefixPlaces(),
    cancel: () => undefined,
    refreshMs: hourMs,
    troubled: ({ id, network }, problem) => told.push(`${network} ${id} ${problem}`),
    crashed: (bug) => assert.fail(String(bug)),
    ...given,
  });
  const shares = () => peers.seen()[0]?.groups[0]?.shares.map(({ entity, weight }) => `${entity} ${weight}`);
  return { clock, peers, told, shares };
}

test("peers: one's own nodes are asked soon after the start and each hour, and what they say adds up for a day", async () => {
  const one = new Node("n1", telling([at("a", "95.216.1.1"), at("b", "52.94.76.1")]));
  const two = new Node("n2", telling([at("b", "52.94.76.1"), at("c", "10.0.0.1")]));
  const { clock, peers, shares } = watched([one, two]);
  peers.start();
  await clock.advance(4_999);
  assert.deepEqual([one.asked, peers.seen()], [0, []]);
  await clock.advance(1);
  assert.deepEqual([peers.seen()[0]?.nodes, peers.seen()[0]?.peers, shares()], [2, 2, ["aws 1", "hetzner 1"]]);
  one.answer = telling([at("d", "95.216.1.4")]);
  await clock.advance(hourMs);
  assert.deepEqual([one.asked, peers.seen()[0]?.peers, shares()], [2, 3, ["hetzner 2", "aws 1"]]);
  await clock.advance(24 * hourMs);
  assert.deepEqual([peers.seen()[0]?.peers, shares()], [2, ["aws 1", "hetzner 1"]]);
  peers.stop();
  await clock.advance(48 * hourMs);
  assert.equal(one.asked, 26);
});

test("peers: networks are told apart, and one whose nodes never told is not there", async () => {
  const nodes = [
    new Node("n1", telling([at("a", "95.216.1.1")])),
    new Node("g1", telling([]), "gnosis"),
    new Node("b1", fault("unsupported", "HTTP 404"), "base"),
  ];
  const { peers } = watched(nodes);
  await peers.look();
  const found = peers.seen().map(({ network, peers: count, groups }) => [network, count, groups.length]);
  assert.deepEqual(found.sort(), [
    ["ethereum", 1, 3],
    ["gnosis", 0, 0],
  ]);
});

test("peers: a node that does not tell is told of once, with what to do, until it tells", async () => {
  const node = new Node("n1", fault("unsupported", "error -32601"));
  const { clock, peers, told } = watched([node]);
  peers.start();
  await clock.advance(2 * hourMs);
  assert.deepEqual(told, ["ethereum n1 does not tell its peers (error -32601): open it"]);
  assert.equal(node.asked, 2);
  node.answer = telling([]);
  await clock.advance(hourMs);
  node.answer = telling();
  await clock.advance(hourMs);
  assert.equal(
    told[1],
    "ethereum n1 does not tell its peers (its answer is no list of peers that could be read): open it",
  );
  peers.stop();
});

test("peers: a node that could not be asked is asked again in a minute, and its peers are kept meanwhile", async () => {
  const node = new Node("n1", telling([at("a", "95.216.1.1")]));
  const { clock, peers, told } = watched([node]);
  peers.start();
  await clock.advance(5_000);
  node.answer = fault("timeout", "no answer within 10000 ms");
  await clock.advance(hourMs + 10 * 60_000);
  assert.deepEqual(told, ["ethereum n1 does not tell its peers (no answer within 10000 ms): it is asked again"]);
  assert.deepEqual([node.asked, peers.seen()[0]?.peers, peers.seen()[0]?.nodes], [12, 1, 1]);
  peers.stop();
});

test("peers: a node of which it is not known what chain it serves, or that serves another, is not asked", async () => {
  const node = new Node("n1", telling([at("a", "95.216.1.1")]));
  node.status.confirmed = false;
  const { clock, peers, told } = watched([node]);
  peers.start();
  await clock.advance(60_000);
  Object.assign(node.status, { confirmed: true, verdict: "quarantined" });
  await clock.advance(60_000);
  assert.deepEqual([node.asked, peers.seen(), told], [0, [], []]);
  Object.assign(node.status, { verdict: "healthy" });
  await clock.advance(60_000);
  assert.deepEqual([node.asked, peers.seen()[0]?.peers], [1, 1]);
  peers.stop();
});

test("peers: who can be asked for a part only is asked first for those of whom least is known, and what was found stays", async () => {
  const asked: (readonly string[])[] = [];
  const live: Places = (address) =>
    asked.at(-1)?.slice(0, 1).includes(address) ? { asn: 24940, provider: "hetzner" } : undefined;
  const node = new Node("n1", telling([at("a", "1.1.1.1"), at("b", "2.2.2.2")]));
  const places = async (addresses: readonly string[]) => {
    asked.push(addresses);
    return live;
  };
  const { peers, shares } = watched([node], { places });
  await peers.look();
  assert.deepEqual(shares(), ["hetzner 1"]);
  await peers.look();
  assert.deepEqual([asked[1]?.[0], shares()], ["2.2.2.2", ["hetzner 2"]]);
});

test("peers: while a database cannot be read, what was found before counts", async () => {
  let broken = false;
  const node = new Node("n1", telling([at("a", "95.216.1.1")]));
  const { peers, shares } = watched([node], { places: async () => (broken ? { problem: "gone" } : prefixPlaces()) });
  await peers.look();
  broken = true;
  await peers.look();
  assert.deepEqual(shares(), ["hetzner 1"]);
});

test("peers: nodes that name more than is remembered fill it and no more", async () => {
  const many = (from: number) =>
    Array.from({ length: 100_000 }, (_, index) =>
      at(`${from}/${index}`, `95.216.${(index >> 8) & 255}.${index & 255}`),
    );
  const nodes = [1, 2, 3, 4, 5].map((from) => new Node(`n${from}`, telling(many(from))));
  const { peers } = watched(nodes);
  await peers.look();
  assert.deepEqual([peers.seen()[0]?.peers, peers.seen()[0]?.groups[0]?.known], [16_384, 1]);
});
