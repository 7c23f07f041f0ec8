import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateStore } from "../core/store.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createMemoryStore } from "../state/memory.ts";
import { atLiberty } from "./quarantine.ts";
import { type Behaviour, type Node, questionOf, type Rehearsal, rehearse } from "./rehearsal.ts";

const all = { newcomers: 1, trusted: 1, budget: 10_000, canaries: 60_000, delay: 100 };
const wallet = `0x${"1".repeat(40)}`;
const day = 86_400_000;
const balance = questionOf("eth_getBalance", [wallet, "0x320"], 800);
const wrongBalance: Behaviour = (method, _params, truth) => (method === "eth_getBalance" ? "0xbad" : truth);

/** Two instances that share a store, started, whose first upstream lies in what it is asked through the first one. */
function pair(store?: StateStore, clock = new ManualClock()) {
  const shared = store ?? createMemoryStore(clock);
  const [one, other] = [rehearse(4, all, 1, shared, clock), rehearse(4, all, 2, shared, clock)];
  const [liar] = one.nodes as [Node];
  liar.behaviour = wrongBalance;
  for (const { verification } of [one, other]) verification.start();
  const stop = () => [one, other].forEach(({ verification }) => void verification.stop());
  return { one, other, liar, twin: other.nodes[0] as Node, clock, store: shared, stop };
}

async function caught(scene: Rehearsal, node: Node): Promise<void> {
  scene.call(node, balance);
  await scene.clock.advance(200);
  assert.equal(scene.phase(node), "held");
}

test("keeping: who is quarantined by one instance gets no more calls from the other, at once, and so with a release", async () => {
  const { one, other, liar, twin, clock, stop } = pair();
  await clock.advance(10);
  await caught(one, liar);
  assert.equal(other.phase(twin), "held");
  assert.match(twin.status.disproved ?? "", /eth_getBalance at block 800/);
  assert.ok(twin.status.trusted < 1, "what is held against it is known there, too");
  assert.deepEqual(
    other.verification.evidence().map(({ id }) => id),
    one.verification.evidence().map(({ id }) => id),
  );
  assert.equal(other.verification.evidence().length, 1);
  assert.equal(other.verification.release("n0", "another network"), false);
  assert.equal(other.verification.release("n0"), true);
  await clock.advance(10);
  assert.deepEqual([one.phase(liar), liar.status.disproved], ["probation", undefined]);
  stop();
});

test("keeping: an older word in the store or on the channel undoes no quarantine, and is corrected", async () => {
  const { one, other, liar, twin, clock, store, stop } = pair();
  await clock.advance(10);
  const key = "verification/test/n0";
  const before = (await store.get(key)) as string;
  await caught(one, liar);
  await store.set(key, before, day);
  store.publish("verification/test", JSON.stringify({ upstream: "n0", kept: before }));
  for (const noise of ["", "[]", '{"upstream":"n9","kept":"{}"}', '{"upstream":"n0","kept":"{}"}']) {
    store.publish("verification/test", noise);
  }
  await clock.advance(10);
  assert.deepEqual([one.phase(liar), other.phase(twin)], ["held", "held"]);
  await clock.advance(120_000);
  const late = rehearse(4, all, 3, store, clock);
  late.verification.start();
  await clock.advance(10);
  assert.equal(late.phase(late.nodes[0] as Node), "held", "one that begins now reads the newer one");
  late.verification.stop();
  stop();
});

test("keeping: who did not hear of a quarantine, and then of its end, learns of it by its next look", async () => {
  const clock = new ManualClock();
  const deaf: StateStore = { ...createMemoryStore(clock), publish: () => {} };
  const { one, other, liar, twin, stop } = pair(deaf, clock);
  await clock.advance(10);
  await caught(one, liar);
  assert.equal(other.phase(twin), "clear");
  await clock.advance(91_000);
  assert.equal(other.phase(twin), "held");
  one.verification.release("n0");
  await clock.advance(91_000);
  assert.equal(other.phase(twin), "probation");
  stop();
});

