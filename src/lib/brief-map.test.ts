import assert from "node:assert/strict";
import { test } from "node:test";
import { BriefMap } from "./brief-map.ts";
import { seededRandom } from "./random.ts";

test("BriefMap: says what a Map would, over many generations of entries that come and go", () => {
  const random = seededRandom(1);
  const brief = new BriefMap<number>(4);
  const plain = new Map<string, number>();
  for (let step = 0; step < 5_000; step++) {
    const key = `k${Math.floor(random() * 20)}`;
    if (random() < 0.5 && !plain.has(key)) {
      brief.set(key, step);
      plain.set(key, step);
    } else {
      brief.delete(key);
      plain.delete(key);
    }
    for (let index = 0; index < 20; index++) assert.equal(brief.get(`k${index}`), plain.get(`k${index}`));
  }
});
