import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { answerWith, randomJson, shapeOf, sszOf } from "./testing.ts";
import { attestationVote, headVote, payloadVote } from "./votes.ts";

type Json = Record<string, unknown>;

const unheard = () => undefined;
const root = (digit: string) => `0x${digit.repeat(64)}`;
const data = {
  slot: "65",
  index: "0",
  beacon_block_root: root("a"),
  source: { epoch: "1", root: root("1") },
  target: { epoch: "2", root: root("2") },
};
const vote = (changes: Json = {}) => attestationVote(answerWith({ data: { ...data, ...changes } }), unheard);

test("votes: source, target and slot are the base; head and payload status the choice", () => {
  const first = vote();
  assert.ok(first);
  for (const changes of [
    { slot: "66" },
    { source: { epoch: "0", root: root("1") } },
    { source: { epoch: "1", root: root("3") } },
    { target: { epoch: "2", root: root("3") } },
  ]) {
    const other = vote(changes);
    assert.notEqual(other?.base, first.base);
    assert.equal(other?.choice, first.choice);
  }
  for (const changes of [{ beacon_block_root: root("b") }, { index: "1" }]) {
    const other = vote(changes);
    assert.equal(other?.base, first.base);
    assert.notEqual(other?.choice, first.choice);
  }
});

test("votes: JSON and SSZ of the same data are one vote", () => {
  const shape = shapeOf("phase0", "AttestationData");
  const json = randomJson(shape, seededRandom(61));
  const ssz = attestationVote(answerWith(sszOf(shape, json)), unheard);
  assert.ok(ssz);
  assert.deepEqual(ssz, attestationVote(answerWith({ data: json }), unheard));
});

test("votes: of two heads the newer weighs more, and one that is still the target is the older", () => {
  const slots = new Map([
    [root("a"), 65],
    [root("b"), 64],
  ]);
  const weight = (beacon_block_root: string) =>
    attestationVote(answerWith({ data: { ...data, beacon_block_root } }), (of) => slots.get(of))?.weight;
  assert.deepEqual([weight(root("a")), weight(root("b"))], [65, 64]);
  assert.ok((weight(root("c")) ?? 0) > (weight(root("2")) ?? 9));
});

test("votes: a head counts by its root, with its slot for weight, and not while it is unverified", () => {
  const header = { root: root("a"), canonical: true, header: { message: { slot: "65" }, signature: "0x" } };
  const asked = (body: unknown) => headVote(answerWith(body), (of) => (of === root("a") ? 64 : undefined));
  assert.deepEqual(asked({ data: header }), { base: "head", choice: root("a"), weight: 65 });
  assert.deepEqual(asked({ data: { root: root("a") } }), { base: "head", choice: root("a"), weight: 64 });
  assert.deepEqual(asked({ data: { root: root("b") } }), { base: "head", choice: root("b"), weight: 0 });
  assert.equal(asked({ execution_optimistic: true, data: header }), undefined);
  const ssz = Buffer.alloc(241, 0xaa);
  ssz.writeBigUInt64LE(65n, 33);
  assert.deepEqual(asked(ssz), { base: "head", choice: root("a"), weight: 65 });
  assert.equal(asked(ssz.subarray(0, 32))?.weight, 64);
  const optimistic = answerWith(ssz, { "eth-execution-optimistic": "true" });
  assert.equal(headVote(optimistic, unheard), undefined);
  assert.equal(asked({ data: {} }), undefined);
});

test("votes: that no block was seen is a vote of its own; a payload's presence and blobs are the choice", () => {
  const seen = { beacon_block_root: root("a"), slot: "65", payload_present: true, blob_data_available: false };
  const base = `65/${root("a")}`;
  assert.deepEqual(payloadVote(answerWith({ version: "gloas", data: seen })), {
    base,
    choice: "true/false",
    weight: 1,
  });
  const ssz = sszOf(shapeOf("gloas", "PayloadAttestationData"), seen);
  assert.deepEqual(payloadVote(answerWith(ssz)), { base, choice: "true/false", weight: 1 });
  assert.deepEqual(payloadVote(answerWith("", {}, 204)), { base: "no block", choice: "", weight: 0 });
});

test("votes: what cannot be read has none", () => {
  for (const body of ["", "{}", { data: null }, { data: { slot: "1" } }, Buffer.alloc(41), Buffer.alloc(42, 0xff)]) {
    assert.equal(attestationVote(answerWith(body), unheard), undefined);
    assert.equal(payloadVote(answerWith(body)), undefined);
    assert.equal(headVote(answerWith(body), unheard), undefined);
  }
  assert.equal(attestationVote(answerWith({ data }, {}, 503), unheard), undefined);
});