test("keeping: what an instance finds while the store is away is felt by the others when it is back", async () => {
  const clock = new ManualClock();
  const memory = createMemoryStore(clock);
  let trouble: string | undefined;
  const failing: StateStore = {
    ...memory,
    get: (key) => (trouble ? Promise.resolve(undefined) : memory.get(key)),
    set: (key, text, ttlMs) => (trouble ? Promise.resolve(false) : memory.set(key, text, ttlMs)),
    publish: (channel, text) => (trouble ? undefined : memory.publish(channel, text)),
    get trouble() {
      return trouble;
    },
  };
  const { one, other, liar, twin, stop } = pair(failing, clock);
  await clock.advance(10);
  trouble = "Redis did not answer within 500 ms";
  await caught(one, liar);
  await clock.advance(200_000);
  assert.equal(other.phase(twin), "clear");
  trouble = undefined;
  await clock.advance(182_000);
  assert.equal(other.phase(twin), "held");
  stop();
});

test("keeping: a record of before there were terms still holds", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const custody = {
    phase: "held",
    because: "it lied",
    since: clock.epoch(),
    until: clock.epoch() + day,
    strikes: 1,
    passed: 0,
  };
  const posteriors = [["state", { good: 3, bad: 500, at: clock.epoch() }]];
  await store.set("verification/test/n0", JSON.stringify({ custody, posteriors, doubtedUntil: 0 }), day);
  const { other, twin, stop } = pair(store, clock);
  await clock.advance(10);
  assert.equal(other.phase(twin), "held");
  stop();
});

test("keeping: a liar that is found while the store is away stays out when the store says that an older lie was atoned for", async () => {
  const clock = new ManualClock();
  const memory = createMemoryStore(clock);
  const since = clock.epoch() - 30 * day;
  const custody = { phase: "clear", because: "", since, strikes: 1, passed: 20, term: 1 };
  await memory.set("verification/test/n0", JSON.stringify({ custody, posteriors: [], doubtedUntil: 0 }), day);
  let trouble: string | undefined = "Redis did not answer within 500 ms";
  const failing: StateStore = {
    ...memory,
    get: (key) => (trouble ? Promise.resolve(undefined) : memory.get(key)),
    get trouble() {
      return trouble;
    },
  };
  const { one, other, liar, twin, stop } = pair(failing, clock);
  await caught(one, liar);
  liar.behaviour = (_method, _params, truth) => truth;
  trouble = undefined;
  await clock.advance(182_000);
  assert.deepEqual([one.phase(liar), other.phase(twin)], ["held", "held"]);
  stop();
});

test("keeping: an instance whose clock is a year ahead makes nobody forget what is held against a liar", async () => {
  const { one, other, liar, clock, store, stop } = pair();
  await clock.advance(10);
  await caught(one, liar);
  const at = clock.epoch() + 365 * day;
  const posteriors = [["state", { good: 1, bad: 0, at }]];
  const kept = JSON.stringify({ custody: atLiberty, posteriors, doubtedUntil: at });
  await store.set("verification/test/n0", kept, day);
  store.publish("verification/test", JSON.stringify({ upstream: "n0", kept }));
  await clock.advance(200_000);
  assert.ok(liar.status.trusted < 1);
  const [shown] = other.verification.upstreams();
  assert.ok((shown?.trust ?? 1) < 0.1, `${shown?.trust}`);
  stop();
});

test("keeping: an instance whose clock is a year ahead keeps nobody out for a year", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const since = clock.epoch() + 365 * day;
  const custody = { phase: "held", because: "it lied", since, until: since + day, strikes: 1, passed: 0, term: 1 };
  await store.set("verification/test/n0", JSON.stringify({ custody, posteriors: [], doubtedUntil: 0 }), 400 * day);
  const scene = rehearse(4, { ...all, canaries: 3_600_000 }, 1, store, clock);
  const [node] = scene.nodes as [Node];
  scene.verification.start();
  await clock.advance(6 * day);
  assert.equal(scene.phase(node), "held");
  await clock.advance(2 * day);
  assert.notEqual(scene.phase(node), "held");
  scene.verification.stop();
});
