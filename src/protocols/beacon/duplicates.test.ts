import assert from "node:assert/strict";
import { test } from "node:test";
import { duplicateWordings, isDuplicate } from "./duplicates.ts";

/** As nodes say it; see the sources in the table. */
const known = [
  "Verification: PriorAttestationKnown { validator_index: 98025, epoch: Epoch(3360) }",
  "Verification: AggregatorAlreadyKnown(7)",
  "Verification: PriorSyncCommitteeMessageKnown { validator_index: 96417, slot: Slot(107457) }",
  "duplicate block",
  "BLOCK_ERROR_ALREADY_KNOWN",
  "ATTESTATION_ERROR_ATTESTATION_ALREADY_KNOWN",
  "SYNC_COMMITTEE_ERROR_SYNC_COMMITTEE_AGGREGATOR_ALREADY_KNOWN",
  "Multiple errors on submitPoolAttestations\nPublishError.Duplicate\nPublishError.Duplicate",
];

test("duplicates: what a node has already counts as published, in every wording of the table", () => {
  for (const message of known) assert.ok(isDuplicate(message), message);
  for (const { text, source } of duplicateWordings) {
    assert.ok(
      known.some((message) => message.split("\n").some((line) => text.test(line))),
      `no sample for ${source}`,
    );
  }
});

test("duplicates: a refusal that may be about another message, or names a second error, stays a refusal", () => {
  for (const message of [
    "",
    "BLOCK_ERROR_REPEAT_PROPOSAL",
    "BeaconBlock: already proposed in the same slot",
    "block is equivocated: block for slot 5 already exists in fork choice",
    "UnknownHeadBlock { beacon_block_root: 0x00 }",
    "Multiple errors on submitPoolAttestations",
    "Multiple errors on submitPoolAttestations\nPublishError.Duplicate\nATTESTATION_ERROR_INVALID_SIGNATURE",
    "no duplicate block here",
    `${"x".repeat(70_000)} BLOCK_ERROR_ALREADY_KNOWN`,
  ]) {
    assert.equal(isDuplicate(message), false, message.slice(0, 60));
  }
});
