import assert from "node:assert/strict";
import { test } from "node:test";
import { attestationOf, bitsOf, blockOf, committeesOf } from "./chain.ts";

const data = {
  slot: "17",
  index: "1",
  beacon_block_root: "0xh",
  source: { epoch: "1", root: "0xs" },
  target: { epoch: "2", root: "0xt" },
};

test("bits: the lowest bit of each byte comes first", () => {
  assert.deepEqual(
    bitsOf("0x0180").flatMap((set, place) => (set ? [place] : [])),
    [0, 15],
  );
});

test("attestation: the voters are the bits below the one that marks the end", () => {
  // 0x1a is 11010: the end is bit 4, and bits 1 and 3 are set below it.
  const { vote, voters } = attestationOf({ aggregation_bits: "0x1a", data }, () => 0);
  assert.deepEqual(vote, {
    slot: 17,
    head: "0xh",
    source: { epoch: 1, root: "0xs" },
    target: { epoch: 2, root: "0xt" },
  });
  assert.deepEqual(voters, [
    { committee: 1, place: 1 },
    { committee: 1, place: 3 },
  ]);
});

test("attestation from Electra on: the bits go on from one committee to the next", () => {
  const sizes: Record<string, number> = { "17/0": 3, "17/2": 2 };
  // Committees 0 and 2: places 2 of the first and 0 of the second are bits 2 and 3; the end is bit 5.
  const json = { aggregation_bits: "0x2c", committee_bits: "0x05", data: { ...data, index: "0" } };
  const { voters } = attestationOf(json, (slot, committee) => sizes[`${slot}/${committee}`] ?? 0);
  assert.deepEqual(voters, [
    { committee: 0, place: 2 },
    { committee: 2, place: 0 },
  ]);
});

test("block: the fee recipient is in small letters, for clients write it as they like", () => {
  const body = {
    attestations: [],
    sync_aggregate: { sync_committee_bits: "0x03" },
    execution_payload: { fee_recipient: "0xABcd" },
  };
  const block = blockOf({ slot: "3", proposer_index: "7", state_root: "0x1", body }, "0xr", () => 0);
  assert.deepEqual([block.slot, block.proposer, block.feeRecipient], [3, 7, "0xabcd"]);
  assert.deepEqual(block.syncBits.slice(0, 3), [true, true, false]);
});

test("committees: seats are put together in the order of their places", () => {
  const seat = (validator: number, slot: number, committee: number, place: number) => ({
    ...{ validator_index: `${validator}`, slot: `${slot}` },
    ...{ committee_index: `${committee}`, validator_committee_index: `${place}` },
  });
  assert.deepEqual(committeesOf([seat(4, 8, 0, 1), seat(9, 8, 0, 0), seat(2, 8, 1, 0), seat(3, 9, 0, 0)]), [
    { slot: 8, index: 0, validators: [9, 4] },
    { slot: 8, index: 1, validators: [2] },
    { slot: 9, index: 0, validators: [3] },
  ]);
});
