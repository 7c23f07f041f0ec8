import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

test("nearest: a slip of the hand finds its word, another word finds none", () => {
  const words = ["region", "provider", "headers", "tier", "url", "us-east-1", "us-west-1"];
  const table: [string, string | undefined][] = [
    ["regoin", "region"],
    ["Region", "region"],
    ["provder", "provider"],
    ["header", "headers"],
    ["us-esat-1", "us-east-1"],
    ["ulr", "url"],
    ["colour", undefined],
    ["x", undefined],
    ["", undefined],
  ];
  for (const [word, expected] of table) assert.equal(nearest(word, words), expected, word);
  assert.equal(nearest("region", []), undefined);
});
