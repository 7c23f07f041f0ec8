import assert from "node:assert/strict";
import { test } from "node:test";
import { HourWindow, MinuteWindow } from "./window.ts";

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

test("minute window: a steady rate is told as it is, from the second second on", () => {
  const window = new MinuteWindow();
  for (let at = 500; at < 300_500; at += 20) {
    window.add(at);
    const rate = window.perSecond(at);
    if (at >= 2_500) assert.ok(Math.abs(rate - 50) < 1.1, `${rate} per second at ${at}`);
  }
});

test("minute window: a single event is no flood, and a minute later nothing", () => {
  const window = new MinuteWindow();
  assert.equal(window.perSecond(5), 0);
  window.add(10_200);
  assert.equal(window.perSecond(10_200), 1);
  assert.equal(window.perSecond(20_200), 0.1);
  assert.equal(window.perSecond(70_200), 0);
});

test("minute window: after a pause its calls count over the whole minute", () => {
  const window = new MinuteWindow();
  window.add(0);
  for (let count = 0; count < 59; count++) window.add(600_000);
  assert.equal(window.perSecond(600_000), 1);
});
