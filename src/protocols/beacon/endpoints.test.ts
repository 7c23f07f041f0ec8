import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../../core/call.ts";
import type { Duty, FanOut } from "../../core/duty.ts";
import type { NetworkView } from "../../core/protocol.ts";
import { createBeacon } from "./beacon.ts";
import { endpointOf, endpoints } from "./endpoints.ts";
import { createRouter } from "./paths.ts";

const beacon = createBeacon({ allow: [], deny: [] });
const view: NetworkView = { network: "n", chain: "1", head: { latest: 9, safe: 8, finalized: 7 } };
const root = `0x${"ab".repeat(32)}`;

/** What a request in the words of its row becomes. */
interface Row {
  readonly path: string;
  readonly name: string;
  readonly is: readonly [duty: Duty, fanOut: FanOut, access: "read" | "write"];
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly slot?: number;
  readonly epoch?: number;
}

const read = ["read", "one", "read"] as const;
const schedule = ["schedule", "one", "read"] as const;
const attest = ["attest", "quorum", "read"] as const;
const aggregate = ["aggregate", "best", "read"] as const;
const propose = ["propose", "best", "read"] as const;
const atProducer = ["propose", "producer", "read"] as const;
const publish = ["publish", "broadcast", "write"] as const;
const reveal = ["publish", "producer", "write"] as const;
const prepare = ["prepare", "broadcast", "write"] as const;

const ssz = (version: string) => ({ "content-type": "application/octet-stream", "eth-consensus-version": version });

/** Bytes with 64 bit (or, as `[at, value, 4]`, 32 bit) numbers at some places. */
function sszBody(length: number, ...numbers: (readonly [at: number, value: number, bytes?: 4])[]): Buffer {
  const bytes = Buffer.alloc(length);
  for (const [place, value] of numbers) bytes.writeUInt32LE(value, place);
  return bytes;
}

