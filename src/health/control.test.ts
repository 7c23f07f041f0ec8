import assert from "node:assert/strict";
import { test } from "node:test";
import type { Upstream } from "../core/upstream.ts";
import { Control } from "./control.ts";

const [a, b, c] = ["aws", "aws", "ovh"].map((provider) => ({ coordinates: { provider } }) as Upstream) as [
  Upstream,
  Upstream,
  Upstream,
];

function controlOf(...upstreams: Upstream[]): Control {
  const control = new Control();
  for (const upstream of upstreams) control.add(upstream);
  return control;
}

test("control: the answers of others since then count, one's own do not", () => {
  const control = controlOf(a, b, c);
  assert.equal(control.answers(a, 0), false);
  control.answered(a, 10);
  control.answered(a, 20);
  assert.deepEqual([control.answers(a, 5), control.answers(b, 20), control.answers(b, 21)], [false, true, false]);
  control.answered(b, 30);
  assert.deepEqual([control.answers(a, 30), control.answers(b, 20), control.answers(b, 25)], [true, true, false]);
});

test("control: an answer that comes late to an early question tells of then", () => {
  const control = controlOf(a, b, c);
  control.answered(a, 50);
  control.answered(b, 40);
  assert.deepEqual([control.answers(c, 50), control.answers(a, 41), control.answers(a, 40)], [true, false, true]);
  control.answered(a, 45);
  assert.equal(control.answers(c, 50), true);
});

test("control: what failed before somebody could be reached again is nobody's fault but ours", () => {
  const control = controlOf(a, b, c);
  control.answered(a, 500);
  control.reachable(400);
  control.answered(b, 500);
  assert.deepEqual([control.answers(c, 399), control.answers(c, 400), control.answers(c, 501)], [false, true, false]);
});

test("control: two upstreams, or several of one provider, may be down together, so silence proves nothing about us", () => {
  assert.equal(controlOf(a, c).answers(a, 0), true);
  assert.equal(controlOf(a, b, a).answers(a, 0), true);
  const control = controlOf(a, b, c);
  control.remove(c);
  assert.equal(control.answers(a, 0), true);
});
