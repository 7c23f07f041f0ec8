import assert from "node:assert/strict";
import { test } from "node:test";
import { type Load, UsualLatency } from "./usual-latency.ts";

/** Looks at ten answers each, one a second, that took `ms`, or twice that and half of it in turns, so that they vary. */
function look(usual: UsualLatency, ms: number, load: Load, count: number, from: number): number {
  let now = from;
  for (let each = 0; each < count; each++) {
    now += 1_000;
    const log = Math.log(ms);
    usual.learn(log, log * log + Math.LN2 ** 2, 10, load, now);
  }
  return now;
}

function ms(usual: UsualLatency): number {
  return Math.round(Math.exp(usual.log));
}

test("usual latency: looks with many calls count only while there are no others", () => {
  const usual = new UsualLatency();
  assert.equal(usual.isNew, true);
  const now = look(usual, 200, "many", 8, 0);
  assert.deepEqual([usual.isNew, usual.certain, ms(usual)], [false, false, 200]);
  look(usual, 40, "few", 1, now);
  assert.deepEqual([usual.certain, ms(usual)], [true, 40], "the first with few calls replaces them");
  look(usual, 200, "many", 100, now);
  assert.equal(ms(usual), 40);
});

test("usual latency: the first look, at answers that were the quickest to come, is replaced by the second", () => {
  const usual = new UsualLatency();
  const now = look(usual, 10, "few", 1, 0);
  look(usual, 40, "few", 1, now);
  assert.equal(ms(usual), 40);
});

test("usual latency: once known it takes minutes to follow, but few quiet looks when they surprise", () => {
  const table: [load: Load, ms: number, looks: number, from: number, to: number][] = [
    ["few", 160, 10, 45, 55],
    ["few", 160, 300, 150, 160],
    ["quiet", 45, 1, 40, 41],
    ["quiet", 160, 2, 105, 120],
  ];
  for (const [load, next, looks, from, to] of table) {
    const usual = new UsualLatency();
    const now = look(usual, 40, "few", 200, 0);
    look(usual, next, load, looks, now);
    assert.ok(ms(usual) >= from && ms(usual) <= to, `${looks} ${load}: ${ms(usual)}`);
  }
});
