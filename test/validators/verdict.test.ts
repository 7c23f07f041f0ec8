import assert from "node:assert/strict";
import { test } from "node:test";
import type { Block, EpochDuties } from "./chain.ts";
import type { Recording } from "./recorder.ts";
import { formatReport, reportJson } from "./report.ts";
import { type Evidence, judge } from "./verdict.ts";

const [a, c] = [`0x${"a".repeat(40)}`, `0x${"c".repeat(40)}`];

/** One epoch of two slots: in each slot a validator of each group votes; 0 proposes in the first, 2 in the second. */
const duties: EpochDuties = {
  epoch: 1,
  committees: [
    { slot: 2, index: 0, validators: [0, 2] },
    { slot: 3, index: 0, validators: [1, 3] },
  ],
  proposers: [
    { slot: 2, validator: 0 },
    { slot: 3, validator: 2 },
  ],
  syncCommittee: [0, 1, 2, 3],
};

/** A block with votes for the slot before, of the given places of its committee. */
function block(slot: number, proposer: number, feeRecipient: string, places: readonly number[]): Block {
  const vote = {
    ...{ slot: slot - 1, head: `0x${slot - 1}` },
    source: { epoch: 0, root: "0x0" },
    target: { epoch: Math.floor((slot - 1) / 2), root: "0x2" },
  };
  const voters = places.map((place) => ({ committee: 0, place }));
  const attestations = [{ vote, voters }];
  return { slot, root: `0x${slot}`, proposer, stateRoot: `0x5${slot}`, feeRecipient, attestations, syncBits: [] };
}

const heads = [2, 3, 4].map((slot) => ({ slot, after: 0.1 }));

const recording = (change: Partial<Recording> = {}): Recording => ({
  ...{ answers: new Map([["GET / 200", 1]]), failures: [], heads, streams: { opened: 1, cut: 0 } },
  ...{ attestations: [], singleAttestations: [], blocks: [], producers: [] },
  ...change,
});

/** A run in which nothing was lost. */
const sound: Evidence = {
  groups: [
    { name: "target", keys: [0, 1], feeRecipient: a },
    { name: "control", keys: [2, 3], feeRecipient: c },
  ],
  ...{ slotsPerEpoch: 2, firstEpoch: 1, lastEpoch: 1, finalizedEpoch: 1, startSeconds: 5 },
  blocks: [block(2, 0, a, []), block(3, 2, c, [0, 1]), block(4, 3, c, [0, 1])],
  duties: [duties],
  faults: [{ kind: "kill", node: "node-1", at: 2.5, healed: 3.25 }],
  recordings: { target: recording(), control: recording() },
};

const [second, third, fourth] = sound.blocks as [Block, Block, Block];

const vote = {
  aggregation_bits: "0x05",
  data: {
    ...{ slot: "2", index: "0", beacon_block_root: "0xother" },
    source: { epoch: "0", root: "0x0" },
    target: { epoch: "1", root: "0x2" },
  },
};

const proposal = { slot: "2", proposer_index: "0", state_root: "0x52", body: {} as never };

const table: [what: string, evidence: Evidence, failures: string[]][] = [
  ["nothing lost", sound, []],
  [
    "a vote of the target's in no block",
    { ...sound, blocks: [second, third, { ...fourth, attestations: block(4, 3, c, [1]).attestations }] },
    ["epoch 1: 1 votes missed, 0 by the control: 1 in slot 3"],
  ],
  [
    "a vote of the control's in no block",
    { ...sound, blocks: [second, third, { ...fourth, attestations: block(4, 3, c, [0]).attestations }] },
    [],
  ],
  ["a vote of each in no block", { ...sound, blocks: [second, third, { ...fourth, attestations: [] }] }, []],
  [
    "a block of the target's missing",
    { ...sound, blocks: [third, fourth] },
    ["epoch 1: 1 blocks missed, 0 by the control: 0 in slot 2"],
  ],
  [
    "fees of the target's block for somebody else",
    { ...sound, blocks: [{ ...second, feeRecipient: "0xdead" }, third, fourth] },
    ["epoch 1: 1 blocks paid somebody else: 0 in slot 2, 0xdead"],
  ],
  [
    "no finality",
    { ...sound, finalizedEpoch: -1 },
    ["the chain does not finalise: epoch -1 was the last when epoch 3 began"],
  ],
  [
    "a second vote, which only the recorder saw",
    { ...sound, recordings: { target: recording({ attestations: [vote] }), control: recording() } },
    ["validator 0: double vote at 1"],
  ],
  [
    "a second vote in the form of Electra",
    {
      ...sound,
      recordings: {
        target: recording(),
        control: recording({ singleAttestations: [{ attester_index: "3", data: { ...vote.data, slot: "3" } }] }),
      },
    },
    ["validator 3: double vote at 1"],
  ],
  [
    "a second block, which only the recorder saw",
    {
      ...sound,
      recordings: { target: recording({ blocks: [{ ...proposal, state_root: "0x99" }] }), control: recording() },
    },
    ["validator 0: double proposal at 2"],
  ],
  [
    "the block of the chain, as the client sent it",
    { ...sound, recordings: { target: recording({ blocks: [proposal] }), control: recording() } },
    [],
  ],
  [
    "a head that came a slot late",
    {
      ...sound,
      recordings: { target: recording({ heads: [{ slot: 2, after: 1.2 }, ...heads.slice(1)] }), control: recording() },
    },
    ["the client was not told of the heads of slots 2 in time"],
  ],
  [
    "a stream that broke off",
    { ...sound, recordings: { target: recording({ streams: { opened: 2, cut: 1 } }), control: recording() } },
    ["1 of 2 event streams of the client broke off"],
  ],
];

for (const [what, evidence, failures] of table) {
  test(`verdict: ${what} ${failures.length === 0 ? "is as it must be" : "is told"}`, () => {
    assert.deepEqual(judge(evidence).failures, failures);
  });
}

test("verdict: votes of an epoch's first slot are not judged when its block came after they were due", () => {
  const late = recording({ heads: [{ slot: 2, after: 0.4 }, ...heads.slice(1)] });
  const verdict = judge({
    ...sound,
    blocks: [second, { ...third, attestations: block(3, 2, c, [1]).attestations }, fourth],
    recordings: { target: recording(), control: late },
  });
  assert.deepEqual([verdict.failures, verdict.blind], [[], [2]]);
});

test("report: a line for each epoch with both groups and the faults, and what is wrong", () => {
  const verdict = judge(sound);
  const text = formatReport(sound, verdict);
  assert.match(text, /^1 +2\/2 +1\/1 +0\/4 +0\/0\/0 +2\/2 +1\/1 +0\/4 +0\/0\/0 +kill node-1 2\.5 to 3\.3$/m);
  assert.match(text, /The proof holds\.$/);
  assert.match(formatReport(sound, { ...verdict, failures: ["something"] }), /does not hold:\nsomething$/);
});

test("report: as JSON it has what was seen, and says whether the proof holds", () => {
  const json = JSON.parse(JSON.stringify(reportJson(sound, judge(sound))));
  assert.equal(json.holds, true);
  assert.deepEqual(json.clients.target.answers, { "GET / 200": 1 });
  assert.deepEqual(json.faults, sound.faults);
});
