import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { attestationDataBytesOf, attestationDataOf } from "./attestation-data.ts";
import { answerWith, randomJson, shapeOf, sszOf } from "./testing.ts";

const shape = shapeOf("phase0", "AttestationData");

test("attestation data: JSON and SSZ of the same data are read the same, and written as they came", () => {
  const random = seededRandom(11);
  for (let round = 0; round < 100; round++) {
    const json = randomJson(shape, random) as Record<string, string> & {
      source: Record<string, string>;
      target: Record<string, string>;
    };
    const ssz = sszOf(shape, json);
    const data = attestationDataOf(answerWith(ssz));
    assert.deepEqual(data, {
      slot: Number(json["slot"]),
      index: Number(json["index"]),
      head: json["beacon_block_root"],
      source: { epoch: Number(json.source["epoch"]), root: json.source["root"] },
      target: { epoch: Number(json.target["epoch"]), root: json.target["root"] },
    });
    assert.deepEqual(attestationDataOf(answerWith({ data: json })), data);
    assert.deepEqual(attestationDataBytesOf(data), Buffer.from(ssz));
  }
});

test("attestation data: nothing is read where a field is missing, a length wrong, or a number no number", () => {
  const json = randomJson(shape, seededRandom(12)) as Record<string, unknown>;
  const ssz = sszOf(shape, json);
  for (const body of [
    ssz.subarray(1),
    Buffer.concat([ssz, Buffer.alloc(1)]),
    Buffer.alloc(128, 0xff),
    {},
    { data: null },
    { data: { ...json, slot: undefined } },
    { data: { ...json, slot: "-1" } },
    { data: { ...json, slot: "0x1" } },
    { data: { ...json, slot: "99999999999999999999" } },
    { data: { ...json, beacon_block_root: "0x12" } },
    { data: { ...json, source: { epoch: "1" } } },
    "null",
    "[",
    "",
  ]) {
    assert.equal(attestationDataOf(answerWith(body)), undefined);
  }
  assert.equal(attestationDataOf(answerWith({ data: json }, {}, 503)), undefined);
});
