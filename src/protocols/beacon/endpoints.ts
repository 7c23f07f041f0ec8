import type { MethodTraits } from "../../core/call.ts";
import { type Kind, kinds, traitsOf } from "./traits.ts";

/** Where a call says which slot or epoch it is about. */
type Bound = "path" | "query" | "body" | undefined;

/** One endpoint of a beacon node, and what is done with calls to it. */
export interface Endpoint {
  /** The method of its calls, unique: `attestation_data`. */
  readonly name: string;
  readonly verbs: readonly ("GET" | "POST")[];
  /** `/eth/v1/validator/duties/attester/{epoch}`; a part in braces stands for one segment. */
  readonly paths: readonly string[];
  /** Which bodies may be SSZ: the client's, the node's, both; all others are JSON. */
  readonly ssz: "request" | "answer" | "both" | undefined;
  readonly traits: MethodTraits;
  /** For calls whose payload only the producer has, as their header says. */
  readonly atProducer: MethodTraits | undefined;
  readonly slot: Bound;
  readonly epoch: Bound;
  /** Answered without asking a node, asked of the node that the fleet shows, or a stream of events. */
  readonly own: "health" | "syncing" | "primary" | "events" | undefined;
  /** The answer holds as long as the root that it names as what it depends on. */
  readonly kept: boolean;
  /** A 404 from everybody is told as this; 501 where the specification wants that. */
  readonly absent: 404 | 501;
  /** What must never happen to it; for the documentation. */
  readonly never: string | undefined;
}

interface Extras {
  readonly as?: string;
  readonly ssz?: Endpoint["ssz"];
  readonly slot?: Bound;
  readonly epoch?: Bound;
  readonly own?: Endpoint["own"];
  readonly kept?: true;
  readonly atProducer?: Kind;
  readonly absent?: 501;
  readonly never?: string;
}

/**
 * `verbs` and the paths of an endpoint. `as` is the class that it shares with others, in metrics and when its answers are
 * read: two versions of one thing are one class, but two names, as a node may have only one of them.
 */
function endpoint(name: string, verbs: string, paths: string | readonly string[], kind: Kind, extras: Extras = {}) {
  const { as = name, ssz, slot, epoch, own, kept = false, atProducer, absent = 404, never } = extras;
  const one: Endpoint = Object.freeze({
    name,
    verbs: Object.freeze(verbs.split(" ") as ("GET" | "POST")[]),
    paths: Object.freeze(typeof paths === "string" ? [paths] : paths),
    ssz,
    traits: traitsOf(as, kind),
    atProducer: atProducer && traitsOf(`${as}_at_producer`, atProducer),
    slot,
    epoch,
    own,
    kept,
    absent,
    never,
  });
  return one;
}

const state = "/eth/v1/beacon/states/{state_id}";
const pool = "/eth/v1/beacon/pool";
const validator = "/eth/v1/validator";

const neverKept = "kept or shared in time; taken from a node that follows an unverified or another head";
const neverCut = "cancelled once it began: not by the client, a deadline, a reload or a drain; altered";

/**
 * Every endpoint that clients of 2023 to 2026 ask a beacon node for.
 *
 * Sources: beacon-APIs at 7a58b5a (2026-07-17, "v1.7.0-alpha.8") and its CHANGES for what was removed since v2.4; pull
 * requests 630 (merged August 2026: POST for v4 blocks, builder_preferences, Eth-Builder-Url) and 627 (open: with_bid);
 * consensus-specs at a08d8a6 for when things are due. Endpoints that the specification has removed are passed on as they
 * come: what a node makes of them differs between forks, so nothing is rewritten.
 */
