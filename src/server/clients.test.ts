import assert from "node:assert/strict";
import { test } from "node:test";
import { createClients } from "./clients.ts";

const residency = { allow: ["de"], deny: [] };
const eu = { name: "eu", key: "0123456789abcdef", residency };

test("clients: whoever presents a key, in either header, has what is configured for it", () => {
  const of = createClients([eu], false);
  assert.deepEqual(of({ authorization: "Bearer 0123456789abcdef" }), { residency });
  assert.deepEqual(of({ "x-api-key": "0123456789abcdef" }), { residency });
  assert.deepEqual(of({}), { residency: undefined });
});

test("clients: a wrong key is refused, not taken for none; and none is where keys are required", () => {
  const wrong = { refused: "the key is not known here" };
  assert.deepEqual(createClients([eu], false)({ "x-api-key": "0123456789abcdee" }), wrong);
  assert.deepEqual(createClients([eu], true)({}), { refused: "a key is needed: authorization: Bearer KEY" });
  assert.deepEqual(createClients([], true)({ "x-api-key": "x" }), wrong);
});

test("clients: without any configured, headers are nobody's business", () => {
  assert.deepEqual(createClients([], false)({ authorization: "Bearer whatever" }), { residency: undefined });
});
