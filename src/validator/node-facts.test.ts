import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import {
  type NodeFacts,
  newNode,
  restarted,
  withFinality,
  withHead,
  withHeadEvent,
  withIdentity,
  withPrepared,
  withStream,
  withSync,
} from "./node-facts.ts";
import { narrowed, type SkewBounds, skewMs, skewOf } from "./node-facts-skew.ts";

const fresh = newNode("a", { trust: "trusted", subscribe: true });
const block = (root: string, slot: number, optimistic = false) => ({ root, slot, optimistic });
const point = (epoch: number, root: string) => ({ epoch, root });

test("node facts: the newest head counts, and an answer that was overtaken by an event does not turn it back", () => {
  const table: [string, (facts: NodeFacts) => NodeFacts, root: string, at: number, before: number][] = [
    ["the first", (facts) => facts, "x5", 100, 5],
    ["the next", (facts) => withHeadEvent(facts, block("x6", 6), 200), "x6", 200, 5],
    ["the same again", (facts) => withHead(facts, block("x5", 5), 200), "x5", 100, 5],
    ["asked before the event, answered after", (facts) => withHead(facts, block("x4", 4), 99), "x5", 100, 5],
    ["a reorganisation to an older slot", (facts) => withHeadEvent(facts, block("y4", 4), 200), "y4", 200, 4],
  ];
  const known = withHeadEvent(fresh, block("x5", 5), 100);
  for (const [name, change, root, at, before] of table) {
    const { head } = change(known);
    assert.deepEqual([head?.root, head?.at, head?.before], [root, at, before], name);
  }
  assert.equal(withHeadEvent(known, block("x5", 5), 300).lastHeadEvent, 300);
});

test("node facts: a head that was unverified is verified later, and an old answer does not undo it", () => {
  const unverified = withHead(fresh, block("x5", 5, true), 100);
  const verified = withHead(unverified, block("x5", 5), 150);
  assert.equal(verified.head?.optimistic, false);
  assert.equal(withHead(verified, block("x5", 5, true), 50).head?.optimistic, false);
});

test("node facts: a node that restarted must be told again who is paid, one that merely reconnects need not", () => {
  const known = withPrepared(withIdentity(fresh, "peer1", 0), 7);
  assert.equal(known.restartedAt, undefined, "its first identity is no restart");
  assert.equal(withIdentity(known, "peer1", 50).prepared, 7);
  assert.equal(withStream(withStream(known, undefined), 50).prepared, 7);
  for (const again of [withIdentity(known, "peer2", 50), restarted(known, 50)]) {
    assert.equal(again.prepared, undefined);
    assert.equal(again.restartedAt, 50);
  }
  assert.equal(withPrepared(known, 6).prepared, 7, "a late acknowledgement is no news");
});

test("node facts: what it calls final is remembered for some epochs, and forgotten when it was synced anew", () => {
  let facts = fresh;
  for (let epoch = 1; epoch <= 40; epoch++)
    facts = withFinality(facts, point(epoch + 1, "j"), point(epoch, `f${epoch}`));
  assert.equal(facts.finalized.length, 16);
  assert.deepEqual(facts.finalized.at(-1), point(40, "f40"));
  assert.equal(withFinality(facts, point(42, "j"), point(40, "f40")).finalized, facts.finalized);
  assert.deepEqual(withFinality(facts, point(41, "j"), point(40, "g40")).finalized, [point(40, "g40")]);
  assert.deepEqual(withFinality(facts, point(4, "j"), point(3, "f3")).finalized, [point(3, "f3")]);
});

test("node facts: an answer about its state that comes late does not hide a newer one", () => {
  const sync = { head: 5, distance: 0, syncing: false, optimistic: false, elOffline: false };
  const known = withSync(fresh, sync, 100);
  assert.equal(withSync(known, { ...sync, syncing: true }, 50).sync?.syncing, false);
  assert.equal(withSync(known, { ...sync, syncing: true }, 150).sync?.syncing, true);
});

test("skew: a wrong clock shows in some answers although their dates have whole seconds, a right one never does", () => {
  for (const skew of [-2_000, -400, -200, 0, 20, 200, 400, 5_000]) {
    const random = seededRandom(Math.abs(skew) + 1);
    let bounds: SkewBounds | undefined;
    let now = 1_700_000_000_000;
    for (let count = 0; count < 200; count++) {
      now += 12_000 * random();
      const [there, back] = [40 * random(), 40 * random()];
      const date = Math.floor((now + there + skew) / 1_000) * 1_000;
      bounds = narrowed(bounds, skewOf(date, now, now + there + back, now));
      assert.ok(bounds.least <= skew && skew <= bounds.most, `${skew}: ${bounds.least} to ${bounds.most}`);
    }
    const found = skewMs(bounds);
    assert.ok(Math.abs(found) <= Math.abs(skew), `${skew}: ${found}`);
    if (Math.abs(skew) >= 400) assert.ok(Math.abs(found) > 250, `${skew}: ${found}`);
  }
  assert.ok(Number.isNaN(skewMs(undefined)));
});

test("skew: a clock that drifts by a crystal's error is followed, and neither called right for long nor wrong at once", () => {
  const random = seededRandom(3);
  let bounds: SkewBounds | undefined;
  let now = 1_700_000_000_000;
  const start = now;
  for (let count = 0; count < 4_000; count++) {
    now += 12_000 * random();
    const skew = (now - start) * 4e-5;
    const date = Math.floor((now + skew) / 1_000) * 1_000;
    bounds = narrowed(bounds, skewOf(date, now, now + 10, now));
    assert.ok(bounds.least <= skew + 1e-3 && skew - 1e-3 <= bounds.most, `${skew}: ${bounds.least} to ${bounds.most}`);
  }
  assert.ok(skewMs(bounds) > 700, `${skewMs(bounds)} ms of 960 were found`);
});

test("skew: a clock that was set right is believed at once", () => {
  const wrong = { least: 4_900, most: 5_100, at: 0 };
  const right = skewOf(60_000, 60_300, 60_310, 10);
  assert.deepEqual(narrowed(wrong, right), right);
  assert.equal(skewMs(right), 0);
});
