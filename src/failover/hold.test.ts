import assert from "node:assert/strict";
import { test } from "node:test";
import { holdMs, mostStrikes, quietMs, withEdge } from "./hold.ts";

const even = () => 0.5;
const least = () => 0;
const most = () => 1;

test("hold: doubles with each strike up to five minutes, jittered by a fifth", () => {
  assert.equal(mostStrikes, 7);
  for (const [strikes, seconds] of [
    [1, 5],
    [2, 10],
    [6, 160],
    [7, 300],
  ] as const) {
    const holds = [least, even, most].map((random) => Math.round(holdMs(strikes, [], random)) / 1_000);
    assert.deepEqual(holds, [0.8 * seconds, seconds, 1.2 * seconds]);
  }
});

test("hold: one that flaps stays out for one and a half of its periods at least", () => {
  const table: [edges: number[], quietMs: number][] = [
    [[], 0],
    [[5_000], 0],
    [[5_000, 65_000], 90_000],
    [[0, 50_000, 120_000], 90_000],
  ];
  for (const [edges, quiet] of table) {
    assert.equal(quietMs(edges, least), quiet);
    assert.equal(quietMs(edges, most), 1.2 * quiet);
    assert.equal(holdMs(1, edges, least), Math.max(4_000, quiet));
    assert.equal(holdMs(7, edges, least), 240_000);
  }
});

test("hold: the last few times of going down make the period; what is long ago is another outage", () => {
  const edges = [0, 100, 200, 300, 400, 600_400].reduce<readonly number[]>(withEdge, []);
  assert.deepEqual(edges, [200, 300, 400, 600_400]);
  assert.deepEqual(withEdge(edges, 1_200_401), [1_200_401]);
});
