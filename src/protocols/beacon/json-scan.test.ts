import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, seededRandom } from "../../lib/random.ts";
import { elementsOf, memberOf, reach, skipSpace, textAt } from "./json-scan.ts";

const strings = [
  "",
  "a",
  "slot",
  'quo"te',
  "back\\slash",
  "\\",
  '\\"',
  "}]{[,:",
  "é\u2028\u0000",
  "x".repeat(200),
  `${"y".repeat(100)}\\"z\\`,
];

function randomValue(random: Random, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 6 : 4));
  const string = () => strings[Math.floor(random() * strings.length)] as string;
  if (kind === 0) return string();
  if (kind === 1) return Math.floor(random() * 1e9) - 5e8;
  if (kind === 2) return random() < 0.5;
  if (kind === 3) return null;
  const items = Array.from({ length: Math.floor(random() * 5) }, () => randomValue(random, depth - 1));
  return kind === 4 ? items : Object.fromEntries(items.map((item, index) => [`${string()}${index}`, item]));
}

test("json-scan: every member and element of random texts is found where the whole would be parsed to the same", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 500; round++) {
    const value = { first: randomValue(random, 4), second: randomValue(random, 4), third: [randomValue(random, 3), 7] };
    const bytes = Buffer.from(JSON.stringify(value, undefined, round % 3));
    const at = skipSpace(bytes, 0);
    for (const name of ["first", "second", "third"] as const) {
      const spans = elementsOf(bytes, reach(bytes, at, name), 100);
      if (!Array.isArray(value[name])) assert.equal(spans, undefined);
      else {
        const parts = spans?.map(({ from, to }) => JSON.parse(bytes.toString("utf8", from, to)));
        assert.deepEqual(parts, value[name]);
      }
    }
    const second = textAt(bytes, reach(bytes, at, "second"), 300);
    const plain = typeof value.second === "string" ? Buffer.from(value.second).toString("latin1") : `${value.second}`;
    const isPlain = (typeof value.second !== "object" || value.second === null) && !/["\\\0]/.test(plain);
    assert.equal(second, isPlain ? plain : undefined);
  }
});

test("json-scan: the first of several names wins, and what is nested is not taken for a member", () => {
  const bytes = Buffer.from('{"inner":{"slot":"1","state":"x"},"state":"2","slot":"3"}');
  assert.equal(memberOf(bytes, 0, ["slot", "state"])?.name, "state");
  assert.equal(textAt(bytes, reach(bytes, 0, "slot"), 9), "3");
  assert.equal(textAt(bytes, reach(bytes, 0, "inner", "slot"), 9), "1");
  assert.equal(reach(bytes, 0, "absent"), -1);
  assert.equal(textAt(bytes, reach(bytes, 0, "state"), 0), undefined);
});

test("json-scan: broken texts end the search, however they are broken", () => {
  const random = seededRandom(2);
  const whole = Buffer.from('{"a":[1,{"b":"c\\"d"},[]],"data":{"x":[true,null],"y":"z"},"s":"t"}');
  const alphabet = Buffer.from('{}[],:"\\ax1 ');
  for (let round = 0; round < 3_000; round++) {
    const bytes = Buffer.from(whole.subarray(0, Math.floor(random() * (whole.length + 1))));
    for (let flips = 0; flips < 3 && bytes.length > 0; flips++) {
      bytes[Math.floor(random() * bytes.length)] = alphabet[Math.floor(random() * alphabet.length)] as number;
    }
    for (let at = -1; at <= bytes.length; at++) {
      memberOf(bytes, at, ["zzz"]);
      elementsOf(bytes, at, 50);
      textAt(bytes, at, 50);
    }
  }
  for (const text of ["[}", "[,", '{"a"}', '{"a":}', '{"a":1,}', "[1 2]", '["', '{"a":"\\"', "[[[[", ""]) {
    assert.equal(elementsOf(Buffer.from(text), 0, 9), undefined, text);
    assert.equal(reach(Buffer.from(text), 0, "b"), -1, text);
  }
});

test("json-scan: more elements than are allowed are none", () => {
  assert.equal(elementsOf(Buffer.from("[1,2,3]"), 0, 3)?.length, 3);
  assert.equal(elementsOf(Buffer.from("[1,2,3]"), 0, 2), undefined);
  assert.deepEqual(elementsOf(Buffer.from("[ ]"), 0, 2), []);
});
