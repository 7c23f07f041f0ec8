import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import { unknownStatus } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type PlainBreakers, plainBreakers } from "./plain-breakers.ts";

const good = { ok: true } as Outcome;
const bad = fault("server_error", "HTTP 500");
const notTheirs = fault("no_upstream", "nobody is left");

/** An upstream behind a breaker that hears of outcomes `everyMs` apart: when it changed, and to what. */
async function changesOf(kind: PlainBreakers, outcomes: readonly Outcome[], everyMs: number): Promise<string[]> {
  const clock = new ManualClock();
  const changes: string[] = [];
  const upstream = { status: unknownStatus() };
  const breakers = plainBreakers(
    kind,
    clock,
    { changed: (_, { to, because }) => changes.push(`${clock.now()} ${to}: ${because}`) },
    () => {},
  );
  for (const outcome of outcomes) {
    await clock.advance(everyMs);
    breakers.attempted?.({} as Call, { upstream, outcome } as unknown as Attempt);
  }
  await clock.advance(60_000);
  return changes;
}

function times(count: number, outcome: Outcome): Outcome[] {
  return Array.from({ length: count }, () => outcome);
}

test("plain breakers: five failures in a row take an upstream out for 30 s, four and a success do not", async () => {
  assert.deepEqual(await changesOf("consecutive", times(5, bad), 100), [
    "500 ejected: 5 failures in a row",
    "30500 healthy: 30 s are over",
  ]);
  assert.deepEqual(await changesOf("consecutive", [...times(4, bad), good, ...times(4, bad)], 100), []);
});

test("plain breakers: a window opens when half of at least twenty calls in 10 s failed, for 30 s", async () => {
  const alternating = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? bad : good));
  assert.deepEqual(await changesOf("window", alternating, 100), [
    "2000 ejected: 10 of 20 calls failed",
    "32000 healthy: 30 s are over",
  ]);
  assert.deepEqual(await changesOf("window", times(19, bad), 100), []);
  assert.deepEqual(await changesOf("window", times(60, bad), 600), [], "at most 17 in 10 s");
  assert.deepEqual(await changesOf("window", [...times(30, good), ...times(25, bad)], 100), []);
});

test("plain breakers: what has left the window counts no more", async () => {
  const quiet = [...times(100, good), ...times(60, bad)];
  assert.deepEqual((await changesOf("window", quiet, 100))[0], "15000 ejected: 50 of 100 calls failed");
});

test("plain breakers: what is not the upstream's fault counts for nothing", async () => {
  for (const kind of ["consecutive", "window"] as const) {
    assert.deepEqual(await changesOf(kind, times(50, notTheirs), 100), []);
  }
});
