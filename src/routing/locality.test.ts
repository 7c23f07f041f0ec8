import assert from "node:assert/strict";
import { test } from "node:test";
import { type Distance, distanceOf, Share } from "./locality.ts";
import { sampleUpstream } from "./rehearsal.ts";

test("locality: the home region first; far is much slower than the quickest, and does not flicker", () => {
  const table: [region: string, probeMs: number, quickestMs: number, before: Distance | undefined, Distance][] = [
    ["aws/us-east-1", 900, 10, undefined, "home"],
    ["aws/us-west-2", 50, 10, undefined, "near"],
    ["aws/us-west-2", 51, 10, undefined, "far"],
    ["aws/us-west-2", 41, 10, "far", "far"],
    ["aws/us-west-2", 40, 10, "far", "near"],
    ["aws/us-west-2", 51, Number.NaN, undefined, "near"],
    ["aws/us-west-2", Number.NaN, 10, undefined, "near"],
  ];
  for (const [region, probeMs, quickestMs, before, expected] of table) {
    const upstream = sampleUpstream("u", region, { probeMs });
    assert.equal(distanceOf(upstream, "aws/us-east-1", quickestMs, before), expected, `${region} ${probeMs} ${before}`);
  }
  assert.equal(distanceOf(sampleUpstream("u", "aws/us-east-1"), undefined, 10, undefined), "near");
});

test("locality: a group gives up traffic at once and takes it back late and slowly", () => {
  const options = { spillBelow: 0.7, failBackMs: 10_000 };
  const share = new Share();
  const steps: [now: number, healthy: number, value: number][] = [
    [0, 1, 1],
    [1_000, 0.7, 1],
    [2_000, 0.35, 0.5],
    [3_000, 0, 0],
    [4_000, 1, 0],
    [13_900, 1, 0],
    // It flaps, and begins to wait again.
    [14_000, 0, 0],
    [15_000, 1, 0],
    [25_000, 1, 0],
    [27_500, 1, 0.25],
    [30_000, 0.35, 0.5],
    [40_000, 0.35, 0.5],
    [50_000, 1, 0.5],
    [62_500, 1, 0.75],
    [90_000, 1, 1],
  ];
  for (const [now, healthy, value] of steps) {
    share.update(healthy, now, options);
    assert.ok(Math.abs(share.value - value) < 1e-9, `at ${now}: ${share.value}`);
  }
});

test("locality: what a group is granted in steps it takes at once, and keeps", () => {
  const options = { spillBelow: 0.7, failBackMs: 10_000 };
  const share = new Share();
  const steps: [now: number, healthy: number, granted: boolean, value: number][] = [
    [0, 0, false, 0],
    [1_000, 0.07, true, 0.1],
    [2_000, 0.35, true, 0.5],
    [3_000, 0.35, false, 0.5],
    // The last of it was not granted: it is well by itself.
    [4_000, 0.7, false, 0.5],
    [14_000, 0.7, false, 0.5],
    [16_500, 0.7, false, 0.75],
  ];
  for (const [now, healthy, granted, value] of steps) {
    share.update(healthy, now, options, granted);
    assert.ok(Math.abs(share.value - value) < 1e-9, `at ${now}: ${share.value}`);
  }
});
