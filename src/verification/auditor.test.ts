import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../core/outcome.ts";
import type { LightClientStatus } from "../core/verification.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createMemoryStore } from "../state/memory.ts";
import { type Header, readHeader } from "./evm/header.ts";
import { SignedHeaders } from "./light-client/signed-headers.ts";
import { type Behaviour, blockAt, type Node, questionOf, type Rehearsal, rehearse } from "./rehearsal.ts";

const all = { newcomers: 1, trusted: 1, budget: 10_000, canaries: 86_400_000, delay: 100 };
const wallet = `0x${"1".repeat(40)}`;

const hex = (value: number) => `0x${value.toString(16)}`;
const balance = (block: number) => questionOf("eth_getBalance", [wallet, hex(block)], block);
const call = (block: number) => questionOf("eth_call", [{ to: wallet }, hex(block)], block);
const wrongBalance: Behaviour = (method, _params, truth) => (method === "eth_getBalance" ? "0xbad" : truth);

/** One call, and time for its audit. */
async function ask(scene: Rehearsal, node: Node, question: ReturnType<typeof balance>): Promise<void> {
  scene.call(node, question);
  await scene.clock.advance(200);
}

const findings = (scene: Rehearsal) => scene.told.map(({ upstream, finding }) => `${upstream} ${finding}`);

test("audit: who alone says otherwise about a final block is out after one lie, and the evidence names the others", async () => {
  const scene = rehearse(4, all);
  const [liar] = scene.nodes as [Node];
  liar.behaviour = wrongBalance;
  await ask(scene, liar, balance(800));
  assert.deepEqual(findings(scene), ["n0 outvoted"]);
  assert.equal(scene.phase(liar), "held");
  assert.match(liar.status.disproved ?? "", /eth_getBalance at block 800: n\d, n\d(, n\d)? say otherwise/);
  const [record] = scene.verification.evidence();
  assert.equal(record?.answer.excerpt, "0xbad");
  assert.ok((record?.references.length ?? 0) >= 2);
  assert.equal(record?.header?.hash, blockAt(800)["hash"]);
  assert.deepEqual(JSON.parse(record?.request.params ?? ""), [wallet, "0x320"]);
});

test("audit: an upstream that is only observed keeps its calls", async () => {
  const scene = rehearse(4, { ...all, mode: "observe" });
  const [liar] = scene.nodes as [Node];
  liar.behaviour = wrongBalance;
  await ask(scene, liar, balance(800));
  assert.equal(scene.told[0]?.convicted, true);
  assert.deepEqual([liar.status.disproved, liar.status.trusted], [undefined, 1]);
  assert.equal(scene.verification.evidence().length, 1);
});

test("audit: one that is only observed and goes on to lie leaves room for what others do", async () => {
  const scene = rehearse(4, { ...all, mode: "observe" });
  const [liar] = scene.nodes as [Node];
  liar.behaviour = (method, _params, truth) => (/Balance|call/.test(method) ? "0xbad" : truth);
  for (let round = 0; round < 50; round++) await ask(scene, liar, balance(700 + round));
  for (let round = 0; round < 50; round++) await ask(scene, liar, call(700 + round));
  assert.equal(findings(scene).filter((one) => one === "n0 outvoted").length, 100);
  assert.deepEqual(
    scene.verification.evidence().map(({ check }) => check),
    ["state", "call"],
  );
  await scene.clock.advance(86_400_000);
  await ask(scene, liar, balance(800));
  assert.equal(scene.verification.evidence().length, 3, "after its time it is convicted anew");
});

test("audit: an honest upstream whose reference lies is not blamed; the reference is", async () => {
  const scene = rehearse(4, all);
  const [, liar] = scene.nodes as [Node, Node];
  liar.behaviour = wrongBalance;
  for (let round = 0; round < 20; round++) await ask(scene, scene.nodes[0] as Node, balance(700 + round));
  assert.equal(scene.phase(liar), "held");
  assert.equal(scene.phase(scene.nodes[0] as Node), "clear");
  assert.ok(!findings(scene).some((one) => one.startsWith("n0") && !one.endsWith("agreed")));
});

