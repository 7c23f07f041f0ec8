import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { worstPair } from "./worst-pair.ts";

interface Set64 {
  readonly name: string;
  readonly indices: readonly number[];
}

/** The most that two of the domains take, by trying every pair. */
function byTrying(domains: readonly Set64[], capacities: readonly number[]): number {
  let most = 0;
  for (const a of domains) {
    for (const b of domains) {
      if (a.indices.join() === b.indices.join()) continue;
      const both = new Set([...a.indices, ...b.indices]);
      most = Math.max(
        most,
        [...both].reduce((total, index) => total + (capacities[index] as number), 0),
      );
    }
  }
  return most;
}

test("worst pair: never misses what trying all pairs finds, over a hundred random fleets", () => {
  const random = seededRandom(7);
  for (let fleet = 0; fleet < 100; fleet++) {
    const capacities = Array.from({ length: 2 + Math.floor(random() * 14) }, () => Math.ceil(random() * 50));
    const domains = Array.from({ length: 2 + Math.floor(random() * 20) }, (_, index) => {
      const part = random();
      const indices = capacities.flatMap((_, member) => (random() < part ? member : []));
      return { name: `d${index}`, indices: indices.length > 0 ? indices : [0] };
    });
    const found = worstPair(domains, capacities);
    const most = byTrying(domains, capacities);
    assert.equal(found?.lost ?? 0, most, `fleet ${fleet}`);
    assert.equal(found?.exact ?? true, true);
  }
});

test("worst pair: two labels of the same upstreams are one domain", () => {
  const same = [
    { name: "provider", indices: [0, 1] },
    { name: "region", indices: [0, 1] },
  ];
  assert.equal(worstPair(same, [5, 5]), undefined);
  const [first, , third] = [...same, { name: "other", indices: [2] }] as const;
  const found = worstPair([...same, third as Set64], [5, 5, 1]);
  assert.deepEqual([found?.a, found?.b, found?.lost], [first, third, 11]);
});

test("worst pair: among more than 64 domains it says whether it can be sure", () => {
  const apart = Array.from({ length: 100 }, (_, index) => ({ name: `d${index}`, indices: [index] }));
  const falling = apart.map((_, index) => 1_000 - index);
  const sure = worstPair(apart, falling);
  assert.deepEqual([sure?.lost, sure?.exact], [1_999, true]);
  // All of the 64 largest share the one upstream that makes them large; the 65th does not, and would be the better half.
  const shared = apart.map(({ name }, index) => ({ name, indices: index < 70 ? [0, index + 1] : [index + 1] }));
  const capacities = [500, ...falling.map((_, index) => (index < 70 ? 1 : 300))];
  const unsure = worstPair(shared, capacities);
  assert.deepEqual([unsure?.lost, unsure?.exact], [502, false]);
});
