import assert from "node:assert/strict";
import { test } from "node:test";
import { deeperThan, elements, members, skipValue } from "./json-text.ts";

const values = [
  "1",
  "-1.5e10",
  "null",
  "true",
  '""',
  '"a"',
  '"\\""',
  '"\\\\"',
  '"\\\\\\""',
  '"}],{["',
  "[]",
  "{}",
  "[1,[2,[3]],{}]",
  '{"a":{"b":"}"}}',
  "9223372036854775809",
];

test("skipValue: every kind of value ends where it ends, whatever follows", () => {
  for (const value of values) {
    for (const after of ["", ",1", " ,", "}", "]", " "]) {
      assert.equal(skipValue(value + after, 0), value.length, `${value} before ${JSON.stringify(after)}`);
    }
  }
});

test("elements: an array comes apart into its values, raw, whatever the white space", () => {
  for (const space of ["", " ", "\n\t "]) {
    const text = `[${space}${values.join(`${space},${space}`)}${space}]`;
    assert.deepEqual(
      elements(text, 0).map(({ from, to }) => text.slice(from, to)),
      values,
    );
  }
  assert.deepEqual(elements("[ ]", 0), []);
});

test("members: an object comes apart into keys and raw values, doubled keys included", () => {
  for (const space of ["", " ", "\r\n"]) {
    const text = `{${space}${values.map((value, index) => `"k${index % 13}"${space}:${space}${value}`).join(`${space},${space}`)}${space}}`;
    const seen: [string, string][] = [];
    members(text, 0, (key, from, to) => seen.push([key, text.slice(from, to)]));
    assert.deepEqual(
      seen,
      values.map((value, index) => [`k${index % 13}`, value]),
    );
  }
});

test("deeperThan: counts nesting outside strings only, and stands malformed text", () => {
  assert.equal(deeperThan("[[[]]]", 3), false);
  assert.equal(deeperThan("[[[[]]]]", 3), true);
  assert.equal(deeperThan('["[[[[[[[["]', 3), false);
  assert.equal(deeperThan("[".repeat(100_000), 64), true);
  assert.equal(deeperThan('"unterminated [[[[[', 3), false);
});
