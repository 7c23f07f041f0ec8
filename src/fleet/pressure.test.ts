import assert from "node:assert/strict";
import { test } from "node:test";
import { type Upstream, unknownStatus } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { Pressure } from "./pressure.ts";

interface Load {
  readonly inFlight?: number;
  readonly bearable?: number;
  readonly rate?: number;
  readonly declared?: number;
  readonly out?: boolean;
}

function pressed(loads: readonly Load[], clock = new ManualClock()) {
  const upstreams = loads.map((load) => ({ status: { ...unknownStatus(), ...load } }) as unknown as Upstream);
  const loadOf = (upstream: Upstream) => loads[upstreams.indexOf(upstream)] as Load;
  return new Pressure({
    upstreams,
    clock,
    serves: (upstream) => !loadOf(upstream).out,
    declared: (upstream) => loadOf(upstream).declared,
    rateOf: (upstream) => loadOf(upstream).rate ?? 0,
  });
}

test("pressure: calls on their way over what those in service bear; one that was never near its limit has room for all", () => {
  const one = { inFlight: 9, bearable: 10 };
  assert.equal(pressed([one, { inFlight: 3, bearable: 10 }]).learned(), 0.6);
  assert.equal(pressed([one, { inFlight: 30, bearable: 10, out: true }]).learned(), 0.9);
  assert.equal(pressed([one, { inFlight: 9 }]).learned(), 0);
});

test("pressure: a fleet is strained above 70 % of what it turned out to bear, or of what somebody said that it does", () => {
  const table: [string, readonly Load[], boolean][] = [
    ["learned, little", [{ inFlight: 6, bearable: 10 }], false],
    ["learned, much", [{ inFlight: 8, bearable: 10 }], true],
    ["declared, little", [{ rate: 60, declared: 100 }], false],
    ["declared, much", [{ rate: 80, declared: 100 }], true],
    ["declared of one only", [{ rate: 80, declared: 100 }, { rate: 80 }], false],
    [
      "much where nobody is sent",
      [
        { rate: 60, declared: 100 },
        { rate: 99, declared: 100, out: true },
      ],
      false,
    ],
    ["nobody in service", [{ rate: 80, declared: 100, out: true }], false],
  ];
  for (const [name, loads, strained] of table) assert.equal(pressed(loads).isStrained(), strained, name);
});

test("pressure: it is worked out twenty times a second at most, and strain outlasts its cause for five seconds", async () => {
  const clock = new ManualClock();
  const load = { rate: 10, declared: 100 };
  const pressure = pressed([load], clock);
  const after = async (ms: number) => {
    await clock.advance(ms);
    return pressure.isStrained();
  };
  assert.equal(await after(0), false);
  load.rate = 90;
  assert.deepEqual([await after(49), await after(1)], [false, true]);
  load.rate = 10;
  assert.deepEqual([await after(4_999), await after(1), await after(100)], [true, false, false]);
});
