import assert from "node:assert/strict";
import { test } from "node:test";
import { PeakEwma } from "./ewma.ts";

test("peak ewma: the first sample is the average", () => {
  const average = new PeakEwma(10_000);
  assert.equal(average.value, Number.NaN);
  assert.equal(average.add(20, 5_000), 20);
});

test("peak ewma: a slow answer counts at once, fast ones win back by 1 - 1/e in one time constant", () => {
  const average = new PeakEwma(10_000);
  average.add(20, 0);
  assert.equal(average.add(1_000, 1), 1_000);
  const after = average.add(20, 10_001);
  assert.ok(Math.abs(after - (20 + 980 / Math.E)) < 1e-9, String(after));
});

test("peak ewma: many samples in one instant change nothing but upwards", () => {
  const average = new PeakEwma(10_000);
  average.add(100, 50);
  for (let index = 0; index < 1_000; index++) average.add(1, 50);
  assert.equal(average.value, 100);
  assert.equal(average.add(101, 50), 101);
});
