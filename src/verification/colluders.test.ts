import assert from "node:assert/strict";
import { test } from "node:test";
import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { encodeRlp, getBytes, hexlify, keccak256, toBeHex } from "ethers";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { questions } from "../protocols/beacon/questions.ts";
import { createMemoryStore } from "../state/memory.ts";
import { type Header, headerHash, readHeader } from "./evm/header.ts";
import { type Chain, chainOf } from "./light-client/chain.ts";
import { LightClient } from "./light-client/client.ts";
import { SampleChain, sampleGenesis, sampleSpec } from "./light-client/sample-chain.ts";
import { BeaconNode } from "./light-client/sample-node.ts";
import { type Behaviour, blockAt, type Node, questionOf, rehearse } from "./rehearsal.ts";

/** Two upstreams that lie together, with proofs and headers that fit their lie, and one that is honest. */

const wallet = `0x${"1".repeat(40)}`;
const hex = (value: number) => `0x${value.toString(16)}`;

/** A state in which the wallet has a balance, and the proof of it. */
async function stateWith(balance: number) {
  const accounts = await createMPT({ useKeyHashing: true });
  const empty = keccak256(encodeRlp("0x"));
  for (let index = 1; index <= 20; index++) {
    await accounts.put(
      getBytes(toBeHex(index, 20)),
      getBytes(encodeRlp([toBeHex(index), "0x01", empty, keccak256("0x")])),
    );
  }
  const leaf = encodeRlp([toBeHex(1), toBeHex(balance), empty, keccak256("0x")]);
  await accounts.put(getBytes(wallet), getBytes(leaf));
  const accountProof = (await createMerkleProof(accounts, getBytes(wallet))).map((node) => hexlify(node));
  return { root: hexlify(accounts.root()), balance: hex(balance), accountProof };
}

type State = Awaited<ReturnType<typeof stateWith>>;
type Block = Record<string, unknown>;

/** A chain whose blocks all have one state, from block 690 on; `forked` gives the block of a height with another state. */
function chainWith(state: State) {
  const blocks = new Map<number, Block>();
  const at = (number: number): Block => {
    const known = blocks.get(number);
    if (known) return known;
    const parent = number > 690 ? { parentHash: at(number - 1)["hash"] } : {};
    const block = sealed({ ...blockAt(number), ...parent, stateRoot: state.root, timestamp: hex(timeOf(number)) });
    blocks.set(number, block);
    return block;
  };
  return { at, forked: (number: number, other: State) => sealed({ ...at(number), stateRoot: other.root }) };
}

const timeOf = (number: number) => sampleGenesis.genesisTime + 12 * number;

function sealed(block: Block): Block {
  const { hash: _, ...rest } = block;
  return { ...rest, hash: headerHash(rest) };
}

const truth = await stateWith(5_000);
const lie = await stateWith(6_000);
const blocks = chainWith(truth);

/** Shows `state` as that of the block at `height`, and all else as it is. */
function claiming(state: State, height: number): Behaviour {
  const own = (number: number) =>
    number === height && state !== truth ? blocks.forked(number, state) : blocks.at(number);
  return (method, params) => {
    if (method === "eth_getBlockByNumber") return own(Number(params[0]));
    if (method === "eth_getBlockByHash") {
      // Where the true block is asked for by its hash, the lie is shown under that.
      if (state !== truth && params[0] === blocks.at(height)["hash"]) return { ...own(height), hash: params[0] };
      const known = Array.from({ length: 311 }, (_, index) => own(690 + index));
      return known.find(({ hash }) => hash === params[0]) ?? null;
    }
    if (method === "eth_getBalance") return Number(params[1]) === height ? state.balance : truth.balance;
    if (method === "eth_getProof") return { accountProof: state.accountProof, storageProof: [] };
    return null;
  };
}

const options = { newcomers: 1, trusted: 1, budget: 10_000, canaries: 86_400_000, delay: 100 };
const height = 880;

