import {
  type Answering,
  aggregate,
  anything,
  attestationData,
  attestationDataWith,
  type Bodies,
  bid,
  blindedBlock,
  block,
  contribution,
  duties,
  envelope,
  gloasBlock,
  headHeader,
  headRoot,
  headRootOf,
  payloadData,
  payloadDataOf,
  seen,
  sent,
  taken,
} from "./validator-endpoints-bodies.ts";
import { dependentRoot, epoch, rootOf, slot } from "./validator-endpoints-nodes.ts";

/**
 * What is done with calls, in the words of field/beacon.md §1.1, said anew here: what is expected is not read from what
 * is tried. `own`: answered without asking; `face`: by one and the same node; `one`: by one, by another when it fails;
 * `closed`: not at all.
 */
export type How = "own" | "face" | "one" | "best" | "quorum" | "broadcast" | "producer" | "union" | "stream" | "closed";

/** One way to ask for what a row is about. */
export interface Way {
  /** Its name in the table of the protocol; `undefined` for paths that are in none. */
  readonly endpoint: string | undefined;
  readonly verb: "GET" | "POST";
  readonly path: string;
  readonly body?: Bodies;
  readonly headers?: Readonly<Record<string, string>>;
  /** The good answer. */
  readonly answer: Answering;
  /** Its answer may be SSZ. */
  readonly ssz?: true;
  /** Its answer, or its request, exists in both encodings, so that it can be put from one into the other. */
  readonly recoded?: true;
}

/** What a node may be that keeps it from a call. */
export type Flaw = "syncing" | "optimistic" | "forked" | "elOffline";

/** A row of field/beacon.md §1.2. */
export interface Row {
  readonly row: number;
  readonly what: string;
  readonly how: How;
  /** The first is the one that all situations are played with. */
  readonly ways: readonly [Way, ...Way[]];
  /** Nodes like that are never asked while there are others. */
  readonly never: readonly Flaw[];
  /** Nor are they when there are no others: then the answer is 503. */
  readonly strictly: readonly Flaw[];
  /** When nobody says a word, the client hears so by then, in milliseconds at slots of 12 s. */
  readonly byMs: number;
  /** A silent node costs no more than this, in milliseconds; `undefined` where it is waited for in vain. */
  readonly detourMs: number | undefined;
  /** The same asked again: asked anew (`never` kept), shared while under way, or kept as long as it depends on the same block. */
  readonly kept: "never" | "shared" | "by dependence";
  /** For a quorum: what contradicts the good answer of the first way, and what comes of it when it is one against one. */
  readonly contrary?: { readonly answer: Answering; readonly tie: "503" | "the newer head" };
}

const get = (endpoint: string, path: string, answer: Answering = anything, more: Partial<Way> = {}): Way => ({
  endpoint,
  verb: "GET",
  path,
  answer,
  ...more,
});
const post = (
  endpoint: string,
  path: string,
  body: Bodies,
  answer: Answering = taken,
  more: Partial<Way> = {},
): Way => ({
  endpoint,
  verb: "POST",
  path,
  body,
  answer,
  ...more,
});

const both = { ssz: true, recoded: true } as const;
const ssz = { ssz: true } as const;
const recoded = { recoded: true } as const;

const validator = "/eth/v1/validator";
const pool = "/eth/v1/beacon/pool";
const states = "/eth/v1/beacon/states/head";
const root = rootOf(slot - 1);

/** Nobody signs these: any node that health thinks well of, and rather any than none. */
const reads = { how: "one", never: ["syncing"], strictly: [], byMs: 10_000, detourMs: 1_500, kept: "shared" } as const;
const schedules = {
  how: "one",
  never: ["syncing", "optimistic", "forked"],
  strictly: ["syncing", "optimistic"],
  byMs: 10_000,
  detourMs: 1_500,
  kept: "by dependence",
} as const;
/** Half a second is what is waited for the slow; a third of a slot for anybody at all. */
const signed = {
  how: "quorum",
  never: ["syncing", "optimistic", "forked", "elOffline"],
  strictly: ["syncing", "optimistic", "elOffline"],
  byMs: 4_000,
  detourMs: 500,
  kept: "never",
} as const;
const aggregates = {
  how: "best",
  never: ["syncing", "optimistic", "forked"],
  strictly: ["syncing", "optimistic"],
  byMs: 3_000,
  detourMs: 1_000,
  kept: "never",
} as const;
const blocks = { ...signed, how: "best", byMs: 6_000, detourMs: 1_100 } as const;
const told = { how: "broadcast", never: [], strictly: [], byMs: 10_000, detourMs: 500, kept: "never" } as const;
/** The one that made it, for 400 ms; then the others. */
const revealed = { ...told, how: "producer" } as const;
const fetched = { ...signed, how: "producer", byMs: 3_000 } as const;

