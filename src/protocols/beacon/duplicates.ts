/** How one client says that it has a message already. */
interface Wording {
  readonly client: string;
  readonly text: RegExp;
  /** Where it says so. */
  readonly source: string;
}

/**
 * The words in which nodes refuse a message that they have already: what the sender wanted is so. Only words that cannot
 * mean another message stand here, or of which the client's own authors say that they are as good as accepted.
 *
 * Teku, Nimbus, Prysm, Grandine and Caplin have no words for it: they answer 200 to what gossip would ignore (Teku
 * `convertInternalValidationResults` at 90ed09b, Nimbus `isGoodForSending` at f54a036, Grandine `standard.rs` at bc5c0db,
 * Caplin `pool.go`), Prysm because it does not look (c40b59a).
 *
 * Not among them, as the block known may be another one: Lodestar's `BLOCK_ERROR_REPEAT_PROPOSAL` (since 1.47 it names a
 * conflicting root, ChainSafe/lodestar#9818), Nimbus' "already proposed in the same slot", and Prysm's "already exists in
 * fork choice", which compares slots only. These stay errors of one node, which another node's acceptance outweighs.
 */
export const duplicateWordings: readonly Wording[] = [
  {
    client: "lighthouse",
    text: /\bPriorAttestationKnown\b/,
    source: "sigp/lighthouse#2930 and publish_attestations.rs; 200 since v3.0 (#3341)",
  },
  {
    client: "lighthouse",
    text: /\bAttestationSupersetKnown\b|\bAggregatorAlreadyKnown\b/,
    source: "sigp/lighthouse#3341",
  },
  {
    client: "lighthouse",
    text: /\bPriorSyncCommitteeMessageKnown\b|\bPriorSyncContributionMessageKnown\b|\bSyncContributionSupersetKnown\b/,
    source: "sigp/lighthouse#3266; Vouch's multinode submitter",
  },
  {
    client: "lighthouse",
    text: /^(?:BAD_REQUEST: )?duplicate block$|\bBlockIsAlreadyKnown\b|\bDuplicateFullyImported\b/,
    source: "publish_blocks.rs; sigp/lighthouse#4655: 202 since 4.4.1, or what --http-duplicate-block-status says",
  },
  {
    client: "lodestar",
    text: /\bBLOCK_ERROR_ALREADY_KNOWN\b/,
    source: "ChainSafe/lodestar#6397 (200 since 1.16), ssvlabs/ssv#2922 (again in 1.43), #9832 (200 since 1.47)",
  },
  {
    client: "lodestar",
    text: /\bATTESTATION_ERROR_(?:ATTESTATION|AGGREGATOR)_ALREADY_KNOWN\b|\bATTESTATION_ERROR_ATTESTERS_ALREADY_KNOWN\b/,
    source: "attestationError.ts at 6de0736; ChainSafe/lodestar#6021",
  },
  {
    client: "lodestar",
    text: /\bSYNC_COMMITTEE_ERROR_SYNC_COMMITTEE_(?:AGGREGATOR|PARTICIPANTS)_ALREADY_KNOWN\b/,
    source: "syncCommitteeError.ts at 6de0736; ChainSafe/lodestar#6021",
  },
  {
    client: "lodestar",
    text: /\bPublishError\.Duplicate\b/,
    source: "gossipsub, which knows the very bytes; ChainSafe/lodestar#5098, #5140",
  },
];

/** Lodestar's introduction to a list of errors, one a line. */
const introduction = /^(?:Internal Server Error: )?Multiple errors on \w+$/;

/** Longer texts are no error of one message. */
const mostText = 65_536;

/** Does a node's error say that it has the message already, and, where it says more, nothing else? */
export function isDuplicate(message: string): boolean {
  if (message.length > mostText) return false;
  const lines = message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !introduction.test(line));
  return lines.length > 0 && lines.every((line) => duplicateWordings.some(({ text }) => text.test(line)));
}
