import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { hexAt, itemsOf, listOf, offsetAt, partAt, uint64At } from "./offsets.ts";

test("offsets: numbers are little-endian, and none beyond the end or above 2^53-1", () => {
  const bytes = Buffer.from("0100000002000000ffffffffffff1f000000000000002000", "hex");
  assert.equal(uint64At(bytes, 0), 2 ** 33 + 1);
  assert.equal(uint64At(bytes, 8), Number.MAX_SAFE_INTEGER);
  assert.equal(uint64At(bytes, 16), undefined);
  assert.equal(uint64At(bytes, 17), undefined);
  assert.equal(uint64At(bytes, -1), undefined);
  assert.equal(offsetAt(bytes, 4), 2);
  assert.ok(Number.isNaN(offsetAt(bytes, 21)) && Number.isNaN(offsetAt(bytes, Number.NaN)));
  assert.equal(hexAt(bytes, 22, 2), "0x2000");
  assert.equal(hexAt(bytes, 23, 2), undefined);
});

test("offsets: a part that would begin before its offset ends is none", () => {
  const bytes = Buffer.from("0800000004000000", "hex");
  assert.equal(partAt(bytes, 0, 0), 8);
  assert.ok(Number.isNaN(partAt(bytes, 0, 4)));
});

test("offsets: a list taken apart and put together is the same", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 300; round++) {
    const size = random() < 0.5 ? 1 + Math.floor(random() * 300) : undefined;
    const items = Array.from({ length: Math.floor(random() * 9) }, () =>
      Buffer.alloc(size ?? Math.floor(random() * 40), Math.floor(random() * 256)),
    );
    assert.deepEqual(itemsOf(listOf(items, size), size)?.map(Buffer.from), items);
  }
});

test("offsets: what is no list is none", () => {
  for (const [hex, size] of [
    ["010203", 2],
    ["00000000", undefined],
    ["03000000", undefined],
    ["08000000", undefined],
    ["0800000004000000", undefined],
    ["08000000ff000000", undefined],
    ["ffffff7f", undefined],
  ] as const) {
    assert.equal(itemsOf(Buffer.from(hex, "hex"), size), undefined, hex);
  }
  assert.deepEqual(itemsOf(Buffer.alloc(0), undefined), []);
});
