import assert from "node:assert/strict";
import { test } from "node:test";
import { dependenceOf, headRootOf } from "./dependence.ts";
import { answerWith } from "./testing.ts";

const root = `0x${"ab".repeat(32)}`;
const duty = { pubkey: `0x${"12".repeat(48)}`, validator_index: "7", dependent_root: `0x${"cd".repeat(32)}` };
const many = Array.from({ length: 3_000 }, () => duty);

test("dependence: the root is found before the duties, after megabytes of them, and in headers", () => {
  const facts = { root, optimistic: true };
  for (const [name, answer] of [
    ["first", answerWith({ dependent_root: root, execution_optimistic: true, data: many })],
    ["in another order", answerWith({ execution_optimistic: true, dependent_root: root, data: many })],
    ["last", answerWith({ data: many, execution_optimistic: true, dependent_root: root })],
    ["around", answerWith({ dependent_root: root, data: many, execution_optimistic: true })],
    ["pretty", answerWith(JSON.stringify({ data: many, dependent_root: root, execution_optimistic: true }, null, 2))],
    [
      "in headers, with SSZ",
      answerWith(Buffer.alloc(64), { "eth-consensus-dependent-root": root, "eth-execution-optimistic": "true" }),
    ],
  ] as const) {
    assert.deepEqual(dependenceOf(answer), facts, name);
  }
});

test("dependence: what only a duty says is not taken for the answer's own", () => {
  assert.deepEqual(dependenceOf(answerWith({ data: many })), { root: undefined, optimistic: false });
  assert.deepEqual(dependenceOf(answerWith({ data: { execution_optimistic: true, a: 1 } })), {
    root: undefined,
    optimistic: false,
  });
  assert.deepEqual(dependenceOf(answerWith({ dependent_root: "0x12", data: [] })), {
    root: undefined,
    optimistic: false,
  });
});

test("dependence: errors and what is no object say nothing", () => {
  for (const answer of [answerWith("[]"), answerWith(""), answerWith("nonsense"), answerWith({ code: 500 }, {}, 500)]) {
    assert.equal(dependenceOf(answer), undefined);
  }
});

test("head root: of a root and of a header, and optimistic where the node says so", () => {
  const header = { root, canonical: true, header: { message: { slot: "3" }, signature: "0x" } };
  assert.equal(headRootOf(answerWith({ execution_optimistic: false, finalized: false, data: { root } })), root);
  assert.equal(headRootOf(answerWith({ data: header, execution_optimistic: false })), root);
  assert.equal(headRootOf(answerWith({ data: { root: root.toUpperCase().replace("0X", "0x") } })), root);
  assert.equal(headRootOf(answerWith({ data: {} })), undefined);
  assert.equal(headRootOf(answerWith(Buffer.alloc(32, 0xab))), root);
  assert.equal(headRootOf(answerWith(Buffer.alloc(241, 0xab))), root);
  assert.equal(headRootOf(answerWith(Buffer.alloc(33, 0xab))), undefined);
  assert.equal(headRootOf(answerWith({ data: { root } }, {}, 404)), undefined);
  assert.equal(dependenceOf(answerWith({ execution_optimistic: true, data: { root } }))?.optimistic, true);
});