/** By the row of the specification that each is in; requests begin with `POST ` or are reads. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  "3 version": [
    { path: "/eth/v1/node/version", name: "node_version", is: read },
    { path: "/eth/v2/node/version", name: "node_version_v2", is: read },
    { path: "/eth/v1/node/identity", name: "node_identity", is: read },
    { path: "/eth/v1/node/peers?state=connected", name: "node_peers", is: read },
    { path: "/eth/v1/node/peers/16Uiu2HAm", name: "node_peer", is: read },
    { path: "/eth/v1/node/peer_count", name: "node_peer_count", is: read },
  ],
  "4 constants": [
    { path: "/eth/v1/beacon/genesis", name: "genesis", is: read },
    { path: "/eth/v1/config/spec", name: "spec", is: read },
    { path: "/eth/v1/config/fork_schedule", name: "fork_schedule", is: read },
    { path: "/eth/v1/config/deposit_contract", name: "deposit_contract", is: read },
  ],
  "5 fork": [{ path: "/eth/v1/beacon/states/head/fork", name: "state_fork", is: read }],
  "6 validators, reads by POST too": [
    { path: "/eth/v1/beacon/states/head/validators?id=1,2&status=active", name: "validators", is: read },
    { path: "POST /eth/v1/beacon/states/head/validators", name: "validators", is: read, body: '{"ids":["1"]}' },
    { path: `/eth/v1/beacon/states/${root}/validators/0x${"a".repeat(96)}`, name: "validator", is: read },
    { path: "POST /eth/v1/beacon/states/head/validator_balances", name: "validator_balances", is: read, body: "[]" },
    {
      path: "POST /eth/v1/beacon/states/head/validator_identities",
      name: "validator_identities",
      is: read,
      body: "[]",
    },
    { path: "/eth/v1/beacon/states/head/validator_count", name: "validator_count", is: read },
  ],
  "7 the head's root": [
    { path: "/eth/v1/beacon/blocks/head/root", name: "head_root", is: attest },
    { path: "/eth/v1/beacon/headers/head", name: "head_header", is: attest },
  ],
  "8 duties": [
    {
      path: "POST /eth/v1/validator/duties/attester/7",
      name: "attester_duties",
      is: schedule,
      body: '["1"]',
      epoch: 7,
    },
    { path: "POST /eth/v1/validator/duties/sync/7", name: "sync_duties", is: schedule, body: '["1"]', epoch: 7 },
    { path: "POST /eth/v1/validator/duties/ptc/7", name: "ptc_duties", is: schedule, body: '["1"]', epoch: 7 },
  ],
  "9 proposers, v1 and v2 apart": [
    { path: "/eth/v1/validator/duties/proposer/7", name: "proposer_duties", is: schedule, epoch: 7 },
    { path: "/eth/v2/validator/duties/proposer/7", name: "proposer_duties_v2", is: schedule, epoch: 7 },
  ],
  "10 and 11 subscriptions": [
    {
      path: "POST /eth/v1/validator/beacon_committee_subscriptions",
      name: "beacon_committee_subscriptions",
      is: prepare,
      body: '[{"validator_index":"1","slot":"5"}]',
    },
    {
      path: "POST /eth/v1/validator/sync_committee_subscriptions",
      name: "sync_committee_subscriptions",
      is: prepare,
      body: "[]",
    },
  ],
  "12 attestation data": [
    {
      path: "/eth/v1/validator/attestation_data?slot=5&committee_index=0",
      name: "attestation_data",
      is: attest,
      slot: 5,
    },
    {
      path: "/eth/v1/validator/attestation_data?committee_index=0&slot=%35",
      name: "attestation_data",
      is: attest,
      slot: 5,
    },
    { path: "/eth/v1/validator/attestation_data?slot=-5", name: "attestation_data", is: attest },
  ],
  "13 attestations": [
    {
      path: "POST /eth/v2/beacon/pool/attestations",
      name: "attestations",
      is: publish,
      body: '[{"committee_index":"0","attester_index":"3","data":{"index":"0","slot":"5"},"signature":"0x00"}]',
      slot: 5,
    },
    {
      path: "POST /eth/v2/beacon/pool/attestations",
      name: "attestations",
      is: publish,
      body: sszBody(480, [0, 1], [8, 3], [16, 5]),
      headers: ssz("electra"),
      slot: 5,
    },
    {
      path: "POST /eth/v1/beacon/pool/attestations",
      name: "attestations_v1",
      is: publish,
      body: sszBody(300, [0, 4, 4], [4, 228, 4], [8, 5]),
      headers: { "content-type": "application/octet-stream" },
      slot: 5,
    },
  ],
  "14 aggregate": [
    {
      path: `/eth/v2/validator/aggregate_attestation?attestation_data_root=${root}&slot=5&committee_index=1`,
      name: "aggregate_attestation",
      is: aggregate,
      slot: 5,
    },
    {
      path: "/eth/v1/validator/aggregate_attestation?slot=5",
      name: "aggregate_attestation_v1",
      is: aggregate,
      slot: 5,
    },
  ],
  "15 aggregates": [
    {
      path: "POST /eth/v2/validator/aggregate_and_proofs",
      name: "aggregate_and_proofs",
      is: publish,
      body: '[{"message":{"aggregator_index":"1","aggregate":{"aggregation_bits":"0x","data":{"slot":"5"}}}}]',
      slot: 5,
    },
    {
      path: "POST /eth/v1/validator/aggregate_and_proofs",
      name: "aggregate_and_proofs_v1",
      is: publish,
      body: sszBody(600, [0, 4, 4], [4, 100, 4], [104, 9], [112, 108, 4], [212, 228, 4], [216, 5]),
      headers: ssz("deneb"),
      slot: 5,
    },
  ],
  "16 sync committee messages": [
    {
      path: "POST /eth/v1/beacon/pool/sync_committees",
      name: "sync_committees",
      is: publish,
      body: '[{"slot":"5","beacon_block_root":"0x00"}]',
      slot: 5,
    },
    {
      path: "POST /eth/v1/beacon/pool/sync_committees",
      name: "sync_committees",
      is: publish,
      body: sszBody(144, [0, 5]),
      headers: ssz("electra"),
      slot: 5,
    },
  ],
  "17 contribution": [
    {
      path: `/eth/v1/validator/sync_committee_contribution?slot=5&subcommittee_index=0&beacon_block_root=${root}`,
      name: "sync_committee_contribution",
      is: aggregate,
      slot: 5,
    },
  ],
  "18 contributions": [
    {
      path: "POST /eth/v1/validator/contribution_and_proofs",
      name: "contribution_and_proofs",
      is: publish,
      body: '[{"message":{"aggregator_index":"1","contribution":{"slot":"5"}}}]',
      slot: 5,
    },
  ],
  "19 preparation": [
    {
      path: "POST /eth/v1/validator/prepare_beacon_proposer",
      name: "prepare_beacon_proposer",
      is: prepare,
      body: "[]",
    },
  ],
  "20 registration": [
    { path: "POST /eth/v1/validator/register_validator", name: "register_validator", is: prepare, body: "[]" },
  ],
  "21 preferences": [
    { path: "POST /eth/v1/validator/proposer_preferences", name: "proposer_preferences", is: prepare, body: "[]" },
    { path: "POST /eth/v1/validator/builder_preferences", name: "builder_preferences", is: prepare, body: "[]" },
  ],
  "22 block": [
    {
      path: "/eth/v3/validator/blocks/5?randao_reveal=0x00&graffiti=0x01",
      name: "produce_block_v3",
      is: propose,
      slot: 5,
    },
    { path: "/eth/v2/validator/blocks/5?randao_reveal=0x00", name: "produce_block_v2", is: propose, slot: 5 },
    {
      path: "/eth/v1/validator/blinded_blocks/5?randao_reveal=0x00",
      name: "produce_blinded_block",
      is: propose,
      slot: 5,
    },
  ],
  "23 block of gloas, by GET and by POST": [
    { path: "/eth/v4/validator/blocks/5?include_payload=true", name: "produce_block_v4", is: propose, slot: 5 },
    { path: "POST /eth/v4/validator/blocks/5", name: "produce_block_v4", is: propose, slot: 5, body: "{}" },
    {
      path: "POST /eth/v4/validator/blocks/5/with_bid",
      name: "produce_block_v4_with_bid",
      is: propose,
      slot: 5,
      body: "{}",
    },
  ],
  "24 publish a block": [
    {
      path: "POST /eth/v2/beacon/blocks?broadcast_validation=gossip",
      name: "publish_block",
      is: publish,
      body: '{"message":{"slot":"5","body":{"attestations":[{"data":{"slot":"4"}}]}},"signature":"0x00"}',
      slot: 5,
    },
    {
      path: "POST /eth/v2/beacon/blocks",
      name: "publish_block",
      is: publish,
      body: '{"blobs":["0x00"],"signed_block":{"signature":"0x00","message":{"body":{"slot":"1"},"slot":"5"}}}',
      slot: 5,
    },
    {
      path: "POST /eth/v2/beacon/blocks",
      name: "publish_block",
      is: publish,
      body: sszBody(300, [0, 100, 4], [100, 5]),
      headers: ssz("gloas"),
      slot: 5,
    },
    {
      path: "POST /eth/v1/beacon/blocks",
      name: "publish_block_v1",
      is: publish,
      body: sszBody(300, [0, 12, 4], [4, 290, 4], [8, 295, 4], [12, 100, 4], [112, 5]),
      headers: ssz("deneb"),
      slot: 5,
    },
  ],
  "25 publish a blinded block": [
    {
      path: "POST /eth/v2/beacon/blinded_blocks",
      name: "publish_blinded_block",
      is: reveal,
      body: '{"message":{"slot":"5"}}',
      slot: 5,
    },
    { path: "POST /eth/v1/beacon/blinded_blocks", name: "publish_blinded_block_v1", is: reveal, body: "{}" },
  ],
  "26 envelope": [
    {
      path: `/eth/v1/validator/execution_payload_envelopes/5/${root}`,
      name: "execution_payload_envelope",
      is: atProducer,
      slot: 5,
    },
  ],
  "27 publish an envelope, with or without its blobs": [
    {
      path: "POST /eth/v1/beacon/execution_payload_envelopes",
      name: "publish_execution_payload_envelope",
      is: publish,
      body: "{}",
      headers: { "eth-blob-data-included": "true" },
    },
    {
      path: "POST /eth/v1/beacon/execution_payload_envelopes",
      name: "publish_execution_payload_envelope",
      is: reveal,
      body: "{}",
      headers: { "eth-blob-data-included": "False" },
    },
  ],
  "28 bids": [
    { path: "/eth/v1/validator/execution_payload_bids/5/17", name: "execution_payload_bid", is: atProducer, slot: 5 },
    { path: "/eth/v1/validator/execution_payload_bid/5/17", name: "execution_payload_bid", is: atProducer, slot: 5 },
    {
      path: "POST /eth/v1/beacon/execution_payload_bids",
      name: "publish_execution_payload_bid",
      is: publish,
      body: "{}",
    },
  ],
  "29 payload attestation data, in both its forms": [
    {
      path: "/eth/v1/validator/payload_attestation_data?slot=5",
      name: "payload_attestation_data",
      is: attest,
      slot: 5,
    },
    {
      path: "/eth/v1/validator/payload_attestation_data/5",
      name: "payload_attestation_data_by_slot",
      is: attest,
      slot: 5,
    },
  ],
  "30 payload attestations": [
    {
      path: "POST /eth/v1/beacon/pool/payload_attestations",
      name: "payload_attestations",
      is: publish,
      body: '[{"validator_index":"1","data":{"beacon_block_root":"0x00","slot":"5"}}]',
      slot: 5,
    },
    {
      path: "POST /eth/v1/beacon/pool/payload_attestations",
      name: "payload_attestations",
      is: publish,
      body: sszBody(146, [0, 1], [40, 5]),
      headers: ssz("gloas"),
      slot: 5,
    },
  ],
  "31 liveness": [
    {
      path: "POST /eth/v1/validator/liveness/7",
      name: "liveness",
      is: ["liveness", "union", "read"],
      body: '["1"]',
      epoch: 7,
    },
  ],
  "32 selections": [
    {
      path: "POST /eth/v1/validator/beacon_committee_selections",
      name: "beacon_committee_selections",
      is: schedule,
      body: "[]",
    },
    {
      path: "POST /eth/v1/validator/sync_committee_selections",
      name: "sync_committee_selections",
      is: schedule,
      body: "[]",
    },
  ],
  "34 what cannot be taken back": [
    { path: "POST /eth/v1/beacon/pool/voluntary_exits", name: "voluntary_exits", is: publish, body: "{}" },
    {
      path: "POST /eth/v1/beacon/pool/bls_to_execution_changes",
      name: "bls_to_execution_changes",
      is: publish,
      body: "[]",
    },
    { path: "POST /eth/v1/beacon/pool/proposer_slashings", name: "proposer_slashings", is: publish, body: "{}" },
    { path: "POST /eth/v2/beacon/pool/attester_slashings", name: "attester_slashings", is: publish, body: "{}" },
    { path: "POST /eth/v1/beacon/pool/attester_slashings", name: "attester_slashings_v1", is: publish, body: "{}" },
  ],
  "35 reads that nobody signs": [
    { path: "/eth/v2/beacon/blocks/head", name: "block", is: read },
    { path: "/eth/v1/beacon/blocks/head", name: "block_v1", is: read },
    { path: `/eth/v1/beacon/blocks/${root}/root`, name: "block_root", is: read },
    { path: "/eth/v1/beacon/blinded_blocks/12", name: "blinded_block", is: read },
    { path: "/eth/v2/beacon/blocks/12/attestations", name: "block_attestations", is: read },
    { path: "/eth/v1/beacon/blocks/12/attestations", name: "block_attestations_v1", is: read },
    { path: "/eth/v1/beacon/headers?slot=12", name: "headers", is: read },
    { path: "/eth/v1/beacon/headers/finalized", name: "header", is: read },
    { path: "/eth/v1/beacon/execution_payload_envelopes/head", name: "block_envelope", is: read },
    { path: "/eth/v1/beacon/blobs/12?versioned_hashes=0x01", name: "blobs", is: read },
    { path: "/eth/v1/beacon/blob_sidecars/12", name: "blob_sidecars", is: read },
    { path: "/eth/v1/beacon/states/head/root", name: "state_root", is: read },
    { path: "/eth/v1/beacon/states/head/finality_checkpoints", name: "finality_checkpoints", is: read },
    { path: "POST /eth/v1/beacon/states/head/builders", name: "builders", is: read, body: "[]" },
    { path: "/eth/v1/beacon/states/head/committees?epoch=7", name: "committees", is: read },
    { path: "/eth/v1/beacon/states/head/sync_committees", name: "state_sync_committees", is: read },
    { path: "/eth/v1/beacon/states/head/randao", name: "randao", is: read },
    { path: "/eth/v1/beacon/states/head/pending_consolidations", name: "pending_consolidations", is: read },
    { path: "/eth/v1/beacon/states/head/pending_deposits", name: "pending_deposits", is: read },
    { path: "/eth/v1/beacon/states/head/pending_partial_withdrawals", name: "pending_partial_withdrawals", is: read },
    { path: "/eth/v1/beacon/states/head/proposer_lookahead", name: "proposer_lookahead", is: read },
    { path: "/eth/v1/builder/states/head/expected_withdrawals", name: "expected_withdrawals", is: read },
    { path: "/eth/v1/beacon/deposit_snapshot", name: "deposit_snapshot", is: read },
    { path: "POST /eth/v1/beacon/rewards/sync_committee/head", name: "sync_committee_rewards", is: read, body: "[]" },
    { path: "/eth/v1/beacon/rewards/blocks/head", name: "block_rewards", is: read },
    { path: "POST /eth/v1/beacon/rewards/attestations/7", name: "attestation_rewards", is: read, body: "[]" },
    { path: `/eth/v1/beacon/light_client/bootstrap/${root}`, name: "light_client_bootstrap", is: read },
    { path: "/eth/v1/beacon/light_client/updates?start_period=1&count=1", name: "light_client_updates", is: read },
    { path: "/eth/v1/beacon/light_client/finality_update", name: "light_client_finality_update", is: read },
    { path: "/eth/v1/beacon/light_client/optimistic_update", name: "light_client_optimistic_update", is: read },
    { path: "/eth/v2/beacon/pool/attestations?slot=5", name: "pool_attestations", is: read },
    { path: "/eth/v1/beacon/pool/attestations", name: "pool_attestations_v1", is: read },
    { path: "/eth/v1/beacon/pool/payload_attestations", name: "pool_payload_attestations", is: read },
    { path: "/eth/v2/beacon/pool/attester_slashings", name: "pool_attester_slashings", is: read },
    { path: "/eth/v1/beacon/pool/attester_slashings", name: "pool_attester_slashings_v1", is: read },
    { path: "/eth/v1/beacon/pool/proposer_slashings", name: "pool_proposer_slashings", is: read },
    { path: "/eth/v1/beacon/pool/voluntary_exits", name: "pool_voluntary_exits", is: read },
    { path: "/eth/v1/beacon/pool/bls_to_execution_changes", name: "pool_bls_to_execution_changes", is: read },
  ],
};

function callOf({ path, body = "", headers = {} }: Row): Call {
  const [verb, target] = path.startsWith("POST ") ? ["POST", path.slice(5)] : ["GET", path];
  const type = verb === "POST" ? { "content-type": "application/json" } : {};
  const inbound = { method: verb, path: target, headers: { ...type, ...headers }, body: Buffer.from(body) };
  const parsed = beacon.parse(inbound, view);
  assert.ok("calls" in parsed, path);
  return parsed.calls[0] as Call;
}

for (const [row, samples] of Object.entries(rows)) {
  test(`endpoints: row ${row}: asked of whom it must be, and bound to its slot or epoch`, () => {
    for (const sample of samples) {
      const { method, traits, wire, slot, epoch } = callOf(sample);
      const { duty, fanOut } = traits.duty as NonNullable<typeof traits.duty>;
      assert.deepEqual([method, duty, fanOut, traits.access], [sample.name, ...sample.is], sample.path);
      assert.deepEqual([slot, epoch], [sample.slot, sample.epoch], sample.path);
      assert.equal(wire.path, sample.path.replace("POST ", ""));
    }
  });
}

test("endpoints: the rows above leave none of the table out but our own answers and the event stream", () => {
  const tested = new Set(Object.values(rows).flatMap((samples) => samples.map(({ name }) => name)));
  const untested = endpoints.filter(({ name }) => !tested.has(name)).map(({ name }) => name);
  assert.deepEqual(untested, ["node_health", "node_syncing", "events"]);
});

test("endpoints: names are unique, paths are found under every verb, and traits are one frozen object per class", () => {
  const names = endpoints.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
  const router = createRouter();
  for (const endpoint of endpoints) {
    for (const path of endpoint.paths) {
      const segments = path
        .replaceAll(/\{\w+\}/g, "7")
        .slice(1)
        .split("/");
      for (const verb of endpoint.verbs)
        assert.equal(router.find(verb, segments)?.endpoint, endpoint, `${verb} ${path}`);
    }
    assert.ok(Object.isFrozen(endpoint.traits) && Object.isFrozen(endpoint.traits.duty));
    assert.equal(endpointOf(endpoint.name), endpoint);
  }
  const byClass = new Map(endpoints.map(({ traits }) => [traits.name, traits]));
  for (const { traits } of endpoints) assert.equal(byClass.get(traits.name), traits);
});

test("endpoints: what is signed is never shared in flight, raced or kept, and duties go before all other calls", () => {
  for (const { name, traits, kept } of endpoints) {
    const { duty } = traits.duty as NonNullable<typeof traits.duty>;
    assert.equal(traits.priority === 0, duty !== "read", `${name}: priority`);
    if (duty === "read" || duty === "schedule") continue;
    assert.deepEqual([traits.coalesce, traits.hedge, kept], [false, false, false], name);
  }
});

test("endpoints: only what names the root that it depends on is kept, and it is what the desk calls a schedule", () => {
  for (const { name, traits, kept, epoch } of endpoints) {
    if (kept) assert.deepEqual([traits.duty?.duty, epoch], ["schedule", "path"], name);
    else assert.ok(traits.duty?.duty !== "schedule" || epoch === undefined, name);
  }
});

test("endpoints: what is published or prepared may be sent again, reaches all nodes or its producer, and waits for no moment", () => {
  const writes = endpoints.filter(({ traits }) => traits.access === "write");
  assert.ok(writes.length > 20);
  for (const { name, traits, verbs, never } of writes) {
    const { fanOut, budget } = traits.duty as NonNullable<typeof traits.duty>;
    assert.equal(traits.repeat, "always", name);
    assert.ok(fanOut === "broadcast" || fanOut === "producer", name);
    assert.equal(budget.until, undefined, name);
    assert.deepEqual(verbs, ["POST"]);
    assert.ok(never, `${name} says what must never happen`);
  }
});

test("endpoints: budgets are shares of a slot, the soft within the hard; a signature is not waited for beyond its slot", () => {
  for (const { name, traits } of endpoints) {
    const { duty, budget } = traits.duty as NonNullable<typeof traits.duty>;
    assert.ok(budget.soft > 0 && budget.soft <= budget.hard, name);
    if (duty === "attest" || duty === "aggregate" || duty === "propose") assert.ok(budget.hard <= 0.5, name);
  }
});

test("endpoints: a mutilated body has no slot, and never ends the request", () => {
  const path = "/eth/v2/beacon/blocks";
  for (const body of [
    "",
    "{",
    "[",
    "[{",
    '{"message":{"slot":5.5}}',
    '{"message":{"slot":"99999999999999999999"}}',
    "null",
  ]) {
    assert.equal(callOf({ path: `POST ${path}`, name: "", is: publish, body }).slot, undefined, body);
  }
  for (const length of [0, 1, 3, 4, 12, 99, 104, 107]) {
    for (const first of [0, 12, 100, 0xffffffff]) {
      const body = length < 4 ? Buffer.alloc(length) : sszBody(length, [0, first, 4]);
      const row = { path: `POST ${path}`, name: "", is: publish, body, headers: ssz("fulu") };
      assert.equal(callOf(row).slot, undefined, `${length} ${first}`);
    }
  }
});