/** The chain goes on until its newest block is final. */
async function finalize(scene: Rehearsal): Promise<void> {
  Object.assign(scene.head, { latest: 1_100, safe: 1_050, finalized: 1_000 });
  for (const node of scene.nodes) node.status.head = 1_100;
  await scene.clock.advance(20_000);
}

test("audit: what was wrong about a new block, and right when that is final, is a fork or a hiccup and not a lie", async () => {
  const scene = rehearse(4, all);
  const [node] = scene.nodes as [Node];
  node.behaviour = wrongBalance;
  await ask(scene, node, balance(1_000));
  await scene.clock.advance(60_000);
  assert.deepEqual(findings(scene), [], "it goes on for as long as the block may go");
  node.behaviour = (_method, _params, truth) => truth;
  await finalize(scene);
  assert.deepEqual(findings(scene), ["n0 unstable"]);
  assert.equal(scene.phase(node), "clear");
  assert.ok(node.status.trusted < 1, "but it is trusted with less");
});

test("audit: a wrong answer about a new block that is repeated when that is final is a lie", async () => {
  const scene = rehearse(4, all);
  const [liar] = scene.nodes as [Node];
  liar.behaviour = wrongBalance;
  await ask(scene, liar, balance(1_000));
  await finalize(scene);
  assert.deepEqual(findings(scene), ["n0 outvoted"]);
});

test("audit: what waits for a block that is never final is given up, and little of it is kept", async () => {
  const scene = rehearse(4, all);
  const [node] = scene.nodes as [Node];
  node.behaviour = wrongBalance;
  for (let count = 0; count < 70; count++) await ask(scene, node, balance(1_000));
  assert.equal(findings(scene).length, 70 - 64);
  await scene.clock.advance(7_300_000);
  assert.deepEqual([findings(scene).length, ...new Set(findings(scene))], [70, "n0 unanswered"]);
  assert.equal(scene.clock.nextAt(), undefined);
});

test("audit: one lie about a final block is enough, though it is never repeated", async () => {
  const scene = rehearse(4, all);
  const [liar] = scene.nodes as [Node];
  liar.behaviour = wrongBalance;
  scene.call(liar, balance(900));
  liar.behaviour = (_method, _params, truth) => truth;
  await scene.clock.advance(200);
  assert.deepEqual(findings(scene), ["n0 outvoted"]);
});

test("audit: with only one independent upstream, or two of one house, nobody is blamed", async () => {
  const pair = rehearse(2, all);
  (pair.nodes[0] as Node).behaviour = wrongBalance;
  await ask(pair, pair.nodes[0] as Node, balance(800));
  assert.deepEqual(findings(pair), ["n0 undecided"]);
  const house = rehearse(3, all);
  for (const node of house.nodes.slice(1)) Object.assign(node.coordinates, { provider: "one" });
  (house.nodes[0] as Node).behaviour = wrongBalance;
  await ask(house, house.nodes[0] as Node, balance(800));
  assert.deepEqual(findings(house), ["n0 undecided"]);
  assert.equal(house.verification.evidence().length, 0);
});

test("audit: two liars of one operator are caught by three honest ones, and cannot have one of those blamed", async () => {
  const scene = rehearse(5, all);
  const liars = scene.nodes.slice(0, 2);
  for (const liar of liars) {
    Object.assign(liar.coordinates, { operator: "same" });
    liar.behaviour = wrongBalance;
  }
  for (let round = 0; round < 30; round++) {
    for (const node of scene.nodes) await ask(scene, node, balance(600 + round));
  }
  assert.deepEqual(
    scene.nodes.map((node) => scene.phase(node)),
    ["held", "held", "clear", "clear", "clear"],
  );
});

test("audit: of calls, one client's honest difference is not a lie while only one other client says so", async () => {
  const differs: Behaviour = (method, _params, truth) => (method === "eth_call" ? "0xd1ff" : truth);
  const scene = rehearse(4, all);
  for (const node of scene.nodes) Object.assign(node.coordinates, { client: node.id === "n0" ? "besu" : "geth" });
  (scene.nodes[0] as Node).behaviour = differs;
  await ask(scene, scene.nodes[0] as Node, call(800));
  assert.deepEqual(findings(scene), ["n0 undecided"]);
  Object.assign((scene.nodes[3] as Node).coordinates, { client: "reth" });
  Object.assign((scene.nodes[2] as Node).coordinates, { client: "nethermind" });
  await ask(scene, scene.nodes[0] as Node, call(801));
  assert.deepEqual(findings(scene).at(-1), "n0 outvoted");
});

