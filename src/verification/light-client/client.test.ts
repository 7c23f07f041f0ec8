import assert from "node:assert/strict";
import { test } from "node:test";
import type { LightClientNews } from "../../core/observer.ts";
import { ManualClock } from "../../lib/manual-clock.ts";
import { seededRandom } from "../../lib/random.ts";
import { questions } from "../../protocols/beacon/questions.ts";
import { createMemoryStore } from "../../state/memory.ts";
import { type Chain, chainOf } from "./chain.ts";
import { LightClient } from "./client.ts";
import { flipped, SampleChain, sampleGenesis, sampleSpec } from "./sample-chain.ts";
import { BeaconNode, type Says } from "./sample-node.ts";

const chain = chainOf(sampleGenesis, sampleSpec) as Chain;
const sample = new SampleChain(chain, seededRandom(1));

/** The time at the end of a slot, in milliseconds since 1970. */
const endOf = (slot: number) => (sampleGenesis.genesisTime + 12 * slot + 11) * 1_000;

function scene(slot: number, size = 2, checkpoint = sample.root(16), kept?: ReturnType<typeof createMemoryStore>) {
  const clock = new ManualClock(endOf(slot));
  const store = kept ?? createMemoryStore(clock);
  const nodes = Array.from({ length: size }, (_, index) => new BeaconNode(`b${index}`, sample, clock));
  const news: LightClientNews[] = [];
  const beacon: { preset: string | undefined } = { preset: "minimal" };
  const preset = () => beacon.preset;
  const client = new LightClient({
    network: "ethereum",
    checkpoint,
    beacon: {
      name: "beacon",
      nodes: () => ({ name: "beacon", upstreams: nodes, questions, genesis: undefined, preset }),
    },
    store,
    clock,
    random: seededRandom(1),
    told: (one) => void news.push(one),
    crashed: (bug) => {
      throw bug;
    },
  });
  return { clock, store, nodes, client, news, beacon };
}

test("light client: it knows the final block from its first look on, and each new one when it comes", async () => {
  const { clock, client, news } = scene(50);
  await client.look();
  assert.equal(client.headers.newest?.number, 32);
  assert.equal(client.status().trouble, undefined);
  assert.equal(client.status().ageSeconds, 18 * 12 + 11);
  await clock.advance(10 * 12_000);
  await client.look();
  assert.equal(client.headers.newest?.number, 40);
  assert.deepEqual(
    news.map(({ what }) => what),
    ["follows"],
  );
});

test("light client: after days without it the committees in between are caught up with in one look", async () => {
  const { client } = scene(64 * 5 + 50);
  await client.look();
  assert.equal(client.headers.newest?.number, 64 * 5 + 32);
});

test("light client: one node that lies costs nothing but its turn, whatever it lies about", async () => {
  const altered =
    (name: string, change: (data: Record<string, unknown>) => unknown): Says =>
    (path, data) =>
      path.includes(name) ? change(data as Record<string, unknown>) : data;
  const lies: Record<string, Says> = {
    "another genesis": altered("genesis", (data) => ({ ...data, genesis_validators_root: `0x${"1".repeat(64)}` })),
    "forks of its own": altered("spec", (data) => ({ ...data, DENEB_FORK_VERSION: "0x09000000" })),
    "a preset that it has not": altered("spec", (data) => ({ ...data, PRESET_BASE: "mainnet" })),
    "no preset": altered("spec", () => ({})),
    "another block": altered("bootstrap", () => sample.bootstrap(24)),
    "a forged header": altered("finality", (data) => {
      const { beacon, ...rest } = data["finalized_header"] as { beacon: { state_root: string } };
      return { ...data, finalized_header: { ...rest, beacon: { ...beacon, state_root: flipped(beacon.state_root) } } };
    }),
    nonsense: altered("light_client", () => ({ attested_header: 7, header: [] })),
    nothing: () => undefined,
    "no updates": (path, data) => (path.includes("update") ? undefined : data),
  };
  for (const [name, says] of Object.entries(lies)) {
    const { nodes, client } = scene(50);
    (nodes[0] as BeaconNode).says = says;
    await client.look();
    assert.equal(client.headers.newest?.number, 32, name);
    assert.equal(client.status().trouble, undefined, name);
    assert.equal(
      client.status().refused,
      ["a preset that it has not", "no preset", "nothing", "no updates"].includes(name) ? 0 : 1,
      name,
    );
  }
});

