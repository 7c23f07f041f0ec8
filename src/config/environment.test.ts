import assert from "node:assert/strict";
import { test } from "node:test";
import { expand, hideReferences } from "./environment.ts";

test("environment: references take their values, problems name the variable only", () => {
  const env = { KEY: "s3cret", EMPTY: "", ODD: "${KEY}: [x" };
  const table: [string, string, string[]][] = [
    ["https://x/v2/${KEY}", "https://x/v2/s3cret", []],
    ["${KEY}/${KEY}", "s3cret/s3cret", []],
    ["${NONE:-a:-b}", "a:-b", []],
    ["${EMPTY:-a}", "a", []],
    ["${NONE:-}", "", []],
    ["${KEY:-a}", "s3cret", []],
    ["${ODD}", "${KEY}: [x", []],
    ["$KEY $ {KEY}", "$KEY $ {KEY}", []],
    ["${NONE}", "", ["needs the environment variable NONE, which is not set"]],
    ["${EMPTY}", "", ["needs the environment variable EMPTY, which is not set"]],
    ["${a-b}", "", ["refers to no variable: write ${NAME} or ${NAME:-default}"]],
  ];
  for (const [text, expanded, problems] of table) {
    const result = expand(hideReferences(text), env);
    assert.equal(result.text, expanded, text);
    assert.deepEqual(result.problems, problems, text);
    assert.equal(hideReferences(text).length, text.length);
  }
});
