/**
 * What becomes of an event that a node tells. `head`: passed on once it can be served, see {@link HeadGate}; `view`: only
 * from nodes in the canonical view, as it speaks of where the chain is; `any`: from whoever tells it first.
 */
export type TopicRule = "head" | "view" | "any";

/**
 * All topics that there are or were. What a node merely received says nothing of its view; slashings are told at first
 * sight, as clients stop validating upon them. Source: beacon-APIs 7a58b5a (July 2026), apis/eventstream/index.yaml;
 * `blob_sidecar`: its releases 2.4 to 4.0.
 */
const topics: Readonly<Record<string, TopicRule>> = {
  head: "head",
  head_v2: "head",
  block: "view",
  block_gossip: "any",
  attestation: "any",
  single_attestation: "any",
  voluntary_exit: "any",
  bls_to_execution_change: "any",
  proposer_slashing: "any",
  attester_slashing: "any",
  finalized_checkpoint: "view",
  chain_reorg: "view",
  contribution_and_proof: "any",
  light_client_finality_update: "view",
  light_client_optimistic_update: "view",
  payload_attributes: "view",
  blob_sidecar: "any",
  data_column_sidecar: "any",
  execution_payload: "view",
  execution_payload_gossip: "any",
  execution_payload_available: "view",
  execution_payload_bid: "any",
  payload_attestation_message: "any",
  fast_confirmation: "view",
  proposer_preferences: "any",
};

/** The topics whose events tell of heads. */
export const headTopics = ["head", "head_v2"] as const;

/** What we want to hear ourselves, of every node. */
export const ownTopics = ["head", "block", "finalized_checkpoint", "chain_reorg"] as const;

/** The rule of a topic; `undefined` where there is no such topic. */
export function topicRule(topic: string): TopicRule | undefined {
  return Object.hasOwn(topics, topic) ? topics[topic] : undefined;
}
