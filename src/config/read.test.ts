import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { duration } from "../core/options.ts";
import { findingText } from "./finding.ts";
import { readDocument } from "./read.ts";

const type = z.strictObject({
  level: z.enum(["debug", "info", "warn"]).default("info"),
  wait: duration("5s"),
  count: z.int().min(1).max(9).optional(),
  hedge: z
    .union([z.strictObject({ min: duration("50ms"), share: z.number().optional() }), z.literal(false)])
    .prefault({}),
  items: z.array(z.strictObject({ url: z.url(), region: z.string().optional() })).min(1),
  names: z.record(z.string().regex(/^[a-z]+$/, "must be a name of small letters"), z.strictObject({})).optional(),
});

function read(text: string, env = {}): string[] {
  const result = readDocument(type, text, { file: "x.yaml", env });
  return "problems" in result ? result.problems.map(findingText) : [];
}

test("document: what it leaves out takes its default", () => {
  const result = readDocument(type, "items: [{ url: 'http://a' }]", { file: "x.yaml", env: {} });
  assert.ok("value" in result);
  assert.deepEqual(result.value, { level: "info", wait: 5_000, hedge: { min: 50 }, items: [{ url: "http://a" }] });
});

test("document: each wrong thing is explained at its place", () => {
  const fine = "items: [{ url: 'http://a' }]\n";
  const table: [string, string[]][] = [
    ["items:\n  - url: http://a\n    regoin: x\n", ['3:5  items[0].regoin is not known. Did you mean "region"?']],
    [`${fine}colour: x`, ["2:1  colour is not known. Known here: level, wait, count, hedge, items, names"]],
    [`${fine}level: inof`, ['2:8  level must be one of debug, info, warn. Did you mean "info"?']],
    [`${fine}level: [1]`, ["2:8  level must be one of debug, info, warn"]],
    [`${fine}wait: 5`, ["2:7  wait needs a unit: 5s"]],
    [`${fine}wait:`, ["2:6  wait is empty: it must be a duration such as 250ms, 5s, 2m or 1m30s"]],
    [`${fine}count: 0`, ["2:8  count must be at least 1"]],
    [`${fine}count: 10`, ["2:8  count must be at most 9"]],
    [`${fine}count: many`, ["2:8  count must be a whole number"]],
    [`${fine}hedge: true`, ["2:8  hedge must be a map or false"]],
    [`${fine}hedge: { mni: 1s }`, ['2:10  hedge.mni is not known. Did you mean "min"?']],
    [`${fine}hedge: { min: 7, share: x }`, ["2:15  hedge.min needs a unit: 7s", "2:25  hedge.share must be a number"]],
    [`${fine}names: { A: {} }`, ["2:10  names.A must be a name of small letters"]],
    ["level: info", ["1:1  items is missing: it must be a list"]],
    ["items: []", ["1:8  items must have at least 1 entry"]],
    ["items: [{ region: x }]", ["1:9  items[0].url is missing: it must be text"]],
    ["items: [{ url: nonsense }]", ["1:16  items[0].url must be a URL"]],
    ["items: 3\nlevel: 4", ["1:8  items must be a list", "2:8  level must be one of debug, info, warn"]],
    ["", ["1:1  the document is empty: it must be a map"]],
    ["# nothing", ["1:1  the document is empty: it must be a map"]],
    ["just text", ["1:1  the document must be a map"]],
  ];
  for (const [text, lines] of table)
    assert.deepEqual(
      read(text),
      lines.map((line) => `x.yaml:${line}`),
      text,
    );
});

test("document: text from the environment fits numbers too, and is never quoted", () => {
  const items = "items: [{ url: '${URL}' }]\n";
  const env = { URL: "http://a", N: "3", WORD: "hunter2" };
  assert.deepEqual(read(`${items}count: \${N}\nlevel: \${L:-warn}`, env), []);
  const lines = read(`${items}count: \${WORD}\nlevel: \${WORD}\nwait: \${WORD}\nhedge: \${WORD}`, {
    ...env,
    URL: "hunter2",
  });
  assert.equal(lines.length, 5);
  assert.doesNotMatch(lines.join("\n"), /hunter2/);
  assert.deepEqual(read("items: [{ url: http://a }]\nwait: ${N}\ncount: ${M}", { N: "4711", M: "4712" }), [
    "x.yaml:2:7  wait must be a duration such as 250ms, 5s, 2m or 1m30s",
    "x.yaml:3:8  count must be at most 9",
  ]);
});

test("document: an unset variable is one problem, not two", () => {
  assert.deepEqual(read("items: [{ url: '${NONE}' }]"), [
    "x.yaml:1:16  items[0].url needs the environment variable NONE, which is not set",
  ]);
});
