import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { keepsItsWord } from "../../src/state/contract.ts";
import { createRedisStore } from "../../src/state/redis.ts";
import { startRedis } from "../support/redis.ts";

const missing = spawnSync("redis-server", ["--version"]).error
  ? "redis-server is not installed; apt install redis-server"
  : undefined;

/** What is asked of a store meanwhile is answered at once. A server that comes back is noticed within some seconds. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await done()) return;
    await sleep(50);
  }
  assert.fail("it did not come about within ten seconds");
}

keepsItsWord("state in a real Redis", async () => {
  if (missing !== undefined) {
    const never = async () => assert.fail();
    return { skip: missing, open: never, again: never, wait: never, shared: true, lasting: true, close: never };
  }
  const server = await startRedis();
  assert.ok(server);
  const open = async () => {
    const store = createRedisStore(server.url);
    await until(async () => (await store.get("up?")) === undefined && store.trouble === undefined);
    return store;
  };
  return { open, again: open, wait: sleep, shared: true, lasting: true, close: server.close };
});

test("state in a real Redis: one that is gone, or hangs, costs half a second at most, is told, and comes back by itself", async (context) => {
  if (missing !== undefined) {
    context.skip(missing);
    return;
  }
  const server = await startRedis();
  assert.ok(server);
  const store = createRedisStore(server.url);
  const heard: string[] = [];
  store.subscribe("news", (text) => heard.push(text));
  const works = async () => (await store.set("a", "x", 60_000)) && (await store.get("a")) === "x";
  try {
    await until(works);
    server.hang();
    assert.equal(await store.set("a", "y", 60_000), false);
    assert.match(store.trouble ?? "", /^Redis did not answer within 500 ms$/);
    server.resume();
    await until(works);
    assert.equal(store.trouble, undefined);
    await server.kill();
    await until(async () => (await store.add("a", "z", 60_000)) === undefined);
    await until(async () => /^no connection to Redis: ECONNREFUSED$/.test(store.trouble ?? ""));
    store.publish("news", "nobody hears this");
    await server.start();
    await until(works);
    await until(async () => {
      store.publish("news", "hello");
      return heard.includes("hello");
    });
    assert.ok(!heard.includes("nobody hears this"));
  } finally {
    await store.close();
    await server.close();
  }
});

test("state in a real Redis: a wrong password is told without it", async (context) => {
  if (missing !== undefined) {
    context.skip(missing);
    return;
  }
  const server = await startRedis("the right one");
  assert.ok(server);
  const store = createRedisStore(server.url.replace("redis://", "redis://:hunter2hunter2@"));
  await until(async () => (await store.get("a")) === undefined && /refuses/.test(store.trouble ?? ""));
  assert.match(store.trouble ?? "", /^Redis refuses: (WRONGPASS|NOAUTH)$/);
  await store.close();
  const other = createRedisStore(server.url.replace("redis://", "redis://:the%20right%20one@"));
  await until(() => other.set("a", "x", 60_000));
  assert.equal(await other.get("a"), "x");
  await other.close();
  await server.close();
});
