import assert from "node:assert/strict";
import { test } from "node:test";
import { element, label, pathThrough, scale } from "./svg.ts";

test("svg: text and attributes cannot break out of their place", () => {
  assert.equal(element("g", { id: 'a"<' }), '<g id="a&#34;&#60;"/>');
  assert.match(label(1, 2, "<script>&"), />&#60;script&#62;&#38;<\/text>$/);
});

test("svg: a path leaves out points without a value", () => {
  const path = pathThrough([
    [0, 1],
    [1, 2.25],
    [2, undefined],
    [3, 4],
  ]);
  assert.equal(path, "M0 1L1 2.3M3 4");
});

test("svg: a scale maps ends to ends, also upside down", () => {
  const y = scale(0, 10, 100, 0);
  assert.deepEqual([y(0), y(5), y(10)], [100, 50, 0]);
});
