import assert from "node:assert/strict";
import { test } from "node:test";
import { planFaults } from "./faults.ts";

test("faults: in nine epochs each of three nodes has each kind once, and no two faults meet", () => {
  const plan = planFaults(1, 9, 3, 8);
  assert.equal(new Set(plan.map(({ kind, node }) => `${kind} ${node}`)).size, 9);
  assert.deepEqual(
    plan.map(({ at }) => Math.floor(at / 8)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  for (const [index, { at, slots }] of plan.entries()) {
    const next = plan[index + 1];
    assert.ok(!next || at + slots + 2 < next.at, `two slots to heal after ${at}`);
  }
});

test("faults: no epochs, no faults", () => {
  assert.deepEqual(planFaults(3, 2, 3, 8), []);
});
