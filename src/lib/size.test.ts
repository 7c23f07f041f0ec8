import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSize } from "./size.ts";

test("size: text becomes bytes", () => {
  const table: [string, number | undefined][] = [
    ["64KiB", 65_536],
    ["1MiB", 1_048_576],
    ["128MB", 128_000_000],
    ["1.5GiB", 1_610_612_736],
    ["4096", 4_096],
    ["10B", 10],
    ["1kB", 1_000],
    ["0.5B", undefined],
    ["", undefined],
    ["1 MiB", undefined],
    ["1mib", undefined],
    ["-1", undefined],
    ["99999999999GiB", undefined],
  ];
  for (const [text, bytes] of table) assert.equal(parseSize(text), bytes, text);
});