test("audit: a forged header is proved by itself, once the chain is known to hash as Ethereum does", async () => {
  const scene = rehearse(4, all);
  const [forger, ...honest] = scene.nodes as [Node, ...Node[]];
  const block = (number: number) => questionOf("eth_getBlockByNumber", [hex(number), false], number);
  for (const node of honest) await ask(scene, node, block(700));
  forger.behaviour = (method, _params, truth) =>
    method === "eth_getBlockByNumber" ? { ...(truth as object), gasUsed: "0x5" } : truth;
  await ask(scene, forger, block(701));
  assert.equal(findings(scene).at(-1), "n0 proved");
  assert.match(forger.status.disproved ?? "", /the header's fields have the hash 0x/);
});

test("audit: the first header of all that is asked for is forged, and the dispute about it shows that", async () => {
  const scene = rehearse(4, all);
  const [forger] = scene.nodes as [Node];
  forger.behaviour = (method, _params, truth) =>
    method === "eth_getBlockByNumber" ? { ...(truth as object), gasUsed: "0x5" } : truth;
  await ask(scene, forger, questionOf("eth_getBlockByNumber", ["0x2bc", false], 700));
  assert.deepEqual(findings(scene), ["n0 proved"]);
  assert.ok((scene.verification.evidence()[0]?.references.length ?? 0) >= 2);
});

test("audit: on a chain that hashes otherwise nobody forges, and other headers are a matter of votes", async () => {
  const scene = rehearse(4, all);
  const own: Behaviour = (method, params, truth) =>
    method === "eth_getBlockByNumber" || method === "eth_getBlockByHash"
      ? { ...blockAt(method === "eth_getBlockByNumber" ? Number(params[0]) : 700), gasLimit: "0x1" }
      : truth;
  for (const node of scene.nodes) node.behaviour = own;
  for (const node of scene.nodes) await ask(scene, node, questionOf("eth_getBlockByNumber", ["0x2bc", false], 700));
  assert.deepEqual([...new Set(scene.told.map(({ finding }) => finding))], ["agreed"]);
  const [liar] = scene.nodes as [Node];
  liar.behaviour = (method, params, truth) => ({
    ...(own(method, params, truth, Math.random) as object),
    gasUsed: "0x7",
  });
  await ask(scene, liar, questionOf("eth_getBlockByNumber", ["0x2bc", false], 700));
  assert.equal(findings(scene).at(-1), "n0 outvoted");
});

test("audit: blocks of before a chain hashed as Ethereum does have nobody condemned", async () => {
  const scene = rehearse(4, all);
  const block = (number: number) => questionOf("eth_getBlockByNumber", [hex(number), false], number);
  for (const node of scene.nodes) {
    node.behaviour = (method, [asked], truth) =>
      method === "eth_getBlockByNumber" && Number(asked) < 600 ? { ...(truth as object), gasLimit: "0x1" } : truth;
  }
  for (const node of scene.nodes) for (const height of [700, 701, 500]) await ask(scene, node, block(height));
  assert.deepEqual([...new Set(scene.told.map(({ finding }) => finding))], ["agreed"]);
});

test("audit: another block than the one that was asked for is a lie, and one on a fork of its own is outvoted", async () => {
  for (const [wrong, expected] of [
    [(number: number) => blockAt(number + 1), "n0 proved"],
    [(number: number) => blockAt(number, "fork"), "n0 outvoted"],
  ] as const) {
    const scene = rehearse(4, all);
    const [liar] = scene.nodes as [Node];
    liar.behaviour = (method, params, truth) => (method === "eth_getBlockByNumber" ? wrong(Number(params[0])) : truth);
    await ask(scene, liar, questionOf("eth_getBlockByNumber", ["0x2bc", false], 700));
    assert.equal(findings(scene).at(-1), expected);
  }
});

test("audit: a block that does not follow on the final one before it is a lie", async () => {
  const scene = rehearse(4, all);
  const [liar, other] = scene.nodes as [Node, Node];
  // A dispute has made block 700 known.
  other.behaviour = wrongBalance;
  scene.call(other, balance(700));
  other.behaviour = (_method, _params, truth) => truth;
  await scene.clock.advance(200);
  liar.behaviour = (method, params, truth) =>
    method === "eth_getBlockByNumber" ? blockAt(Number(params[0]), "fork") : truth;
  await ask(scene, liar, questionOf("eth_getBlockByNumber", ["0x2bd", false], 701));
  assert.equal(findings(scene).at(-1), "n0 outvoted");
  assert.match(liar.status.disproved ?? "", /its parent is not the final block before it/);
});

test("audit: who showed a block of a branch that the chain left before it was final is no liar", async () => {
  const scene = rehearse(4, all);
  const [node, other] = scene.nodes as [Node, Node];
  scene.head.finalized = 960;
  other.behaviour = wrongBalance;
  await ask(scene, other, balance(950));
  assert.equal(scene.phase(other), "held", "what all agree on at 950 is known by now");
  scene.head.finalized = 900;
  const gone: Behaviour = (method, _params, truth) =>
    method === "eth_getBlockByNumber" ? blockAt(951, "gone") : truth;
  node.behaviour = gone;
  scene.call(node, questionOf("eth_getBlockByNumber", [hex(951), false], 951));
  node.behaviour = (_method, _params, truth) => truth;
  // On chains that are quick with it, that is before the audit.
  scene.head.finalized = 960;
  await scene.clock.advance(200);
  assert.deepEqual([scene.phase(node), findings(scene).at(-1)], ["clear", "n0 unstable"]);
});

test("audit: who still has a block that the chain left, and shows it when asked for it by its hash, is no liar", async () => {
  const scene = rehearse(4, all);
  const [node, other] = scene.nodes as [Node, Node];
  const left = blockAt(700, "left");
  node.behaviour = (method, [asked], truth) =>
    method === "eth_getBlockByHash" && asked === left["hash"] ? left : truth;
  const byHash = questionOf("eth_getBlockByHash", [left["hash"], false]);
  await ask(scene, node, byHash);
  other.behaviour = wrongBalance;
  await ask(scene, other, balance(699));
  assert.equal(scene.phase(other), "held", "the block on which it does not follow is known by now");
  await ask(scene, node, byHash);
  assert.deepEqual([scene.phase(node), findings(scene).at(-1)], ["clear", "n0 undecided"]);
});

test("audit: a block that was agreed on before it was final, and is gone, is held against nobody", async () => {
  const scene = rehearse(4, all);
  const [liar, ...honest] = scene.nodes as [Node, Node, Node, Node];
  const early = blockAt(950, "early");
  for (const node of honest) {
    node.behaviour = (method, [asked], truth) =>
      method === "eth_getBlockByNumber" && asked === hex(950) ? early : truth;
  }
  // A log of a block that is not final has all be asked for that block.
  const log = { address: wallet, topics: [], data: "0x", logIndex: "0x0", blockNumber: hex(950) };
  liar.behaviour = (method, _params, truth) => (method === "eth_getLogs" ? [log] : truth);
  const logs = questionOf("eth_getLogs", [{ fromBlock: hex(880), toBlock: hex(880) }], 880);
  await ask(scene, liar, logs);
  for (const node of honest) node.behaviour = (_method, _params, truth) => truth;
  await finalize(scene);
  for (const node of honest) await ask(scene, node, questionOf("eth_getBlockByNumber", [hex(951), false], 951));
  assert.deepEqual(
    honest.map((node) => scene.phase(node)),
    ["clear", "clear", "clear"],
  );
});

test("audit: what is too large to be read while traffic waits is no answer, whoever gives it", async () => {
  const scene = rehearse(4, { ...all, canaries: 1_000 });
  for (const node of scene.nodes) {
    node.behaviour = (method, _params, truth) =>
      /Logs|Balance/.test(method) && node !== scene.nodes[0] ? "0".repeat(4_200_000) : truth;
  }
  await ask(scene, scene.nodes[0] as Node, balance(800));
  assert.deepEqual(findings(scene), ["n0 unanswered"]);
  scene.verification.start();
  await scene.clock.advance(20_000);
  scene.verification.stop();
  const checks = new Set(scene.told.map(({ upstream, check }) => `${upstream} ${check}`));
  assert.ok(checks.has("n1 header") && !checks.has("n1 logs") && !checks.has("n1 state"));
});

test("audit: when checks stop nothing is asked any more, nor waited for", async () => {
  const scene = rehearse(4, all);
  const [node] = scene.nodes as [Node];
  node.behaviour = wrongBalance;
  scene.call(node, balance(800));
  scene.verification.stop();
  scene.call(node, balance(801));
  assert.equal(scene.clock.nextAt(), undefined);
  scene.verification.start();
  scene.call(node, balance(1_000));
  let asked = 0;
  for (const other of scene.nodes.slice(1)) {
    other.behaviour = (_method, _params, truth) => {
      // While the answer of another is on its way.
      if (asked++ === 0) scene.verification.stop();
      return truth;
    };
  }
  await scene.clock.advance(200);
  assert.deepEqual([asked, scene.clock.nextAt()], [1, undefined]);
});

test("audit: who does not answer, is behind or has no room is neither asked nor blamed", async () => {
  const scene = rehearse(4, all);
  const [node, silent, behind, full] = scene.nodes as [Node, Node, Node, Node];
  silent.behaviour = () => fault("timeout", "late");
  behind.status.head = 790;
  full.room = false;
  await ask(scene, node, balance(800));
  assert.deepEqual(findings(scene), ["n0 unanswered"]);
  assert.deepEqual([behind.asked, full.asked], [0, 0]);
});

test("audit: checks stop while calls need what they take, and never cost more than their budget", async () => {
  const paused = rehearse(4, all);
  paused.paused = true;
  for (let round = 0; round < 50; round++) await ask(paused, paused.nodes[0] as Node, balance(800));
  assert.deepEqual(paused.told, []);
  const poor = rehearse(4, { ...all, budget: 1 });
  for (let second = 0; second < 600; second++) {
    for (let round = 0; round < 5; round++) await ask(poor, poor.nodes[0] as Node, balance(800));
  }
  const asked = poor.nodes.reduce((sum, node) => sum + node.asked, 0);
  assert.ok(asked <= 600 + 40 + 2, `${asked} calls in 600 seconds`);
  assert.ok(asked > 500);
});

test("audit: the walk to a block from one that a light client knows is paid for as well, if afterwards", async () => {
  const headers = new SignedHeaders();
  headers.add(readHeader(blockAt(900)) as Header);
  const client = { headers, start() {}, stop() {}, status: () => assert.fail(), contradicts: () => assert.fail() };
  const scene = rehearse(4, { ...all, budget: 1 }, 1, undefined, new ManualClock(), client);
  const [node] = scene.nodes as [Node];
  node.behaviour = wrongBalance;
  for (let second = 0; second < 100; second++) {
    const height = 780 - 120 * Math.floor(second / 20);
    for (let round = 0; round < 5; round++) await ask(scene, node, balance(height));
  }
  const asked = scene.nodes.reduce((sum, { asked: count }) => sum + count, 0);
  assert.ok(headers.known(780), "it was walked");
  assert.ok(asked <= 40 + 100 + 128, `${asked} calls in 100 seconds`);
});

test("audit: where the chain parts from the one that a light client follows, nobody is a liar for staying on it", async () => {
  const headers = new SignedHeaders();
  headers.add(readHeader(blockAt(850)) as Header);
  const status = () => ({ block: {}, trouble: undefined }) as unknown as LightClientStatus;
  const client = { headers, start() {}, stop() {}, status, contradicts: () => assert.fail() };
  const scene = rehearse(4, all, 1, undefined, new ManualClock(), client);
  const [node, liar] = scene.nodes as [Node, Node];
  const block = (number: number) => questionOf("eth_getBlockByNumber", [hex(number), false], number);
  const trouble = () => scene.verification.lightClients()[0]?.trouble;
  liar.behaviour = wrongBalance;
  await ask(scene, liar, balance(850));
  assert.deepEqual([scene.phase(liar), trouble()], ["held", undefined]);
  assert.equal(scene.verification.evidence()[0]?.header?.by, "light_client", "it vouches while it is on the same one");
  headers.add(readHeader(blockAt(882, "other")) as Header);
  for (const height of [882, 883]) await ask(scene, node, block(height));
  assert.equal(trouble(), undefined, "it takes a while to say so");
  headers.add(readHeader(blockAt(990, "other")) as Header);
  scene.head.finalized = 995;
  for (const height of [990, 991]) await ask(scene, node, block(height));
  liar.behaviour = (method, _params, truth) => (method === "eth_getBlockByNumber" ? blockAt(990, "third") : truth);
  for (let round = 0; round < 5; round++) await ask(scene, node, block(990));
  assert.equal(scene.phase(node), "clear");
  assert.match(trouble() ?? "", /^no upstream of test has shown/);
});

test("audit: a call that must be answered in one country is not repeated in another", async () => {
  const scene = rehearse(3, all);
  const [node, german, french] = scene.nodes as [Node, Node, Node];
  Object.assign(german.coordinates, { jurisdiction: "de" });
  Object.assign(french.coordinates, { jurisdiction: "fr" });
  const resident = { ...balance(800), residency: [{ allow: ["de"], deny: [] }] };
  for (let round = 0; round < 20; round++) await ask(scene, node, resident);
  assert.deepEqual([german.asked, french.asked], [20, 0]);
});

test("audit: writes, errors, tags and what is too large are never repeated elsewhere", async () => {
  const scene = rehearse(3, all);
  const [node] = scene.nodes as [Node];
  const write = balance(800);
  await ask(scene, node, { ...write, traits: { ...write.traits, access: "write" } });
  await ask(scene, node, questionOf("eth_getBalance", [wallet, "latest"]));
  node.behaviour = () => fault("rpc_error", "no");
  await ask(scene, node, balance(800));
  node.behaviour = () => "0".repeat(300_000);
  await ask(scene, node, balance(800));
  assert.deepEqual(scene.told, []);
  assert.equal(
    scene.nodes.reduce((sum, each) => sum + each.asked, 0),
    0,
  );
});

test("quarantine: after a day, honest answers to others' calls bring an upstream back; one more lie keeps it out for a week", async () => {
  const scene = rehearse(4, all);
  const [liar, other] = scene.nodes as [Node, Node];
  liar.behaviour = wrongBalance;
  scene.verification.start();
  await ask(scene, liar, balance(800));
  await scene.clock.advance(86_400_000 * 0.9);
  assert.equal(scene.phase(liar), "held");
  await scene.clock.advance(86_400_000 * 1.7);
  await ask(scene, other, balance(250));
  assert.equal(scene.phase(liar), "held", "it was asked the same, and lied again");
  assert.equal(scene.verification.upstreams()[0]?.convictions, 2);
  liar.behaviour = (_method, _params, truth) => truth;
  await scene.clock.advance(86_400_000 * 8.6);
  assert.equal(scene.phase(liar), "trial");
  for (let round = 0; round < 25; round++) await ask(scene, other, balance(300 + round));
  assert.equal(scene.phase(liar), "probation");
  assert.equal(liar.status.disproved, undefined);
  scene.verification.stop();
});

test("quarantine: outlives the process, with its evidence, until an operator or audits end it", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const before = rehearse(4, all, 1, store, clock);
  (before.nodes[0] as Node).behaviour = wrongBalance;
  await ask(before, before.nodes[0] as Node, balance(800));
  const after = rehearse(4, all, 2, store, clock);
  after.verification.start();
  await clock.advance(10);
  const [node] = after.nodes as [Node];
  assert.equal(after.phase(node), "held");
  assert.match(node.status.disproved ?? "", /say otherwise/);
  assert.equal(after.verification.evidence().length, 1);
  assert.equal(after.verification.release("n1"), false);
  assert.equal(after.verification.release("n0"), true);
  assert.deepEqual([after.phase(node), node.status.disproved], ["probation", undefined]);
  assert.equal(after.verification.release("n0"), false);
  after.verification.stop();
});
