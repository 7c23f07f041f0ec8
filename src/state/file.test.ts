import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { keepsItsWord } from "./contract.ts";
import { createFileStore } from "./file.ts";

const fresh = () => mkdtemp(join(tmpdir(), "breakwater-state-"));

keepsItsWord("state in files", async () => {
  const clock = new ManualClock();
  const folder = await fresh();
  const open = async () => createFileStore(join(folder, "deep/er"), clock);
  const close = () => rm(folder, { recursive: true });
  return { open, again: open, wait: (ms) => clock.advance(ms), shared: false, lasting: true, close };
});

test("state in files: half a file, another's file and leftovers of a crash count as nothing, and are cleared away", async () => {
  const folder = await fresh();
  const clock = new ManualClock();
  const store = createFileStore(folder, clock);
  await store.set("a", "whole", 60_000);
  const [name = ""] = await readdir(folder);
  await writeFile(join(folder, name), '{"key":"a","te');
  await writeFile(join(folder, "left.part"), "x");
  assert.equal(await store.get("a"), undefined);
  await store.close();
  const after = createFileStore(folder, clock);
  await after.close();
  assert.deepEqual(await readdir(folder), [name]);
  assert.equal(await after.set("a", "again", 60_000), true);
  assert.equal(await after.get("a"), "again");
  await rm(folder, { recursive: true });
});

test("state in files: what is to be kept for months is not cleared away after one, and goes when its time is over", async () => {
  const folder = await fresh();
  const day = 86_400_000;
  // The files themselves are of the real present.
  const at = (days: number) => createFileStore(folder, new ManualClock(Date.now() + days * day));
  await at(0).set("a", "for a quarter", 90 * day);
  await at(0).set("b", "for a week", 7 * day);
  const later = at(60);
  await later.close();
  assert.deepEqual([await later.get("a"), (await readdir(folder)).length], ["for a quarter", 1]);
  await at(91).close();
  assert.deepEqual(await readdir(folder), []);
  await rm(folder, { recursive: true });
});

test("state in files: nobody else on the machine can read them", async () => {
  const folder = join(await fresh(), "state");
  const store = createFileStore(folder, new ManualClock());
  await store.set("a", "x", 60_000);
  const [name = ""] = await readdir(folder);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  await rm(join(folder, ".."), { recursive: true });
});

test("state in files: a disk that fails is said, loses nothing that is served, and recovers", async () => {
  const folder = await fresh();
  const blocked = join(folder, "state");
  await writeFile(blocked, "a file where a folder should be");
  const store = createFileStore(blocked, new ManualClock());
  assert.equal(await store.set("a", "x", 60_000), false);
  assert.equal(await store.get("a"), undefined);
  assert.equal(await store.add("a", "x", 60_000), undefined);
  assert.match(store.trouble ?? "", /^cannot use the folder for state: E(NOTDIR|EXIST)$/);
  await rm(blocked);
  assert.equal(await store.set("a", "x", 60_000), true);
  assert.equal(store.trouble, undefined);
  await rm(folder, { recursive: true });
});

test("state in files: what is removed takes no room", async () => {
  const folder = await fresh();
  const store = createFileStore(folder, new ManualClock());
  for (const key of ["a", "b", "c"]) await store.set(key, "x", 60_000);
  for (const key of ["a", "b"]) await store.remove(key);
  assert.equal((await readdir(folder)).length, 1);
  await store.close();
  await rm(folder, { recursive: true });
});