/** An honest node and two that lie about one block; audits of the honest one's answer, so that it stands against two. */
function stage(lightClient?: LightClient, clock = new ManualClock(1_000 * timeOf(1_000)), size = 3, seed = 1) {
  const scene = rehearse(size, options, seed, undefined, clock, lightClient);
  const [honest, ...liars] = scene.nodes as [Node, Node, Node];
  honest.behaviour = claiming(truth, height);
  for (const liar of liars) liar.behaviour = claiming(lie, height);
  const ask = async (node: Node, method: string, params: readonly unknown[]) => {
    scene.call(node, questionOf(method, params, height));
    // A walk of ancestors and a proof take many turns.
    for (let step = 0; step < 20; step++) await scene.clock.advance(50);
  };
  return { scene, honest, liars, ask };
}

const sampleChain = chainOf(sampleGenesis, sampleSpec) as Chain;
const headerAt = (slot: number) => ({ ...(readHeader(blocks.at(Math.max(690, slot))) as Header), number: slot });
const sample = new SampleChain(sampleChain, seededRandom(1), headerAt);

/** A light client of the chain, at block 1000: its beacon nodes show that 976 is final. */
function followed(clock: ManualClock, chain = sample): LightClient {
  const upstreams = [new BeaconNode("b1", chain, clock)];
  return new LightClient({
    network: "test",
    checkpoint: chain.root(840),
    beacon: {
      name: "beacon",
      nodes: () => ({ name: "beacon", upstreams, questions, genesis: undefined, preset: () => "minimal" }),
    },
    store: createMemoryStore(clock),
    clock,
    random: seededRandom(1),
    told: () => {},
    crashed: (bug) => {
      throw bug;
    },
  });
}

test("two that lie together: without a light client they have the honest upstream condemned by a forged proof", async () => {
  const { scene, honest, liars, ask } = stage();
  await ask(honest, "eth_getBalance", [wallet, hex(height)]);
  assert.deepEqual(
    [honest, ...liars].map((node) => scene.phase(node)),
    ["held", "clear", "clear"],
  );
  assert.equal(scene.verification.evidence()[0]?.header?.by, "two_upstreams");
});

test("one that lies: the true hash over a state root of its own has no honest upstream condemned", async () => {
  // With a member that nobody knows it cannot be told whether the hash is that of the fields.
  const veiled = { ...blocks.at(height), stateRoot: lie.root, unheardOf: "0x1" };
  const lies = claiming(lie, height);
  for (let seed = 1; seed <= 12; seed++) {
    const { scene, honest, liars, ask } = stage(undefined, undefined, 3, seed);
    const [liar, other] = liars as [Node, Node];
    other.behaviour = claiming(truth, height);
    liar.behaviour = (method, params, own, random) =>
      method === "eth_getBlockByNumber" && Number(params[0]) === height ? veiled : lies(method, params, own, random);
    await ask(honest, "eth_getBalance", [wallet, hex(height)]);
    assert.equal(scene.phase(honest), "clear", `seed ${seed}`);
  }
});

test("two that lie together: with a light client it is they who are condemned, by the proof of the honest one", async () => {
  const clock = new ManualClock(1_000 * timeOf(1_000));
  const client = followed(clock);
  await client.look();
  const { scene, honest, liars, ask } = stage(client, clock);
  for (let round = 0; round < 4; round++) await ask(honest, "eth_getBalance", [wallet, hex(height)]);
  assert.deepEqual(
    [honest, ...liars].map((node) => scene.phase(node)),
    ["clear", "held", "held"],
  );
  const records = scene.verification.evidence();
  assert.equal(records.length, 2);
  for (const { finding, header, truth: proven } of records) {
    assert.equal(finding, "proved");
    assert.deepEqual([header?.by, header?.hash], ["light_client", blocks.at(height)["hash"]]);
    assert.equal(proven, `${truth.balance}, by state root ${truth.root}`);
  }
});

