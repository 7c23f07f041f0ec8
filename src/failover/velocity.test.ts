import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { allows, isWide, type Removal, type Removals, remember } from "./velocity.ts";

const provider = (capacity: number): Removal => ({ capacity, wide: true });
const region = (capacity: number): Removal => ({ capacity, wide: false });

test("velocity: one wide domain in ten seconds, and 60 % of capacity in a minute", () => {
  const table: [string, (Removal & { at: number })[], Removal, number, boolean][] = [
    ["the first", [], provider(0.5), 0, true],
    ["just 60 %", [], provider(0.6), 0, true],
    ["more at once", [], provider(0.61), 0, false],
    ["a second one, too soon", [{ ...provider(0.1), at: 0 }], provider(0.1), 9_999, false],
    ["a second one, in time", [{ ...provider(0.1), at: 0 }], provider(0.1), 10_000, true],
    ["a region meanwhile", [{ ...provider(0.1), at: 0 }], region(0.1), 100, true],
    ["a provider after a region", [{ ...region(0.1), at: 0 }], provider(0.1), 100, true],
    ["too much within a minute", [{ ...provider(0.4), at: 0 }], region(0.21), 59_999, false],
    ["as much after a minute", [{ ...provider(0.4), at: 0 }], region(0.21), 60_000, true],
    ["60 % in three thirds", [region(0.2), region(0.2)].map((one) => ({ ...one, at: 0 })), region(0.2), 100, true],
  ];
  for (const [name, removals, removal, now, allowed] of table) {
    assert.equal(allows(removals, removal, now), allowed, name);
  }
});

test("velocity: wide is what is as large as a provider, under any of its names", () => {
  const table: [string[], boolean][] = [
    [["provider:aws"], true],
    [["client:geth"], true],
    [["asn:16509"], true],
    [["region:aws/us-east-1"], false],
    [["provider:aws & client:geth"], false],
    [["region:hetzner/fsn1", "provider:hetzner"], true],
    [["region:aws/us-east-1", "region:aws/us-east-1 & client:geth"], false],
  ];
  for (const [names, wide] of table) assert.equal(isWide(names), wide, names.join());
});

test("velocity: whatever is asked for, the pace is kept and the memory stays small", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    let removals: Removals = [];
    const all: (Removal & { at: number })[] = [];
    let now = 0;
    for (let count = 0; count < 2_000; count++) {
      now += 2_000 * random() ** 4;
      const removal = { capacity: 0.2 * random() ** 6, wide: random() < 0.1 };
      if (!allows(removals, removal, now)) continue;
      removals = remember(removals, removal, now);
      all.push({ ...removal, at: now });
      assert.ok(removals.length <= 32, `${removals.length} are remembered`);
      const minute = all.filter(({ at }) => now - at < 60_000);
      const removed = minute.reduce((total, { capacity }) => total + capacity, 0);
      assert.ok(removed <= 0.6 + 1e-6, `seed ${seed} at ${now}: ${removed}`);
      const wide = all.filter((one) => one.wide && now - one.at < 10_000);
      assert.ok(wide.length <= 1, `seed ${seed} at ${now}: ${wide.length} wide ones`);
    }
    assert.ok(all.length > 100, `seed ${seed}: ${all.length} removals`);
  }
});

test("velocity: a wide domain is not forgotten among many small ones", () => {
  let removals = remember([], provider(0), 0);
  for (let count = 1; count <= 100; count++) removals = remember(removals, region(0.001), 10 * count);
  assert.equal(allows(removals, provider(0), 5_000), false);
  assert.equal(allows(removals, provider(0), 11_000), true);
  assert.equal(allows(removals, region(0.51), 11_000), false);
});