test("light client: where all nodes lie it knows nothing, and says what was refused", async () => {
  const { nodes, client, news } = scene(50);
  for (const node of nodes) node.says = (path, data) => (path.includes("bootstrap") ? sample.bootstrap(24) : data);
  await client.look();
  assert.equal(client.headers.newest, undefined);
  assert.match(client.status().trouble ?? "", /^what b1 says is refused: it is of another block/);
  assert.deepEqual(
    news.map(({ what, upstream }) => [what, upstream]),
    [
      ["refused", "b0"],
      ["refused", "b1"],
      ["stuck", undefined],
    ],
  );
});

test("light client: a node that told a wrong fork is believed again once it tells the right one", async () => {
  const { nodes, client } = scene(50, 1);
  const [node] = nodes as [BeaconNode];
  node.says = (path, data) => (path.endsWith("spec") ? { ...sampleSpec, DENEB_FORK_VERSION: "0x09000000" } : data);
  await client.look();
  assert.equal(client.headers.newest?.number, 16);
  node.says = (_path, data) => data;
  await client.look();
  assert.equal(client.headers.newest?.number, 32);
});

test("light client: nodes are asked for constants once, and for what is final once a look", async () => {
  const { nodes, client } = scene(50, 1);
  for (let look = 0; look < 5; look++) await client.look();
  const [{ paths }] = nodes as [BeaconNode];
  const count = (name: string) => paths.filter((path) => path.includes(name)).length;
  assert.deepEqual(["spec", "genesis", "bootstrap", "updates"].map(count), [1, 1, 1, 1]);
  assert.ok(count("finality_update") <= 6);
});

test("light client: after a restart it goes on where it was, without the checkpoint", async () => {
  const { client, store } = scene(50);
  await client.look();
  const again = scene(70, 2, sample.root(16), store);
  for (const node of again.nodes) {
    node.says = (path, data) => (path.endsWith(sample.root(16)) ? undefined : data);
  }
  await again.client.look();
  assert.equal(again.client.headers.newest?.number, 48);
});

test("light client: a checkpoint of two weeks ago is refused, and what to do is said", async () => {
  const { client } = scene(16 + (14 * 86_400) / 12 + 1);
  await client.look();
  assert.equal(client.headers.newest, undefined);
  assert.match(client.status().trouble ?? "", /is 14d old: configure a checkpoint that is younger than 14d$/);
});

test("light client: a node that shows only what is old keeps it from nothing newer for longer than a look", async () => {
  const { client, nodes, clock } = scene(50);
  await client.look();
  const stale = sample.update({ attested: 49 });
  (nodes[0] as BeaconNode).says = (path, data) => (path.includes("finality") ? stale : data);
  await clock.advance(10 * 12_000);
  for (let look = 0; look < 2; look++) await client.look();
  assert.equal(client.headers.newest?.number, 40);
});

test("light client: where nothing becomes final it says so, and keeps what it knows", async () => {
  const { client, nodes, clock } = scene(50);
  await client.look();
  const stale = sample.update({ attested: 49 });
  for (const node of nodes) node.says = (path, data) => (path.includes("finality") ? stale : data);
  await clock.advance(3_600_000);
  await client.look();
  assert.equal(client.status().trouble, "nobody shows that anything after block 32 is final");
  assert.equal(client.headers.newest?.number, 32);
});

test("light client: nodes that are not well are not asked, and that there is none is said after a minute", async () => {
  const { client, nodes, clock } = scene(50);
  for (const node of nodes) node.status.confirmed = false;
  await client.look();
  assert.equal(client.status().trouble, "it has only begun");
  await clock.advance(61_000);
  await client.look();
  assert.equal(client.status().trouble, "no beacon node of its network serves its chain, or they do not agree on it");
  assert.deepEqual(
    nodes.map(({ paths }) => paths.length),
    [0, 0],
  );
});

test("light client: while nodes do not agree on their preset, none of them decides which the process has", async () => {
  const { clock, nodes, client, beacon } = scene(50);
  beacon.preset = undefined;
  await client.look();
  await clock.advance(61_000);
  await client.look();
  assert.deepEqual(
    nodes.map(({ asked }) => asked),
    [0, 0],
  );
  assert.match(client.status().trouble ?? "", /do not agree/);
  beacon.preset = "mainnet";
  await client.look();
  assert.match(client.status().trouble ?? "", /preset is not the one on which nodes agree/);
  beacon.preset = "minimal";
  await client.look();
  assert.equal(client.status().trouble, undefined);
});

test("light client: how nodes answer it is not held against them where validators ask", async () => {
  const { nodes, client } = scene(50);
  for (const node of nodes) node.says = () => undefined;
  await client.look();
  assert.deepEqual(
    nodes.map(({ sent, asked }) => [sent, asked > 0]),
    [
      [0, true],
      [0, true],
    ],
  );
});
