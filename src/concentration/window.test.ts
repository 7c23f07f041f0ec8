import assert from "node:assert/strict";
import { test } from "node:test";
import { HourWindow } from "./window.ts";

const minute = 60_000;

test("hour window: an event counts for sixty minutes and is forgotten in the next", () => {
  const window = new HourWindow();
  window.add(5 * minute + 1);
  window.add(5 * minute + 2);
  window.add(20 * minute);
  assert.equal(window.total(20 * minute), 3);
  assert.equal(window.total(64 * minute), 3);
  assert.equal(window.total(65 * minute), 1);
  assert.equal(window.total(80 * minute), 0);
});

test("hour window: after a long silence nothing is left of what was", () => {
  const window = new HourWindow();
  for (let at = 0; at < 90 * minute; at += minute / 2) window.add(at);
  assert.equal(window.total(89 * minute), 120);
  assert.equal(window.total(1_000 * minute), 0);
  window.add(1_000 * minute);
  assert.equal(window.total(1_000 * minute), 1);
});
