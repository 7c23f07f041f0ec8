import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { aggregateCoverage, bitlist, contributionCoverage } from "./aggregates.ts";
import type { Fork } from "./forks.ts";
import { answerWith, hex, randomJson, shapeOf, sszOf } from "./testing.ts";

test("aggregates: set bits and size are those that counting bit by bit finds", () => {
  const random = seededRandom(21);
  for (let round = 0; round < 500; round++) {
    const bits = Array.from({ length: Math.floor(random() * 300) }, () => random() < round / 500);
    const bytes = Buffer.alloc(Math.floor(bits.length / 8) + 1);
    [...bits, true].forEach((bit, index) => {
      if (bit) bytes.writeUInt8(bytes.readUInt8(index >> 3) | (1 << (index & 7)), index >> 3);
    });
    assert.deepEqual(bitlist(bytes), { set: bits.filter(Boolean).length, size: bits.length });
  }
  assert.equal(bitlist(Buffer.of(1, 0)), undefined, "a list without its end");
  assert.equal(bitlist(Buffer.alloc(0)), undefined);
});

test("aggregates: attestations of every fork are read in both encodings", () => {
  const random = seededRandom(22);
  for (const fork of ["phase0", "deneb", "electra", "fulu", "gloas", "heze"] as const satisfies readonly Fork[]) {
    const shape = shapeOf(fork, "Attestation");
    const json = { ...(randomJson(shape, random) as object), aggregation_bits: "0xff1f" };
    const covered = { set: 12, size: 12 };
    assert.deepEqual(aggregateCoverage(answerWith({ version: fork, data: json })), covered, fork);
    assert.deepEqual(aggregateCoverage(answerWith(sszOf(shape, json))), covered, fork);
  }
});

test("aggregates: contributions of both presets are read, one of 8 members to a subcommittee too", () => {
  const shape = shapeOf("altair", "SyncCommitteeContribution");
  const json = randomJson(shape, seededRandom(23)) as Record<string, string>;
  const bits = `0x0f${"00".repeat(15)}`;
  const covered = { set: 4, size: 128 };
  assert.deepEqual(contributionCoverage(answerWith({ data: { ...json, aggregation_bits: bits } })), covered);
  assert.deepEqual(contributionCoverage(answerWith(sszOf(shape, { ...json, aggregation_bits: bits }))), covered);
  // A recorded one of the minimal preset had 145 bytes.
  const minimal = Buffer.alloc(145);
  minimal[48] = 0x07;
  assert.deepEqual(contributionCoverage(answerWith(minimal)), { set: 3, size: 8 });
});

test("aggregates: an answer without data, or too long, covers nothing", () => {
  for (const body of [
    { data: null },
    {},
    { data: { aggregation_bits: "0x" } },
    "",
    Buffer.alloc(0),
    Buffer.alloc(300),
  ]) {
    assert.equal(aggregateCoverage(answerWith(body)), undefined);
    assert.equal(contributionCoverage(answerWith(body)), undefined);
  }
  const long = Buffer.concat([Buffer.from([236, 0, 0, 0]), Buffer.alloc(232), Buffer.alloc(20_000, 1)]);
  assert.equal(aggregateCoverage(answerWith(long)), undefined);
  const endless = hex(20_000, seededRandom(24));
  assert.equal(aggregateCoverage(answerWith({ data: { aggregation_bits: `${endless}01` } })), undefined);
});
