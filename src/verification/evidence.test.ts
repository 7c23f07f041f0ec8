import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateStore } from "../core/store.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { createMemoryStore } from "../state/memory.ts";
import { EvidenceBook } from "./evidence.ts";
import type { NewEvidence } from "./evidence-record.ts";

const day = 86_400_000;

function found(because: string): NewEvidence {
  const answer = { upstream: "n0", digest: "ab", excerpt: '"0x6"' };
  return {
    network: "test",
    upstream: "n0",
    check: "state",
    finding: "proved",
    because,
    request: { method: "eth_getBalance", params: "[]" },
    answer,
    references: [{ ...answer, upstream: "n1" }],
    header: undefined,
    truth: "0x5",
  };
}

const reasons = (book: EvidenceBook) => book.list().map(({ because }) => because);

let seed = 0;

/** Books over one store, each of an instance of its own. */
function scene(size: number, store?: StateStore, clock = new ManualClock()) {
  const shared = store ?? createMemoryStore(clock);
  const crashed = (bug: unknown) => assert.fail(String(bug));
  const books = Array.from(
    { length: size },
    () => new EvidenceBook({ store: shared, clock, random: seededRandom(seed++), crashed }),
  );
  return { clock, store: shared, books };
}

/** A memory store whose answers take a while, each another one, so that instances get in each other's way. */
function slowly(store: StateStore, clock: ManualClock): StateStore {
  const random = seededRandom(7);
  const late = async <T>(work: () => Promise<T>) => {
    await new Promise<void>((resolve) => void clock.schedule(random() * 20, resolve));
    const result = await work();
    await new Promise<void>((resolve) => void clock.schedule(random() * 20, resolve));
    return result;
  };
  return {
    ...store,
    get: (key) => late(() => store.get(key)),
    set: (key, text, ttlMs) => late(() => store.set(key, text, ttlMs)),
    add: (key, text, ttlMs) => late(() => store.add(key, text, ttlMs)),
  };
}

test("evidence: what several instances find at the same time is all kept, and all of them show it", async () => {
  const clock = new ManualClock();
  const { books, store } = scene(3, slowly(createMemoryStore(clock), clock), clock);
  for (const book of books) book.start();
  for (let round = 0; round < 20; round++) {
    for (const [index, book] of books.entries()) book.add(found(`${round} of ${index}`));
    await clock.advance(7);
  }
  await clock.advance(20_000);
  const all = reasons(books[0] as EvidenceBook).sort();
  assert.equal(new Set(all).size, 60);
  for (const book of books) assert.deepEqual(reasons(book).sort(), all);
  const [late] = scene(1, store, clock).books as [EvidenceBook];
  late.start();
  await clock.advance(20_000);
  assert.deepEqual(reasons(late).sort(), all, "one that begins later shows the same");
  assert.equal(new Set(late.list().map(({ id }) => id)).size, 60, "and no two have one id");
  for (const book of [...books, late]) book.stop();
});

test("evidence: the newest 200 are kept, in the order in which they were found, for 90 days", async () => {
  const { clock, store, books } = scene(2);
  for (let count = 0; count < 250; count++) {
    books[count % 2]?.add(found(`${count}`));
    await clock.advance(1_000);
  }
  const [one] = books as [EvidenceBook];
  one.start();
  await clock.advance(10);
  const last = Array.from({ length: 200 }, (_, index) => `${50 + index}`);
  assert.deepEqual(reasons(one), last);
  assert.equal(await store.get("evidence/50"), undefined, "what is too many leaves the store");
  const [next, later] = scene(2, store, clock).books as [EvidenceBook, EvidenceBook];
  next.start();
  await clock.advance(10);
  assert.deepEqual(reasons(next), last);
  one.stop();
  next.stop();
  await clock.advance(91 * day);
  later.start();
  await clock.advance(10);
  assert.deepEqual(reasons(later), []);
  later.stop();
});

test("evidence: what the store does not take is shown at once, and written when it works again", async () => {
  const clock = new ManualClock();
  const memory = createMemoryStore(clock);
  let trouble: string | undefined = "no connection";
  const failing: StateStore = {
    ...memory,
    get: (key) => (trouble ? Promise.resolve(undefined) : memory.get(key)),
    set: (key, text, ttlMs) => (trouble ? Promise.resolve(false) : memory.set(key, text, ttlMs)),
    add: (key, text, ttlMs) => (trouble ? Promise.resolve(undefined) : memory.add(key, text, ttlMs)),
    publish: () => {},
    get trouble() {
      return trouble;
    },
  };
  const [away] = scene(1, failing, clock).books as [EvidenceBook];
  const [other] = scene(1, memory, clock).books as [EvidenceBook];
  away.start();
  other.start();
  other.add(found("meanwhile"));
  away.add(found("first"));
  await clock.advance(1_000);
  away.add(found("second"));
  await clock.advance(300_000);
  assert.deepEqual([reasons(away), reasons(other)], [["first", "second"], ["meanwhile"]]);
  trouble = undefined;
  // What it wrote is not announced here: it is found by looking.
  await clock.advance(120_000);
  for (const book of [away, other]) assert.deepEqual(reasons(book).sort(), ["first", "meanwhile", "second"]);
  away.stop();
  other.stop();
  assert.equal(clock.nextAt(), undefined, "nothing is left to be done");
});

test("evidence: a store that was emptied, or holds what is no record, is filled from its beginning and hides nothing", async () => {
  const clock = new ManualClock();
  let memory = createMemoryStore(clock);
  const changing: StateStore = {
    ...memory,
    get: (key) => memory.get(key),
    set: (key, text, ttlMs) => memory.set(key, text, ttlMs),
    add: (key, text, ttlMs) => memory.add(key, text, ttlMs),
  };
  const [one, other] = scene(2, changing, clock).books as [EvidenceBook, EvidenceBook];
  for (let count = 0; count < 5; count++) one.add(found(`before ${count}`));
  one.start();
  await clock.advance(10);
  memory = createMemoryStore(clock);
  await memory.set("evidence/1", '{"id":7}', day);
  await memory.set("evidence/last", "many", day);
  other.start();
  other.add(found("after"));
  await clock.advance(70_000);
  assert.deepEqual(reasons(other), ["after"]);
  assert.deepEqual(reasons(one).length, 6, "it keeps what it knew, and hears of the new");
  one.add(found("and again"));
  await clock.advance(70_000);
  assert.deepEqual(reasons(other), ["after", "and again"]);
  one.stop();
  other.stop();
});
