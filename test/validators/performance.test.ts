import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attestation, Block, EpochDuties } from "./chain.ts";
import { performanceOf } from "./performance.ts";

/** An epoch of four slots with one validator in each slot's committee; who proposes is 10 and up. */
const epoch: EpochDuties = {
  epoch: 1,
  committees: [4, 5, 6, 7].map((slot) => ({ slot, index: 0, validators: [slot - 4] })),
  proposers: [4, 5, 6, 7].map((slot) => ({ slot, validator: slot + 6 })),
  syncCommittee: [0, 1],
};

function block(slot: number, attestations: Attestation[] = [], syncBits = [true, true]): Block {
  return {
    ...{ slot, root: `0x${slot}`, proposer: slot + 6, stateRoot: "" },
    feeRecipient: "0xf",
    attestations,
    syncBits,
  };
}

function attestation(slot: number, head: string, target = "0x4", source = "0x0"): Attestation {
  const vote = { slot, head, source: { epoch: 0, root: source }, target: { epoch: 1, root: target } };
  return { vote, voters: [{ committee: 0, place: 0 }] };
}

test("performance: a vote is as late as its first block, and right by the chain's own blocks", () => {
  const blocks = [
    ...[block(3), block(4), block(5, [attestation(4, "0x4")])],
    // Slot 6 has no block, so the right head there is that of slot 5.
    block(7, [attestation(5, "0x4"), attestation(6, "0x5")]),
    block(8, [attestation(4, "0x4"), attestation(7, "0x7", "0x3", "0xother")]),
  ];
  const { attestations, proposals } = performanceOf(blocks, [epoch], 4);
  assert.deepEqual(
    attestations.map(({ validator, included }) => [validator, included && Object.values(included)]),
    [
      [0, [1, true, true, true]],
      [1, [2, false, true, true]],
      [2, [1, true, true, true]],
      [3, [1, true, false, false]],
    ],
  );
  assert.deepEqual(
    proposals.map(({ slot, feeRecipient }) => [slot, feeRecipient]),
    [
      [4, "0xf"],
      [5, "0xf"],
      [6, undefined],
      [7, "0xf"],
    ],
  );
});

test("performance: a vote that is in no block is missed, and so is a block that somebody else made", () => {
  const blocks = [block(4), { ...block(5, [attestation(4, "0x4")]), proposer: 99 }];
  const { attestations, proposals } = performanceOf(blocks, [epoch], 4);
  const missed = attestations.filter(({ included }) => !included).map(({ validator }) => validator);
  assert.deepEqual(missed, [1, 2, 3]);
  assert.equal(proposals.find(({ slot }) => slot === 5)?.feeRecipient, undefined);
});

test("performance: a sync committee's signatures of a slot stand in the next slot's block, if there is one", () => {
  const { syncs } = performanceOf([block(5, [], [true, false]), block(7)], [epoch], 4);
  assert.deepEqual(
    syncs.map(({ slot, validator, signed }) => [slot, validator, signed]),
    [
      [4, 0, true],
      [4, 1, false],
      [6, 0, true],
      [6, 1, true],
    ],
  );
});

test("performance: nobody has to propose in the slot of the genesis", () => {
  const first = { epoch: 0, committees: [], proposers: [{ slot: 0, validator: 1 }], syncCommittee: [] };
  assert.deepEqual(performanceOf([], [first], 4).proposals, []);
});
