import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateStore } from "../core/store.ts";

/** A kind of store to try: a fresh one each time, which shares what it keeps with `again`. */
export interface StoreBench {
  /** Why it cannot be tried here. */
  readonly skip?: string | undefined;
  open(): Promise<StateStore>;
  /** A second one on the same data, as another process, or this one after a restart. */
  again(): Promise<StateStore>;
  /** Lets time pass. */
  wait(ms: number): Promise<void>;
  /** Do channels reach other processes? */
  readonly shared: boolean;
  /** Does what is kept survive the process? */
  readonly lasting: boolean;
  close(): Promise<void>;
}

/** The suite that every store must pass. */
export function keepsItsWord(name: string, bench: () => Promise<StoreBench>): void {
  const trial = (what: string, body: (bench: StoreBench, store: StateStore) => Promise<void>) => {
    test(`${name}: ${what}`, async (context) => {
      const one = await bench();
      if (one.skip !== undefined) {
        context.skip(one.skip);
        return;
      }
      const store = await one.open();
      try {
        await body(one, store);
      } finally {
        await store.close();
        await one.close();
      }
    });
  };

  trial("what is set is there, the last word counts, and other keys are not touched", async (_, store) => {
    assert.equal(await store.get("a"), undefined);
    assert.equal(await store.set("a", "one", 60_000), true);
    assert.equal(await store.set("b/../c", "ünïcode\n\0", 60_000), true);
    assert.equal(await store.set("a", "two", 60_000), true);
    assert.deepEqual(
      [await store.get("a"), await store.get("b/../c"), await store.get("c")],
      ["two", "ünïcode\n\0", undefined],
    );
    assert.equal(store.trouble, undefined);
  });

  trial("what is set is gone when its time is over", async ({ wait }, store) => {
    await store.set("a", "brief", 50);
    await store.set("b", "long", 60_000);
    await wait(100);
    assert.deepEqual([await store.get("a"), await store.get("b")], [undefined, "long"]);
  });

  trial("what is removed is gone, nothing else is, and its key is free for whoever adds next", async (_, store) => {
    await store.set("a", "one", 60_000);
    await store.set("b", "two", 60_000);
    assert.deepEqual([await store.remove("a"), await store.remove("never there")], [true, true]);
    assert.deepEqual([await store.get("a"), await store.get("b")], [undefined, "two"]);
    assert.equal(await store.add("a", "three", 60_000), true);
  });

  trial("of two who add the same key only the first does, until its time is over", async ({ wait }, store) => {
    assert.deepEqual([await store.add("a", "first", 50), await store.add("a", "second", 50)], [true, false]);
    assert.equal(await store.get("a"), "first");
    await wait(100);
    assert.equal(await store.add("a", "third", 60_000), true);
    assert.equal(await store.get("a"), "third");
  });

  trial("a text of a megabyte comes back whole", async (_, store) => {
    const text = "validator".repeat(120_000);
    assert.equal(await store.set("large", text, 60_000), true);
    assert.equal(await store.get("large"), text);
  });

  trial("channels reach whoever listens, until they close", async ({ wait }, store) => {
    const heard: string[] = [];
    const one = store.subscribe("x", (text) => heard.push(`one ${text}`));
    const two = store.subscribe("x", (text) => heard.push(`two ${text}`));
    store.subscribe("y", (text) => heard.push(`other ${text}`));
    await wait(100);
    store.publish("x", "a");
    await wait(100);
    one.close();
    one.close();
    store.publish("x", "b");
    await wait(100);
    two.close();
    store.publish("x", "c");
    await wait(100);
    assert.deepEqual(heard.sort(), ["one a", "two a", "two b"]);
  });

  trial(
    "another process, or this one after a restart, finds what was kept",
    async ({ again, lasting, shared, wait }, store) => {
      await store.set("a", "kept", 60_000);
      const other = await again();
      assert.equal(await other.get("a"), lasting ? "kept" : undefined);
      const heard: string[] = [];
      other.subscribe("x", (text) => heard.push(text));
      await wait(100);
      store.publish("x", "news");
      await wait(100);
      assert.deepEqual(heard, shared ? ["news"] : []);
      await other.close();
    },
  );
}