test("light client: with it two upstreams are enough to tell which of them lies about what can be proven", async () => {
  const phases = async (client?: LightClient, clock?: ManualClock) => {
    const { scene, honest, ask } = stage(client, clock, 2);
    await ask(honest, "eth_getBalance", [wallet, hex(height)]);
    return scene.nodes.map((node) => scene.phase(node));
  };
  assert.deepEqual(await phases(), ["clear", "clear"]);
  const clock = new ManualClock(1_000 * timeOf(1_000));
  const client = followed(clock);
  await client.look();
  assert.deepEqual(await phases(client, clock), ["clear", "held"]);
});

test("two that lie together about a block: the light client's word is enough, with nobody to prove anything", async () => {
  const clock = new ManualClock(1_000 * timeOf(1_000));
  const client = followed(clock);
  await client.look();
  const { scene, honest, liars, ask } = stage(client, clock);
  for (let round = 0; round < 4; round++) await ask(honest, "eth_getBlockByNumber", [hex(height), false]);
  assert.deepEqual(
    [honest, ...liars].map((node) => scene.phase(node)),
    ["clear", "held", "held"],
  );
  assert.match(scene.verification.evidence()[0]?.truth ?? "", /^block 880 is 0x\w{64}, as the sync committee signed$/);
});

test("light client: that it knows another header than upstreams vouched for is told, and convicts who repeats it", async () => {
  const clock = new ManualClock(1_000 * timeOf(1_000));
  const client = followed(clock);
  const { scene, honest, liars, ask } = stage(client, clock);
  // The two have their way while the light client knows nothing yet.
  await ask(honest, "eth_getBalance", [wallet, hex(height)]);
  assert.equal(scene.phase(honest), "held");
  scene.verification.release(honest.id);
  await client.look();
  await ask(honest, "eth_getBalance", [wallet, hex(height)]);
  assert.deepEqual(
    liars.map((node) => scene.phase(node)),
    ["held", "held"],
  );
  assert.equal(scene.verification.lightClients()[0]?.contradicted, 1);
  assert.ok(scene.verification.evidence().some(({ because }) => /vouches for 0x\w+, and block 880 is/.test(because)));
});

test("light client: of another chain it vouches for nothing, and says so", async () => {
  const clock = new ManualClock(1_000 * timeOf(1_000));
  const other = new SampleChain(sampleChain, seededRandom(2), (slot) => ({
    ...headerAt(slot),
    hash: keccak256(toBeHex(slot)),
  }));
  const client = followed(clock, other);
  await client.look();
  assert.equal(client.headers.newest?.number, 976);
  const { scene, honest, liars, ask } = stage(client, clock);
  for (const liar of liars) liar.behaviour = claiming(truth, height);
  await scene.verification.examine(honest.id, 1);
  assert.match(scene.verification.lightClients()[0]?.trouble ?? "", /^no upstream of test has shown the block/);
  // The parent of this one would be another by what the light client knows.
  scene.head.finalized = 990;
  for (const node of scene.nodes) await ask(node, "eth_getBlockByNumber", [hex(977), false]);
  assert.deepEqual(
    scene.nodes.map((node) => scene.phase(node)),
    ["clear", "clear", "clear"],
  );
});

test("light client: an honest fleet is asked for ancestors once, and nobody is blamed", async () => {
  const clock = new ManualClock(1_000 * timeOf(1_000));
  const client = followed(clock);
  await client.look();
  const { scene, honest, liars, ask } = stage(client, clock);
  const [wrong, other] = liars as [Node, Node];
  for (const node of liars) node.behaviour = claiming(truth, height);
  // One that errs, so that there is something to settle.
  wrong.behaviour = (method, params, own, random) =>
    method === "eth_getBalance" ? "0x1" : claiming(truth, height)(method, params, own, random);
  for (let round = 0; round < 3; round++) await ask(wrong, "eth_getBalance", [wallet, hex(height)]);
  assert.equal(scene.phase(wrong), "held");
  assert.deepEqual([scene.phase(honest), scene.phase(other)], ["clear", "clear"]);
  assert.equal(client.headers.known(height)?.hash, blocks.at(height)["hash"]);
});
