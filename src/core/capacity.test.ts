import assert from "node:assert/strict";
import { test } from "node:test";
import { capacityOf, type Declaration, declaredCapacity, withoutGaps } from "./capacity.ts";

test("capacity: what is declared is the least that anything said", () => {
  const table: [Declaration, number | undefined][] = [
    [{ limits: {} }, undefined],
    [{ capacity: 300, limits: {} }, 300],
    [{ limits: { rate: 25 } }, 25],
    [{ capacity: 300, limits: { rate: 25 } }, 25],
    [{ capacity: 300, limits: { rate: 500 } }, 300],
    [{ limits: {}, simulated: { capacity: 1_500 } }, 1_500],
    [{ limits: { rate: 100 }, simulated: { capacity: 1_500 } }, 100],
  ];
  for (const [declaration, capacity] of table) assert.equal(declaredCapacity(declaration), capacity);
});

test("capacity: declared wins over learned, and learned needs both concurrency and latency", () => {
  const learned = { bearable: 40, latencyMs: 50 };
  const table: [number | undefined, typeof learned, ReturnType<typeof capacityOf>][] = [
    [300, learned, { perSecond: 300, basis: "declared" }],
    [undefined, learned, { perSecond: 800, basis: "learned" }],
    [undefined, { ...learned, bearable: Number.POSITIVE_INFINITY }, undefined],
    [undefined, { ...learned, latencyMs: Number.NaN }, undefined],
    [undefined, { ...learned, latencyMs: 0 }, undefined],
  ];
  for (const [declared, status, capacity] of table) assert.deepEqual(capacityOf(declared, status), capacity);
});

test("capacity: a gap is taken for the average, and all for the same where nothing is known", () => {
  assert.deepEqual(withoutGaps([100, undefined, 300]), { filled: [100, 200, 300], known: true, gaps: 1 });
  assert.deepEqual(withoutGaps([undefined, undefined]), { filled: [1, 1], known: false, gaps: 2 });
  assert.deepEqual(withoutGaps([]), { filled: [], known: false, gaps: 0 });
});
