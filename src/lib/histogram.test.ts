import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "./histogram.ts";
import { seededRandom } from "./random.ts";

test("histogram: quantiles of a thousand values lie within 10 % of the true ones", () => {
  const random = seededRandom(1);
  const histogram = new Histogram();
  const values = Array.from({ length: 1_000 }, () => 20 - 30 * Math.log(1 - random()));
  for (const value of values) histogram.add(value);
  values.sort((a, b) => a - b);
  for (const quantile of [0.05, 0.5, 0.9, 0.95, 0.99]) {
    const truth = values[Math.floor(quantile * values.length)] as number;
    const found = histogram.quantile(quantile) as number;
    assert.ok(Math.abs(found / truth - 1) < 0.1, `${quantile}: ${found} for ${truth}`);
  }
});

test("histogram: the share above a quantile is what the quantile leaves", () => {
  const histogram = new Histogram();
  for (let value = 1; value <= 500; value++) histogram.add(value);
  for (const quantile of [0.1, 0.5, 0.99]) {
    const share = histogram.above(histogram.quantile(quantile) as number);
    assert.ok(Math.abs(share - (1 - quantile)) < 1e-9, `${quantile}: ${share}`);
  }
});

test("histogram: knows nothing while it is empty, and takes any size of value", () => {
  const histogram = new Histogram();
  assert.equal(histogram.quantile(0.5), undefined);
  assert.equal(histogram.above(10), 1);
  for (const extreme of [0, -1, 0.001, 1e12]) histogram.add(extreme);
  assert.equal(histogram.total, 4);
  assert.ok((histogram.quantile(0.5) as number) <= 0.3);
  assert.equal(histogram.above(0), 1);
  assert.equal(histogram.above(-5), 1);
});

test("histogram: scaled down, old values give way to new ones", () => {
  const histogram = new Histogram();
  for (let count = 0; count < 100; count++) histogram.add(10);
  histogram.scale(0.1);
  assert.equal(histogram.total, 10);
  for (let count = 0; count < 20; count++) histogram.add(1_000);
  assert.ok((histogram.quantile(0.5) as number) > 800);
});