export const endpoints: readonly Endpoint[] = [
  // What the fleet says of itself.
  endpoint("node_health", "GET", "/eth/v1/node/health", kinds.node, {
    own: "health",
    never: "passed on: 206 would pass for health, and one node's health is not the fleet's",
  }),
  endpoint("node_syncing", "GET", "/eth/v1/node/syncing", kinds.node, {
    own: "syncing",
    never: "passed on: heads of several nodes in turn go to and fro",
  }),
  endpoint("node_version", "GET", "/eth/v1/node/version", kinds.node, { own: "primary", as: "node" }),
  endpoint("node_version_v2", "GET", "/eth/v2/node/version", kinds.node, { own: "primary", as: "node" }),
  endpoint("node_identity", "GET", "/eth/v1/node/identity", kinds.node, { own: "primary", as: "node" }),
  endpoint("node_peers", "GET", "/eth/v1/node/peers", kinds.node, { own: "primary", as: "node" }),
  endpoint("node_peer", "GET", "/eth/v1/node/peers/{peer_id}", kinds.node, { own: "primary", as: "node" }),
  endpoint("node_peer_count", "GET", "/eth/v1/node/peer_count", kinds.node, { own: "primary", as: "node" }),

  // The chain's constants.
  endpoint("genesis", "GET", "/eth/v1/beacon/genesis", kinds.constant, {
    as: "config",
    ssz: "answer",
    never: "taken from a node whose chain or forks are others",
  }),
  endpoint("spec", "GET", "/eth/v1/config/spec", kinds.constant, {
    as: "config",
    never: "blended from several nodes, or taken from one whose forks are others",
  }),
  endpoint("fork_schedule", "GET", "/eth/v1/config/fork_schedule", kinds.constant, { as: "config", ssz: "answer" }),
  endpoint("deposit_contract", "GET", "/eth/v1/config/deposit_contract", kinds.constant, { as: "config" }),
  endpoint("state_fork", "GET", `${state}/fork`, kinds.fork, { never: "kept across the epoch of a fork" }),

  // Validators: reads, by POST too.
  endpoint("validators", "GET POST", `${state}/validators`, kinds.validators, {
    ssz: "answer",
    never: "put together from several nodes; taken for a write when it comes by POST",
  }),
  endpoint("validator", "GET", `${state}/validators/{validator_id}`, kinds.state, { as: "state" }),
  endpoint("validator_balances", "GET POST", `${state}/validator_balances`, kinds.validators, {
    as: "validators",
    ssz: "answer",
  }),
  endpoint("validator_identities", "POST", `${state}/validator_identities`, kinds.validators, {
    as: "validators",
    ssz: "answer",
  }),
  endpoint("validator_count", "GET", `${state}/validator_count`, kinds.state, { as: "state" }),

  // The head, which sync committees sign.
  endpoint("head_root", "GET", "/eth/v1/beacon/blocks/head/root", kinds.root, { never: neverKept }),
  endpoint("head_header", "GET", "/eth/v1/beacon/headers/head", kinds.root, { as: "head_root", never: neverKept }),

  // Who is on duty.
  endpoint("attester_duties", "POST", `${validator}/duties/attester/{epoch}`, kinds.schedule, {
    ssz: "both",
    epoch: "path",
    kept: true,
    never: "taken for a write; kept when the root that it depends on has changed; taken from another fork",
  }),
  endpoint("sync_duties", "POST", `${validator}/duties/sync/{epoch}`, kinds.schedule, {
    ssz: "both",
    epoch: "path",
    kept: true,
    never: "taken for a write",
  }),
  endpoint("ptc_duties", "POST", `${validator}/duties/ptc/{epoch}`, kinds.schedule, {
    ssz: "both",
    epoch: "path",
    kept: true,
    never: "taken for a write",
  }),
  endpoint("proposer_duties", "GET", `${validator}/duties/proposer/{epoch}`, kinds.schedule, {
    ssz: "answer",
    epoch: "path",
    kept: true,
    never: "translated from or to v2, whose dependent root is another block",
  }),
  endpoint("proposer_duties_v2", "GET", "/eth/v2/validator/duties/proposer/{epoch}", kinds.schedule, {
    as: "proposer_duties",
    ssz: "answer",
    epoch: "path",
    kept: true,
    never: "translated from or to v1",
  }),

  // What nodes must know beforehand.
  endpoint("beacon_committee_subscriptions", "POST", `${validator}/beacon_committee_subscriptions`, kinds.prepare, {
    ssz: "request",
    never: "told to one node only; made to wait for the slowest",
  }),
  endpoint("sync_committee_subscriptions", "POST", `${validator}/sync_committee_subscriptions`, kinds.prepare, {
    ssz: "request",
    never: "told to one node only; made to wait for the slowest",
  }),

  // Attestations.
  endpoint("attestation_data", "GET", `${validator}/attestation_data`, kinds.attest, {
    ssz: "answer",
    slot: "query",
    never: `${neverKept}; given without agreement on source and target`,
  }),
  endpoint("attestations", "POST", "/eth/v2/beacon/pool/attestations", kinds.publish, {
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),
  endpoint("attestations_v1", "POST", `${pool}/attestations`, kinds.publish, {
    as: "attestations",
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),
  endpoint("aggregate_attestation", "GET", "/eth/v2/validator/aggregate_attestation", kinds.aggregate, {
    ssz: "answer",
    slot: "query",
    never: `${neverKept}; one node's 404 taken for everybody's`,
  }),
  endpoint("aggregate_attestation_v1", "GET", `${validator}/aggregate_attestation`, kinds.aggregate, {
    as: "aggregate_attestation",
    ssz: "answer",
    slot: "query",
    never: neverKept,
  }),
  endpoint("aggregate_and_proofs", "POST", "/eth/v2/validator/aggregate_and_proofs", kinds.publish, {
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),
  endpoint("aggregate_and_proofs_v1", "POST", `${validator}/aggregate_and_proofs`, kinds.publish, {
    as: "aggregate_and_proofs",
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),

  // Sync committees.
  endpoint("sync_committees", "POST", `${pool}/sync_committees`, kinds.publish, {
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),
  endpoint("sync_committee_contribution", "GET", `${validator}/sync_committee_contribution`, kinds.aggregate, {
    ssz: "answer",
    slot: "query",
    never: `${neverKept}; one node's 404 taken for everybody's`,
  }),
  endpoint("contribution_and_proofs", "POST", `${validator}/contribution_and_proofs`, kinds.publish, {
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),

  // Who is paid, and by which builders.
  endpoint("prepare_beacon_proposer", "POST", `${validator}/prepare_beacon_proposer`, kinds.prepare, {
    ssz: "request",
    never: "kept from nodes that sync; forgotten when a node restarts: it would pay nobody, or somebody else",
  }),
  endpoint("register_validator", "POST", `${validator}/register_validator`, kinds.register, {
    ssz: "request",
    never: "forgotten when a node restarts",
  }),
  endpoint("proposer_preferences", "POST", `${validator}/proposer_preferences`, kinds.prepare, {
    ssz: "request",
    never: "forgotten when a node restarts",
  }),
  endpoint("builder_preferences", "POST", `${validator}/builder_preferences`, kinds.prepare, {
    ssz: "request",
    never: "forgotten when a node restarts",
  }),

  // Blocks.
  endpoint("produce_block_v3", "GET", "/eth/v3/validator/blocks/{slot}", kinds.propose, {
    as: "produce_block",
    ssz: "answer",
    slot: "path",
    never:
      "kept, or shared between calls; asked for with other parameters; taken from a node that was not told whom to pay",
  }),
  endpoint("produce_block_v4", "GET POST", "/eth/v4/validator/blocks/{slot}", kinds.propose, {
    as: "produce_block",
    ssz: "both",
    slot: "path",
    never: "taken for a write when it comes by POST; kept; asked for with other parameters",
  }),
  endpoint("produce_block_v4_with_bid", "POST", "/eth/v4/validator/blocks/{slot}/with_bid", kinds.propose, {
    as: "produce_block",
    ssz: "both",
    slot: "path",
    never: "taken for a write; kept; asked for with other parameters",
  }),
  endpoint("produce_block_v2", "GET", "/eth/v2/validator/blocks/{slot}", kinds.propose, {
    as: "produce_block",
    ssz: "answer",
    slot: "path",
    never: "kept; asked for with other parameters",
  }),
  endpoint("produce_blinded_block", "GET", `${validator}/blinded_blocks/{slot}`, kinds.propose, {
    as: "produce_block",
    ssz: "answer",
    slot: "path",
    never: "kept; asked for with other parameters",
  }),
  endpoint("publish_block", "POST", "/eth/v2/beacon/blocks", kinds.publishBlock, {
    ssz: "request",
    slot: "body",
    never: `${neverCut}; sent elsewhere because of a 202, which is success`,
  }),
  endpoint("publish_block_v1", "POST", "/eth/v1/beacon/blocks", kinds.publishBlock, {
    as: "publish_block",
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),
  endpoint("publish_blinded_block", "POST", "/eth/v2/beacon/blinded_blocks", kinds.publishAtProducer, {
    ssz: "request",
    slot: "body",
    never: `${neverCut}; another node's 500 taken for the end`,
  }),
  endpoint("publish_blinded_block_v1", "POST", "/eth/v1/beacon/blinded_blocks", kinds.publishAtProducer, {
    as: "publish_blinded_block",
    ssz: "request",
    slot: "body",
    never: `${neverCut}; another node's 500 taken for the end`,
  }),

  // Payloads, which go their own way since gloas.
  endpoint(
    "execution_payload_envelope",
    "GET",
    `${validator}/execution_payload_envelopes/{slot}/{beacon_block_root}`,
    kinds.readAtProducer,
    { ssz: "answer", slot: "path", never: "another node's 404 taken for the producer's" },
  ),
  endpoint(
    "publish_execution_payload_envelope",
    "POST",
    "/eth/v1/beacon/execution_payload_envelopes",
    kinds.publishBlock,
    {
      ssz: "request",
      atProducer: kinds.publishAtProducer,
      never: `${neverCut}; sent to others than the producer when Eth-Blob-Data-Included is false`,
    },
  ),
  endpoint(
    "execution_payload_bid",
    "GET",
    [
      `${validator}/execution_payload_bids/{slot}/{builder_index}`,
      `${validator}/execution_payload_bid/{slot}/{builder_index}`,
    ],
    kinds.readAtProducer,
    { ssz: "answer", slot: "path" },
  ),
  endpoint(
    "publish_execution_payload_bid",
    "POST",
    ["/eth/v1/beacon/execution_payload_bids", "/eth/v1/beacon/execution_payload_bid"],
    kinds.publish,
    { ssz: "request", never: neverCut },
  ),
  endpoint("payload_attestation_data", "GET", `${validator}/payload_attestation_data`, kinds.attest, {
    ssz: "answer",
    slot: "query",
    never: `${neverKept}; 204, which means not to vote, unless most say so`,
  }),
  endpoint("payload_attestation_data_by_slot", "GET", `${validator}/payload_attestation_data/{slot}`, kinds.attest, {
    as: "payload_attestation_data",
    ssz: "answer",
    slot: "path",
    never: `${neverKept}; 204, which means not to vote, unless most say so`,
  }),
  endpoint("payload_attestations", "POST", `${pool}/payload_attestations`, kinds.publish, {
    ssz: "request",
    slot: "body",
    never: neverCut,
  }),

  // Was a validator active elsewhere?
  endpoint("liveness", "POST", `${validator}/liveness/{epoch}`, kinds.liveness, {
    epoch: "path",
    never: "answered by one node alone while there are more; kept; raced: a node that just started saw nobody",
  }),

  // Distributed validators.
  endpoint("beacon_committee_selections", "POST", `${validator}/beacon_committee_selections`, kinds.selections, {
    as: "selections",
    absent: 501,
  }),
  endpoint("sync_committee_selections", "POST", `${validator}/sync_committee_selections`, kinds.selections, {
    as: "selections",
    absent: 501,
  }),

  endpoint("events", "GET", "/eth/v1/events", kinds.node, {
    own: "events",
    never: "ended with a status that clients take as final (400, 500); told of a head that no node serves yet",
  }),

  // Irrevocable.
  endpoint("voluntary_exits", "POST", `${pool}/voluntary_exits`, kinds.publish, { never: neverCut }),
  endpoint("bls_to_execution_changes", "POST", `${pool}/bls_to_execution_changes`, kinds.publish, { never: neverCut }),
  endpoint("proposer_slashings", "POST", `${pool}/proposer_slashings`, kinds.publish, { never: neverCut }),
  endpoint("attester_slashings", "POST", "/eth/v2/beacon/pool/attester_slashings", kinds.publish, { never: neverCut }),
  endpoint("attester_slashings_v1", "POST", `${pool}/attester_slashings`, kinds.publish, {
    as: "attester_slashings",
    never: neverCut,
  }),

  // Reads that nobody signs.
  endpoint("block", "GET", "/eth/v2/beacon/blocks/{block_id}", kinds.block, { ssz: "answer" }),
  endpoint("block_v1", "GET", "/eth/v1/beacon/blocks/{block_id}", kinds.block, { as: "block", ssz: "answer" }),
  endpoint("blinded_block", "GET", "/eth/v1/beacon/blinded_blocks/{block_id}", kinds.block, {
    as: "block",
    ssz: "answer",
  }),
  endpoint("block_root", "GET", "/eth/v1/beacon/blocks/{block_id}/root", kinds.block, { as: "block", ssz: "answer" }),
  endpoint("block_attestations", "GET", "/eth/v2/beacon/blocks/{block_id}/attestations", kinds.block, { as: "block" }),
  endpoint("block_attestations_v1", "GET", "/eth/v1/beacon/blocks/{block_id}/attestations", kinds.block, {
    as: "block",
  }),
  endpoint("headers", "GET", "/eth/v1/beacon/headers", kinds.block, { as: "block" }),
  endpoint("header", "GET", "/eth/v1/beacon/headers/{block_id}", kinds.block, { as: "block", ssz: "answer" }),
  endpoint("block_envelope", "GET", "/eth/v1/beacon/execution_payload_envelopes/{block_id}", kinds.block, {
    as: "block",
    ssz: "answer",
  }),
  endpoint("blobs", "GET", "/eth/v1/beacon/blobs/{block_id}", kinds.bulk, { ssz: "answer" }),
  endpoint("blob_sidecars", "GET", "/eth/v1/beacon/blob_sidecars/{block_id}", kinds.bulk, {
    as: "blobs",
    ssz: "answer",
  }),
  endpoint("state_root", "GET", `${state}/root`, kinds.state, { as: "state" }),
  endpoint("finality_checkpoints", "GET", `${state}/finality_checkpoints`, kinds.state, { as: "state" }),
  endpoint("builders", "POST", `${state}/builders`, kinds.state, { as: "state" }),
  endpoint("committees", "GET", `${state}/committees`, kinds.state, { as: "state" }),
  endpoint("state_sync_committees", "GET", `${state}/sync_committees`, kinds.state, { as: "state" }),
  endpoint("randao", "GET", `${state}/randao`, kinds.state, { as: "state" }),
  endpoint("pending_consolidations", "GET", `${state}/pending_consolidations`, kinds.state, {
    as: "state",
    ssz: "answer",
  }),
  endpoint("pending_deposits", "GET", `${state}/pending_deposits`, kinds.state, { as: "state", ssz: "answer" }),
  endpoint("pending_partial_withdrawals", "GET", `${state}/pending_partial_withdrawals`, kinds.state, {
    as: "state",
    ssz: "answer",
  }),
  endpoint("proposer_lookahead", "GET", `${state}/proposer_lookahead`, kinds.state, { as: "state", ssz: "answer" }),
  endpoint("expected_withdrawals", "GET", "/eth/v1/builder/states/{state_id}/expected_withdrawals", kinds.state, {
    as: "state",
    ssz: "answer",
  }),
  endpoint("deposit_snapshot", "GET", "/eth/v1/beacon/deposit_snapshot", kinds.state, { as: "state", ssz: "answer" }),
  endpoint("sync_committee_rewards", "POST", "/eth/v1/beacon/rewards/sync_committee/{block_id}", kinds.bulk, {
    as: "rewards",
  }),
  endpoint("block_rewards", "GET", "/eth/v1/beacon/rewards/blocks/{block_id}", kinds.bulk, { as: "rewards" }),
  endpoint("attestation_rewards", "POST", "/eth/v1/beacon/rewards/attestations/{epoch}", kinds.bulk, { as: "rewards" }),
  endpoint("light_client_bootstrap", "GET", "/eth/v1/beacon/light_client/bootstrap/{block_root}", kinds.block, {
    as: "block",
    ssz: "answer",
  }),
  endpoint("light_client_updates", "GET", "/eth/v1/beacon/light_client/updates", kinds.bulk, {
    as: "light_client",
    ssz: "answer",
  }),
  endpoint("light_client_finality_update", "GET", "/eth/v1/beacon/light_client/finality_update", kinds.pool, {
    as: "pool",
    ssz: "answer",
  }),
  endpoint("light_client_optimistic_update", "GET", "/eth/v1/beacon/light_client/optimistic_update", kinds.pool, {
    as: "pool",
    ssz: "answer",
  }),
  endpoint("pool_attestations", "GET", "/eth/v2/beacon/pool/attestations", kinds.pool, { as: "pool" }),
  endpoint("pool_attestations_v1", "GET", `${pool}/attestations`, kinds.pool, { as: "pool" }),
  endpoint("pool_payload_attestations", "GET", `${pool}/payload_attestations`, kinds.pool, {
    as: "pool",
    ssz: "answer",
  }),
  endpoint("pool_attester_slashings", "GET", "/eth/v2/beacon/pool/attester_slashings", kinds.pool, { as: "pool" }),
  endpoint("pool_attester_slashings_v1", "GET", `${pool}/attester_slashings`, kinds.pool, { as: "pool" }),
  endpoint("pool_proposer_slashings", "GET", `${pool}/proposer_slashings`, kinds.pool, { as: "pool" }),
  endpoint("pool_voluntary_exits", "GET", `${pool}/voluntary_exits`, kinds.pool, { as: "pool" }),
  endpoint("pool_bls_to_execution_changes", "GET", `${pool}/bls_to_execution_changes`, kinds.pool, { as: "pool" }),
];

/** What is not in the table: reads below `/eth/vN/`, and what the configuration opens. */
export const unlisted = {
  read: endpoint("unknown", "GET", [], kinds.unknown),
  write: endpoint("unknown_write", "POST", [], kinds.unknownWrite),
  debug: endpoint("debug", "GET", [], kinds.bulk, { ssz: "answer" }),
} as const;

const byName = new Map([...endpoints, ...Object.values(unlisted)].map((one) => [one.name, one]));

/** The endpoint of a call's method. */
export function endpointOf(name: string): Endpoint {
  return byName.get(name) ?? unlisted.read;
}
