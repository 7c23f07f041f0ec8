import assert from "node:assert/strict";
import { test } from "node:test";
import { effective, mayReside, residencyInWords } from "./residency.ts";

test("residency: only the countries that are allowed, never one that is denied, and nobody of unknown country", () => {
  const table: [jurisdiction: string | undefined, allow: string[], deny: string[], may: boolean][] = [
    ["de", [], [], true],
    [undefined, [], [], true],
    ["de", ["de", "fr"], [], true],
    ["us", ["de", "fr"], [], false],
    [undefined, ["de"], [], false],
    ["us", [], ["us"], false],
    ["de", [], ["us"], true],
    [undefined, [], ["us"], false],
    ["de", ["de"], ["de"], false],
  ];
  for (const [jurisdiction, allow, deny, may] of table) {
    assert.equal(mayReside(jurisdiction, [{ allow, deny }]), may, `${jurisdiction} ${allow} ${deny}`);
  }
});

test("residency: the rules of the network and of the client hold together", () => {
  const rules = [
    { allow: ["de", "fr", "us"], deny: [] },
    { allow: [], deny: ["us"] },
  ];
  assert.deepEqual(
    ["de", "us", "ch"].map((one) => mayReside(one, rules)),
    [true, false, false],
  );
  assert.equal(residencyInWords(rules), "only in de, fr, us and not in us");
  assert.deepEqual(effective([undefined, { allow: [], deny: [] }, rules[1]]), [rules[1]]);
});
