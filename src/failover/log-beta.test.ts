import assert from "node:assert/strict";
import { test } from "node:test";
import { logBeta } from "./log-beta.ts";

function near(actual: number, expected: number, name: string): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${name}: ${actual}, not ${expected}`);
}

test("log-beta: known values", () => {
  near(logBeta(1, 1), 0, "B(1, 1) = 1");
  near(logBeta(0.5, 0.5), Math.log(Math.PI), "B(1/2, 1/2) = pi");
  near(logBeta(2, 3), -Math.log(12), "B(2, 3) = 1/12");
  near(logBeta(0.25, 0.75), Math.log(Math.PI * Math.SQRT2), "B(x, 1 - x) = pi / sin(pi x)");
});

test("log-beta: what one more member does follows B(a + 1, b) = B(a, b) a / (a + b), up to thousands of members", () => {
  let expected = logBeta(2, 0.7);
  for (let struck = 0; struck < 5_000; struck++) {
    expected += Math.log((2 + struck) / (2.7 + struck));
    near(logBeta(3 + struck, 0.7), expected, `${struck + 1} struck`);
  }
  for (let standing = 0; standing < 5_000; standing++) {
    expected += Math.log((0.7 + standing) / (5_002.7 + standing));
    near(logBeta(5_002, 1.7 + standing), expected, `${standing + 1} standing`);
  }
});
