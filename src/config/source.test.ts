import assert from "node:assert/strict";
import { test } from "node:test";
import { findingText } from "./finding.ts";
import { readSource } from "./source.ts";

function read(text: string, env = {}) {
  const source = readSource(text, "x.yaml", env);
  return { ...source, lines: source.findings.map(findingText) };
}

test("source: values come plain, references filled in, positions known", () => {
  const { value, lines, find, variables } = read(
    "a: { t: ${T}, n: 1 }\nb:\n  - &x {url: 'http://h/${T}'}\n  - *x\nc: ${E:-}\n",
    {
      T: "s3cret",
    },
  );
  const entry = { url: "http://h/s3cret" };
  assert.deepEqual(value, { a: { t: "s3cret", n: 1 }, b: [entry, entry] });
  assert.deepEqual(lines, []);
  assert.deepEqual(variables(["b", 1, "url"]), ["T"]);
  assert.deepEqual(variables(["a", "n"]), []);
  assert.equal(findingText(find(["a", "n"], "is odd")), "x.yaml:1:18  a.n is odd");
  assert.equal(findingText(find(["a", "n"], "is odd", "key")), "x.yaml:1:15  a.n is odd");
  assert.equal(findingText(find(["b", 0, "id"], "is missing")), "x.yaml:3:8  b[0].id is missing");
});

test("source: a value from the environment cannot become structure", () => {
  const { value } = read("a: ${T}\n", { T: "x\nb: [1" });
  assert.deepEqual(value, { a: "x\nb: [1" });
});

test("source: an unset variable is named with its place; others still count", () => {
  assert.deepEqual(read("# ${IGNORED}\na: ${ONE}\nb: [x, 'y ${TWO}']").lines, [
    "x.yaml:2:4  a needs the environment variable ONE, which is not set",
    "x.yaml:3:8  b[1] needs the environment variable TWO, which is not set",
  ]);
});

test("source: broken YAML is located and never quoted", () => {
  const table: [string, RegExp][] = [
    ["a: 1\nb: [hunter2\nc: 3", /^x\.yaml:3:1 {2}the document is not YAML: Flow sequence/],
    ["a: {b: 1} hunter2", /^x\.yaml:1:11 /],
    ["a: 1\na: hunter2", /^x\.yaml:2:1 .*Map keys must be unique$/],
    ["a: *hunter2", /^x\.yaml:1:4 {2}a refers to an anchor/],
    ['a: "hunter2\nb: 1', /Missing closing "quote/],
    ["a: 1\n--- hunter2", /multiple documents/],
  ];
  for (const [text, expected] of table) {
    const { lines } = read(text);
    assert.match(lines[0] ?? "", expected, text);
    assert.doesNotMatch(lines.join("\n"), /hunter2/);
  }
});

test("source: bombs are refused at once", () => {
  const doubling = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [name, last] of ["ba", "cb", "dc", "ed", "fe", "gf", "hg"]) {
    doubling.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(", ")}]`);
  }
  const table: [string, RegExp][] = [
    ["[".repeat(100_000), /nests deeper than 32 levels/],
    ["x: 1\n".concat("- ".repeat(100_000)), /^x\.yaml:2:1 .*nests deeper/],
    ["a: ".concat("{a: ".repeat(40)), /nests deeper/],
    ["x".repeat(5_000_000), /longer than/],
    ["a: &a [*a, *a]", /more than/],
    [doubling.join("\n"), /more than/],
  ];
  for (const [text, expected] of table) {
    const { lines } = read(text);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", expected);
  }
});

test("source: brackets in text and comments do not count as depth", () => {
  const { lines } = read(`a: "${"[".repeat(50)}" # ${"{".repeat(50)}\nb: |\n  ${"[".repeat(50)}\n`);
  assert.deepEqual(lines, []);
});
