import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration } from "./duration.ts";

test("duration: text becomes milliseconds", () => {
  const table: [string, number | undefined][] = [
    ["250ms", 250],
    ["5s", 5_000],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["1m30s", 90_000],
    ["1.5s", 1_500],
    ["0ms", 0],
    ["5", undefined],
    ["", undefined],
    ["5 s", undefined],
    ["-5s", undefined],
    ["5sec", undefined],
    ["s", undefined],
    ["1..5s", undefined],
  ];
  for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text);
});

test("duration: what is formatted reads back the same", () => {
  const table: [number, string][] = [
    [0, "0ms"],
    [250, "250ms"],
    [1_500, "1s500ms"],
    [90_000, "1m30s"],
    [604_800_000, "7d"],
    [3_600_000, "1h"],
  ];
  for (const [ms, text] of table) {
    assert.equal(formatDuration(ms), text);
    assert.equal(parseDuration(text), ms);
  }
});