export const rows: readonly Row[] = [
  {
    row: 1,
    what: "health",
    ...reads,
    how: "own",
    ways: [get("node_health", "/eth/v1/node/health")],
  },
  {
    row: 2,
    what: "syncing",
    ...reads,
    how: "own",
    ways: [get("node_syncing", "/eth/v1/node/syncing")],
  },
  {
    row: 3,
    what: "version",
    ...reads,
    how: "face",
    detourMs: undefined,
    kept: "never",
    ways: [
      get("node_version", "/eth/v1/node/version"),
      get("node_version_v2", "/eth/v2/node/version"),
      get("node_identity", "/eth/v1/node/identity"),
      get("node_peers", "/eth/v1/node/peers?state=connected"),
      get("node_peer", "/eth/v1/node/peers/16Uiu2HAm"),
      get("node_peer_count", "/eth/v1/node/peer_count"),
    ],
  },
  {
    row: 4,
    what: "constants",
    ...reads,
    ways: [
      get("genesis", "/eth/v1/beacon/genesis"),
      get("spec", "/eth/v1/config/spec"),
      get("fork_schedule", "/eth/v1/config/fork_schedule", anything, ssz),
      get("deposit_contract", "/eth/v1/config/deposit_contract"),
    ],
  },
  { row: 5, what: "fork", ...reads, ways: [get("state_fork", `${states}/fork`)] },
  {
    row: 6,
    what: "validators",
    ...reads,
    // Up to hundreds of megabytes, so no second copy is asked for: the first must be known to be out.
    detourMs: undefined,
    ways: [
      get("validators", `${states}/validators?id=1,2&status=active`, anything, ssz),
      post("validators", `${states}/validators`, sent.ids, anything, ssz),
      get("validator", `${states}/validators/1`),
      get("validator_balances", `${states}/validator_balances?id=1`, anything, ssz),
      post("validator_balances", `${states}/validator_balances`, sent.list, anything, ssz),
      post("validator_identities", `${states}/validator_identities`, sent.list, anything, ssz),
      get("validator_count", `${states}/validator_count`),
    ],
  },
  {
    row: 7,
    what: "the head's root",
    ...signed,
    contrary: { answer: headRootOf(rootOf(slot - 1)), tie: "the newer head" },
    ways: [
      get("head_root", "/eth/v1/beacon/blocks/head/root", headRoot),
      get("head_header", "/eth/v1/beacon/headers/head", headHeader),
    ],
  },
  {
    row: 8,
    what: "duties",
    ...schedules,
    ways: [
      post(
        "attester_duties",
        `${validator}/duties/attester/${epoch}`,
        sent.indices,
        duties(dependentRoot(epoch)),
        both,
      ),
      post("sync_duties", `${validator}/duties/sync/${epoch}`, sent.indices, duties(dependentRoot(epoch)), both),
      post("ptc_duties", `${validator}/duties/ptc/${epoch}`, sent.indices, duties(dependentRoot(epoch)), both),
    ],
  },
  {
    row: 9,
    what: "proposers",
    ...schedules,
    ways: [
      // Of the second version's answer the dependent root lies an epoch earlier.
      get("proposer_duties", `${validator}/duties/proposer/${epoch}`, duties(dependentRoot(epoch + 1)), ssz),
      get("proposer_duties_v2", `/eth/v2/validator/duties/proposer/${epoch}`, duties(dependentRoot(epoch)), ssz),
    ],
  },
  {
    row: 10,
    what: "committee subscriptions",
    ...told,
    ways: [
      post(
        "beacon_committee_subscriptions",
        `${validator}/beacon_committee_subscriptions`,
        sent.committees,
        taken,
        recoded,
      ),
    ],
  },
  {
    row: 11,
    what: "sync committee subscriptions",
    ...told,
    ways: [
      post(
        "sync_committee_subscriptions",
        `${validator}/sync_committee_subscriptions`,
        sent.syncCommittees,
        taken,
        recoded,
      ),
    ],
  },
  {
    row: 12,
    what: "attestation data",
    ...signed,
    contrary: {
      answer: attestationDataWith({ "target.root": rootOf(slot - 12, true), beacon_block_root: rootOf(slot, true) }),
      tie: "503",
    },
    ways: [
      get("attestation_data", `${validator}/attestation_data?slot=${slot}&committee_index=0`, attestationData, both),
    ],
  },
  {
    row: 13,
    what: "attestations",
    ...told,
    ways: [
      post("attestations", "/eth/v2/beacon/pool/attestations", sent.attestations, taken, recoded),
      post("attestations_v1", `${pool}/attestations`, sent.attestations, taken, recoded),
    ],
  },
  {
    row: 14,
    what: "aggregate",
    ...aggregates,
    ways: [
      get(
        "aggregate_attestation",
        `/eth/v2/validator/aggregate_attestation?attestation_data_root=${root}&slot=${slot}&committee_index=1`,
        aggregate,
        both,
      ),
      get(
        "aggregate_attestation_v1",
        `${validator}/aggregate_attestation?attestation_data_root=${root}&slot=${slot}`,
        aggregate,
        both,
      ),
    ],
  },
  {
    row: 15,
    what: "aggregates",
    ...told,
    ways: [
      post("aggregate_and_proofs", "/eth/v2/validator/aggregate_and_proofs", sent.aggregates, taken, recoded),
      post("aggregate_and_proofs_v1", `${validator}/aggregate_and_proofs`, sent.aggregates, taken, recoded),
    ],
  },
  {
    row: 16,
    what: "sync committee messages",
    ...told,
    ways: [post("sync_committees", `${pool}/sync_committees`, sent.syncMessages, taken, recoded)],
  },
  {
    row: 17,
    what: "contribution",
    ...aggregates,
    ways: [
      get(
        "sync_committee_contribution",
        `${validator}/sync_committee_contribution?slot=${slot}&subcommittee_index=0&beacon_block_root=${root}`,
        contribution,
        both,
      ),
    ],
  },
  {
    row: 18,
    what: "contributions",
    ...told,
    ways: [post("contribution_and_proofs", `${validator}/contribution_and_proofs`, sent.contributions, taken, recoded)],
  },
  {
    row: 19,
    what: "preparation",
    ...told,
    ways: [post("prepare_beacon_proposer", `${validator}/prepare_beacon_proposer`, sent.preparation)],
  },
  {
    row: 20,
    what: "registration",
    ...told,
    // Relays are slow.
    detourMs: 1_500,
    ways: [post("register_validator", `${validator}/register_validator`, sent.registrations, taken, recoded)],
  },
  {
    row: 21,
    what: "preferences",
    ...told,
    ways: [
      post("proposer_preferences", `${validator}/proposer_preferences`, sent.preferences, taken, recoded),
      post("builder_preferences", `${validator}/builder_preferences`, sent.builderPreferences),
    ],
  },
  {
    row: 22,
    what: "block",
    ...blocks,
    ways: [
      get(
        "produce_block_v3",
        `/eth/v3/validator/blocks/${slot}?randao_reveal=0xab&graffiti=0xcd&builder_boost_factor=110`,
        block(),
        both,
      ),
      get("produce_block_v2", `/eth/v2/validator/blocks/${slot}?randao_reveal=0xab`, block(), both),
      get("produce_blinded_block", `${validator}/blinded_blocks/${slot}?randao_reveal=0xab`, blindedBlock, both),
    ],
  },
  {
    row: 23,
    what: "block of gloas",
    ...blocks,
    ways: [
      post("produce_block_v4", `/eth/v4/validator/blocks/${slot}?include_payload=true`, sent.wish, gloasBlock, both),
      get("produce_block_v4", `/eth/v4/validator/blocks/${slot}?include_payload=true`, gloasBlock, both),
      post("produce_block_v4_with_bid", `/eth/v4/validator/blocks/${slot}/with_bid`, sent.wish, gloasBlock, both),
    ],
  },
  {
    row: 24,
    what: "publish a block",
    ...told,
    ways: [
      post("publish_block", "/eth/v2/beacon/blocks?broadcast_validation=gossip", sent.block, taken, recoded),
      post("publish_block_v1", "/eth/v1/beacon/blocks", sent.block, taken, recoded),
    ],
  },
  {
    row: 25,
    what: "publish a blinded block",
    ...revealed,
    ways: [
      post("publish_blinded_block", "/eth/v2/beacon/blinded_blocks", sent.blinded, taken, recoded),
      post("publish_blinded_block_v1", "/eth/v1/beacon/blinded_blocks", sent.blinded, taken, recoded),
    ],
  },
  {
    row: 26,
    what: "envelope",
    ...fetched,
    ways: [
      get("execution_payload_envelope", `${validator}/execution_payload_envelopes/${slot}/${root}`, envelope, both),
    ],
  },
  {
    row: 27,
    what: "publish an envelope with its blobs",
    ...told,
    ways: [
      post("publish_execution_payload_envelope", "/eth/v1/beacon/execution_payload_envelopes", sent.envelope, taken, {
        headers: { "eth-blob-data-included": "true" },
        recoded: true,
      }),
    ],
  },
  {
    row: 27,
    what: "publish an envelope without its blobs",
    ...revealed,
    ways: [
      post(
        "publish_execution_payload_envelope",
        "/eth/v1/beacon/execution_payload_envelopes",
        sent.bareEnvelope,
        taken,
        { headers: { "eth-blob-data-included": "false" }, recoded: true },
      ),
    ],
  },
  {
    row: 28,
    what: "bid",
    ...fetched,
    ways: [
      get("execution_payload_bid", `${validator}/execution_payload_bids/${slot}/17`, bid, both),
      get("execution_payload_bid", `${validator}/execution_payload_bid/${slot}/17`, bid, both),
    ],
  },
  {
    row: 28,
    what: "publish a bid",
    ...told,
    ways: [
      post("publish_execution_payload_bid", "/eth/v1/beacon/execution_payload_bids", sent.bid, taken, recoded),
      post("publish_execution_payload_bid", "/eth/v1/beacon/execution_payload_bid", sent.bid, taken, recoded),
    ],
  },
  {
    row: 29,
    what: "payload attestation data",
    ...signed,
    contrary: { answer: payloadDataOf(rootOf(slot, true)), tie: "503" },
    ways: [
      get("payload_attestation_data", `${validator}/payload_attestation_data?slot=${slot}`, payloadData, both),
      get("payload_attestation_data_by_slot", `${validator}/payload_attestation_data/${slot}`, payloadData, both),
    ],
  },
  {
    row: 30,
    what: "payload attestations",
    ...told,
    ways: [post("payload_attestations", `${pool}/payload_attestations`, sent.payloadVotes, taken, recoded)],
  },
  {
    row: 31,
    what: "liveness",
    how: "union",
    never: ["syncing"],
    strictly: ["syncing"],
    byMs: 10_000,
    detourMs: undefined,
    kept: "never",
    ways: [post("liveness", `${validator}/liveness/${epoch - 1}`, sent.indices, seen)],
  },
  {
    row: 32,
    what: "selections",
    ...schedules,
    kept: "never",
    // The middleware waits for its peers, and a second copy would make it do so twice.
    detourMs: undefined,
    ways: [
      post("beacon_committee_selections", `${validator}/beacon_committee_selections`, sent.selections, anything),
      post("sync_committee_selections", `${validator}/sync_committee_selections`, sent.selections, anything),
    ],
  },
  {
    row: 33,
    what: "events",
    ...reads,
    how: "stream",
    ways: [get("events", "/eth/v1/events?topics=head,finalized_checkpoint")],
  },
  {
    row: 34,
    what: "what cannot be taken back",
    ...told,
    ways: [
      post("voluntary_exits", `${pool}/voluntary_exits`, sent.exit),
      post("bls_to_execution_changes", `${pool}/bls_to_execution_changes`, sent.changes),
      post("proposer_slashings", `${pool}/proposer_slashings`, sent.proposerSlashing),
      post("attester_slashings", "/eth/v2/beacon/pool/attester_slashings", sent.attesterSlashing),
      post("attester_slashings_v1", `${pool}/attester_slashings`, sent.attesterSlashing),
    ],
  },
  {
    row: 35,
    what: "blocks and states",
    ...reads,
    ways: [
      get("block", `/eth/v2/beacon/blocks/${root}`, anything, ssz),
      get("block_v1", "/eth/v1/beacon/blocks/head", anything, ssz),
      get("blinded_block", "/eth/v1/beacon/blinded_blocks/12", anything, ssz),
      get("block_root", `/eth/v1/beacon/blocks/${root}/root`, anything, ssz),
      get("block_attestations", "/eth/v2/beacon/blocks/12/attestations"),
      get("block_attestations_v1", "/eth/v1/beacon/blocks/12/attestations"),
      get("headers", "/eth/v1/beacon/headers?slot=12"),
      get("header", `/eth/v1/beacon/headers/${root}`, anything, ssz),
      get("block_envelope", "/eth/v1/beacon/execution_payload_envelopes/head", anything, ssz),
      get("blobs", "/eth/v1/beacon/blobs/12?versioned_hashes=0x01", anything, ssz),
      get("blob_sidecars", "/eth/v1/beacon/blob_sidecars/12", anything, ssz),
      get("state_root", `${states}/root`),
      get("finality_checkpoints", `${states}/finality_checkpoints`),
      post("builders", `${states}/builders`, sent.list, anything),
      get("committees", `${states}/committees?epoch=${epoch}`),
      get("state_sync_committees", `${states}/sync_committees`),
      get("randao", `${states}/randao`),
      get("pending_consolidations", `${states}/pending_consolidations`, anything, ssz),
      get("pending_deposits", `${states}/pending_deposits`, anything, ssz),
      get("pending_partial_withdrawals", `${states}/pending_partial_withdrawals`, anything, ssz),
      get("proposer_lookahead", `${states}/proposer_lookahead`, anything, ssz),
      get("expected_withdrawals", "/eth/v1/builder/states/head/expected_withdrawals", anything, ssz),
      get("deposit_snapshot", "/eth/v1/beacon/deposit_snapshot", anything, ssz),
      post("sync_committee_rewards", "/eth/v1/beacon/rewards/sync_committee/head", sent.list, anything),
      get("block_rewards", "/eth/v1/beacon/rewards/blocks/head"),
      post("attestation_rewards", `/eth/v1/beacon/rewards/attestations/${epoch - 2}`, sent.list, anything),
      get("light_client_bootstrap", `/eth/v1/beacon/light_client/bootstrap/${root}`, anything, ssz),
      get("light_client_updates", "/eth/v1/beacon/light_client/updates?start_period=1&count=1", anything, ssz),
      get("light_client_finality_update", "/eth/v1/beacon/light_client/finality_update", anything, ssz),
      get("light_client_optimistic_update", "/eth/v1/beacon/light_client/optimistic_update", anything, ssz),
      get("pool_attestations", `/eth/v2/beacon/pool/attestations?slot=${slot}`),
      get("pool_attestations_v1", `${pool}/attestations`),
      get("pool_payload_attestations", `${pool}/payload_attestations`, anything, ssz),
      get("pool_attester_slashings", "/eth/v2/beacon/pool/attester_slashings"),
      get("pool_attester_slashings_v1", `${pool}/attester_slashings`),
      get("pool_proposer_slashings", `${pool}/proposer_slashings`),
      get("pool_voluntary_exits", `${pool}/voluntary_exits`),
      get("pool_bls_to_execution_changes", `${pool}/bls_to_execution_changes`),
    ],
  },
  {
    row: 36,
    what: "what nobody may ask",
    ...reads,
    how: "closed",
    ways: [
      "/eth/v2/debug/beacon/states/head",
      "/eth/v1/debug/fork_choice",
      "/eth/v1/keystores",
      "/eth/v1/remotekeys",
      "/lighthouse/health",
      "/teku/v1/admin/liveness",
      "/prysm/v1/beacon/chain_head",
      "/lodestar/v1/state",
      "/nimbus/v1/beacon/head",
    ].map((path) => ({ endpoint: undefined, verb: "GET" as const, path, answer: anything })) as unknown as [Way],
  },
];
