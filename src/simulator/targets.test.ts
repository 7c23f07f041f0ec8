import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figures } from "./figures.ts";
import { type Expectations, scenarioSchema } from "./scenario.ts";
import { missesOf } from "./targets.ts";

function expectations(expect: object): Expectations {
  return scenarioSchema.parse({ name: "x", fleet: "x.yaml", expect }).expect;
}

function figures(parts: Partial<Figures>): Figures {
  return { domains: [], shed: [0, 0, 0, 0], ...parts } as Figures;
}

test("targets: what is reached is no miss, what is worse is one with both values", () => {
  const runs = [figures({ availabilityInOutage: 0.9995, timeToMove: 300, flaps: 1 })];
  assert.deepEqual(missesOf(expectations({ availability: "99.9%", timeToMove: "300ms", flaps: 1 }), 10, runs), []);
  assert.deepEqual(missesOf(expectations({ availability: "99.96%", timeToMove: "299ms", flaps: 0 }), 10, runs), [
    { target: "availability", text: "availability 99.950 %, expected at least 99.960 %" },
    { target: "timeToMove", text: "traffic moved after 300 ms, expected at most 299 ms" },
    { target: "flaps", text: "flaps 1, expected at most 0" },
  ]);
});

test("targets: what never came about misses a limit on when, a move that was not needed does not", () => {
  const expect = expectations({ timeToMove: "1s", timeToAllOut: "1s", timeToRecover: "1s" });
  assert.deepEqual(
    missesOf(expect, 10, [figures({})]).map(({ text }) => text),
    ["all struck out after never, expected at most 1.00 s", "recovered after never, expected at most 1.00 s"],
  );
});

test("targets: a limit may depend on the rate, and holds from its rate on", () => {
  const expect = expectations({
    timeToMove: [
      { from: "200/s", value: "300ms" },
      { from: "10/s", value: "1s" },
    ],
  });
  const missedAt = (rate: number, timeToMove: number) => missesOf(expect, rate, [figures({ timeToMove })]).length > 0;
  assert.deepEqual(
    [missedAt(200, 301), missedAt(200, 300), missedAt(199, 301), missedAt(10, 1_001), missedAt(1, 1_000)],
    [true, false, false, true, false],
  );
});

test("targets: several runs are judged by the worst of twenty, and by the second of forty", () => {
  const runs = (count: number) => Array.from({ length: count }, (_, index) => figures({ flaps: index === 0 ? 9 : 0 }));
  const expect = expectations({ flaps: 0 });
  assert.equal(missesOf(expect, 10, runs(20)).length, 1);
  assert.equal(missesOf(expect, 10, runs(40)).length, 0);
});

test("targets: the domain expected must be named in each run, and no other but a part of it", () => {
  const members: Record<string, string[]> = {
    "provider:a": ["1", "2", "3"],
    "region:b": ["2", "3"],
    "client:c": ["3", "4"],
  };
  const naming = (...domains: string[]) =>
    figures({
      domains: domains.map((domain) => ({ domain, members: members[domain] ?? [], after: 0, right: true })),
    });
  const told = (...runs: Figures[]) =>
    missesOf(expectations({ named: "provider:a" }), 10, runs).map(({ text }) => text);
  assert.deepEqual(told(naming("provider:a", "provider:a"), naming("region:b", "provider:a")), []);
  assert.deepEqual(told(naming("provider:a"), naming(), naming("provider:a", "client:c"), naming("region:b")), [
    "3 of 4 runs named nothing; provider:a, client:c; region:b, expected provider:a",
  ]);
});
