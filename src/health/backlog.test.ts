import assert from "node:assert/strict";
import { test } from "node:test";
import { Backlog } from "./backlog.ts";

/** Answers that took so many milliseconds, one every 10 ms, of a class that usually takes 20. */
function heard(backlog: Backlog, latencies: readonly number[], from = 0): number {
  let now = from;
  for (const ms of latencies) {
    now += 10;
    backlog.answered(ms, () => 20, now);
  }
  return now;
}

const late = [320, 500, 420];

test("backlog: an upstream all of whose answers come late is as late as the least of them", () => {
  const backlog = new Backlog();
  assert.equal(backlog.lateMs(0), 0);
  const now = heard(backlog, late);
  assert.equal(backlog.lateMs(now), 300);
});

test("backlog: one answer in time shows that there is no queue, so that who loses some calls is not excused", () => {
  for (const quick of [5, 20, 49]) {
    const backlog = new Backlog();
    const now = heard(backlog, [...late.slice(1), quick]);
    assert.equal(backlog.lateMs(now), 0, `${quick} ms`);
  }
});

test("backlog: it excuses no silence: nothing is left of it when no more answers come", () => {
  const backlog = new Backlog();
  const now = heard(backlog, late);
  assert.equal(backlog.lateMs(now + 300 + 250), 300);
  assert.equal(backlog.lateMs(now + 300 + 251), 0);
  heard(backlog, late, now + 10_000);
  assert.equal(backlog.lateMs(now + 10_050), 300);
});

test("backlog: answers of a class of which nothing is known say nothing", () => {
  const backlog = new Backlog();
  const now = heard(backlog, late);
  backlog.answered(9_000, () => undefined, now + 400);
  assert.equal(backlog.lateMs(now + 400), 300);
  assert.equal(backlog.lateMs(now + 600), 0);
});
