import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { StateStore } from "../../src/core/store.ts";
import { ManualClock } from "../../src/lib/manual-clock.ts";
import { createRedisStore } from "../../src/state/redis.ts";
import { type Behaviour, type Node, questionOf, type Rehearsal, rehearse } from "../../src/verification/rehearsal.ts";
import { startRedis } from "../support/redis.ts";

const options = { newcomers: 1, trusted: 1, budget: 10_000, canaries: 60_000, delay: 100 };
const wallet = `0x${"1".repeat(40)}`;
const balance = questionOf("eth_getBalance", [wallet, "0x320"], 800);
const wrongBalance: Behaviour = (method, _params, truth) => (method === "eth_getBalance" ? "0xbad" : truth);

/** The store is real, so that only waiting helps; the clock of those who use it is not. */
async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await done()) return;
    await sleep(25);
  }
  assert.fail(what);
}

test("verification of several instances with one real Redis: each shows all evidence, and a quarantine and its end hold for all", async (context) => {
  const server = await startRedis();
  if (!server) {
    context.skip("redis-server is not installed; apt install redis-server");
    return;
  }
  const stores: StateStore[] = [];
  const scenes: Rehearsal[] = [];
  const begin = async (): Promise<Rehearsal> => {
    const store = createRedisStore(server.url);
    stores.push(store);
    await until(async () => (await store.get("up?")) === undefined && store.trouble === undefined, "Redis answers");
    const scene = rehearse(5, options, stores.length, store, new ManualClock());
    scenes.push(scene);
    scene.verification.start();
    return scene;
  };
  /** An upstream of one instance lies to a client of it. */
  const lie = async (scene: Rehearsal, place: number) => {
    const node = scene.nodes[place] as Node;
    node.behaviour = wrongBalance;
    scene.call(node, balance);
    await scene.clock.advance(200);
  };
  const phases = ({ nodes, phase }: Rehearsal) => nodes.slice(0, 2).map((node) => phase(node));
  const ids = ({ verification }: Rehearsal) => verification.evidence().map(({ id }) => id);
  try {
    const [one, other] = [await begin(), await begin()];
    await Promise.all([lie(one, 0), lie(other, 1)]);
    await until(() => [one, other].every((scene) => `${phases(scene)}` === "held,held"), "both hold for both");
    await until(() => [one, other].every((scene) => ids(scene).length === 2), "both show all evidence");
    assert.deepEqual(new Set(ids(one)), new Set(ids(other)));
    assert.equal(other.verification.release("n0"), true);
    await until(() => `${phases(one)}` === "probation,held", "a release holds for all");

    const late = await begin();
    await until(() => `${phases(late)}` === "probation,held" && ids(late).length === 2, "one that begins later knows");

    // While Redis hangs they judge for themselves; what was found meanwhile is told when it is back.
    server.hang();
    await lie(one, 0);
    assert.deepEqual(phases(one), ["held", "held"]);
    await until(() => stores[0]?.trouble !== undefined, "it is seen that Redis hangs");
    server.resume();
    await until(async () => {
      for (const { clock } of scenes) await clock.advance(10_000);
      return scenes.every((scene) => `${phases(scene)}` === "held,held" && ids(scene).length === 3);
    }, "what was found while Redis hung is known to all");
  } finally {
    for (const { verification } of scenes) verification.stop();
    for (const store of stores) await store.close();
    await server.close();
  }
});
