import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { isSsz } from "./bodies.ts";
import { endpoints } from "./endpoints.ts";
import { type Fork, forks, since } from "./forks.ts";
import { listOf } from "./offsets.ts";
import { accepts, recodeAnswerTo, recodeCall } from "./recode.ts";
import { codecOf } from "./ssz.ts";
import { answerWith, callTo, hex, pick, randomJson, type Shape, shapeOf, sszOf, valueIn } from "./testing.ts";

type Json = Record<string, unknown>;

const from = (first: Fork, last: Fork = "heze") => forks.filter((fork) => since(fork, first) && since(last, fork));

/** What is published: endpoint, container, forks, whether it is a list, and headers beside the version. */
const published: readonly (readonly [string, string, readonly Fork[], "list" | "one", Record<string, string>?])[] = [
  ["attestations", "Attestation", from("phase0", "deneb"), "list"],
  ["attestations", "SingleAttestation", from("electra"), "list"],
  ["aggregate_and_proofs", "SignedAggregateAndProof", forks, "list"],
  ["sync_committees", "SyncCommitteeMessage", from("altair"), "list"],
  ["contribution_and_proofs", "SignedContributionAndProof", from("altair"), "list"],
  ["publish_block", "SignedBeaconBlock", [...from("phase0", "capella"), ...from("gloas")], "one"],
  ["publish_block", "SignedBlockContents", from("deneb", "fulu"), "one"],
  ["publish_blinded_block", "SignedBlindedBeaconBlock", from("bellatrix", "fulu"), "one"],
  ["register_validator", "SignedValidatorRegistrationV1", from("bellatrix"), "list"],
  ["proposer_preferences", "SignedProposerPreferences", from("gloas"), "list"],
  ["payload_attestations", "PayloadAttestationMessage", from("gloas"), "list"],
  ["publish_execution_payload_envelope", "SignedExecutionPayloadEnvelope", from("gloas"), "one"],
  [
    "publish_execution_payload_envelope",
    "SignedExecutionPayloadEnvelopeContents",
    from("gloas"),
    "one",
    { "eth-blob-data-included": "true" },
  ],
  ["publish_execution_payload_bid", "SignedExecutionPayloadBid", from("gloas"), "one"],
];

/** What is asked for before signing. */
const asked: readonly (readonly [string, string, readonly Fork[], Record<string, string>?])[] = [
  ["attestation_data", "AttestationData", forks],
  ["aggregate_attestation", "Attestation", forks],
  ["sync_committee_contribution", "SyncCommitteeContribution", from("altair")],
  ["payload_attestation_data", "PayloadAttestationData", from("gloas")],
  ["execution_payload_envelope", "ExecutionPayloadEnvelope", from("gloas")],
  ["execution_payload_bid", "ExecutionPayloadBid", from("gloas")],
  ["produce_block_v3", "BeaconBlock", from("phase0", "capella"), { "eth-execution-payload-blinded": "false" }],
  ["produce_block_v3", "BlockContents", from("deneb", "fulu"), { "eth-execution-payload-blinded": "false" }],
  ["produce_block_v3", "BlindedBeaconBlock", from("bellatrix", "fulu"), { "eth-execution-payload-blinded": "true" }],
  ["produce_block_v4", "BeaconBlock", from("gloas"), { "eth-execution-payload-included": "false" }],
  ["produce_block_v4", "BlockContents", from("gloas"), { "eth-execution-payload-included": "true" }],
];

const classOf = (name: string) => endpoints.find((endpoint) => endpoint.name === name)?.traits.name as string;
const json = { accept: "application/json" };
const ssz = { accept: "application/octet-stream" };

function listOfSsz(shape: Shape, items: readonly unknown[]): Uint8Array {
  const bytes = items.map((item) => sszOf(shape, item));
  const sizes = new Set(bytes.map(({ length }) => length));
  // All fixed in length, or made to differ by the seed.
  return listOf(bytes, sizes.size === 1 ? bytes[0]?.length : undefined);
}

test("recode: whatever is published in SSZ becomes JSON that says the same, and SSZ again, in every fork", () => {
  const random = seededRandom(81);
  for (const [endpoint, container, itsForks, form, more] of published) {
    for (const fork of itsForks) {
      const shape = shapeOf(fork, container);
      const items = Array.from({ length: form === "list" ? 6 : 1 }, () => randomJson(shape, random));
      const body = form === "list" ? listOfSsz(shape, items) : sszOf(shape, items[0]);
      const headers = { "eth-consensus-version": fork, "x-other": "kept", ...more };
      const call = callTo(endpoint, "/eth/v2/x?y=1", body, headers);
      const inJson = recodeCall(classOf(endpoint), call, "mainnet");
      assert.ok(inJson, `${endpoint} ${container} ${fork}`);
      assert.deepEqual(inJson.wire.headers, { ...headers, ...json, "content-type": "application/json" });
      assert.equal(inJson.wire.path, "/eth/v2/x?y=1");
      assert.deepEqual(valueIn(inJson.wire.body), form === "list" ? items : items[0]);
      const back = recodeCall(classOf(endpoint), inJson, "mainnet");
      assert.deepEqual(Buffer.from(back?.wire.body ?? []), Buffer.from(body), `${endpoint} ${fork} back`);
      assert.ok(isSsz(back?.wire.headers));
    }
  }
});

test("recode: whatever is answered for signing reaches the client in the encoding that it takes, with all that is said beside it", () => {
  const random = seededRandom(82);
  const values = { "eth-consensus-block-value": "5", "eth-execution-payload-value": "18446744073709551616" };
  for (const [endpoint, container, itsForks, more = {}] of asked) {
    for (const fork of itsForks) {
      const shape = shapeOf(fork, container);
      const data = randomJson(shape, random);
      const bytes = sszOf(shape, data);
      const headers: Record<string, string> = {
        "eth-consensus-version": fork,
        ...more,
        ...(endpoint.startsWith("produce") && values),
      };
      const wantsJson = callTo(endpoint, "/x", undefined, json);
      const wantsSsz = callTo(endpoint, "/x", undefined, ssz);
      const inJson = recodeAnswerTo(classOf(endpoint), wantsJson, answerWith(bytes, headers), "mainnet");
      assert.ok(inJson, `${endpoint} ${container} ${fork}`);
      const { data: told, ...meta } = valueIn(inJson.payload) as Json;
      assert.deepEqual(told, data);
      assert.equal(meta["version"], fork);
      assert.equal(meta["consensus_block_value"], headers["eth-consensus-block-value"]);
      assert.equal(meta["execution_payload_value"], headers["eth-execution-payload-value"]);
      assert.equal(meta["execution_payload_blinded"], flag(headers["eth-execution-payload-blinded"]));
      // The same with all that is said in the body alone.
      const { "eth-consensus-version": _, ...without } = headers;
      const bare = { ...inJson, headers: { "content-type": "application/json" } };
      const inSsz = recodeAnswerTo(classOf(endpoint), wantsSsz, bare, "mainnet");
      assert.deepEqual(Buffer.from(inSsz?.payload ?? []), Buffer.from(bytes), `${endpoint} ${container} ${fork}`);
      assert.equal(inSsz?.headers?.["eth-consensus-version"], fork);
      for (const [name, value] of Object.entries(without)) assert.equal(inSsz?.headers?.[name], value, name);
    }
  }
});

function flag(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === "true";
}

test("recode: lists of validators and subscriptions, which one client sends as SSZ, reach the others", () => {
  const u64 = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const committee = Buffer.concat([u64(3), u64(1), u64(2), u64(900), Buffer.of(1)]);
  const sync = Buffer.concat([Buffer.from([4, 0, 0, 0]), u64(3), Buffer.from([20, 0, 0, 0]), u64(256), u64(7), u64(8)]);
  for (const [endpoint, body, value] of [
    ["attester_duties", Buffer.concat([u64(1), u64(2 ** 53 + 2)]), ["1", "9007199254740994"]],
    ["liveness", u64(5), ["5"]],
    [
      "beacon_committee_subscriptions",
      committee,
      [{ validator_index: "3", committee_index: "1", committees_at_slot: "2", slot: "900", is_aggregator: true }],
    ],
    [
      "sync_committee_subscriptions",
      sync,
      [{ validator_index: "3", sync_committee_indices: ["7", "8"], until_epoch: "256" }],
    ],
  ] as const) {
    const inJson = recodeCall(endpoint, callTo(endpoint, "/x", body), "mainnet");
    assert.deepEqual(valueIn(inJson?.wire.body), value, endpoint);
    const back = inJson && recodeCall(endpoint, inJson, "mainnet");
    assert.deepEqual(Buffer.from(back?.wire.body ?? []), body, endpoint);
  }
});

test("recode: what would not come back the same is not sent", () => {
  const shape = shapeOf("electra", "SingleAttestation");
  const item = randomJson(shape, seededRandom(83)) as Json;
  const version = { "eth-consensus-version": "electra" };
  const inSsz = (value: unknown) =>
    recodeCall("attestations", callTo("attestations", "/x", JSON.stringify(value), { ...version, ...json }), "mainnet");
  assert.ok(inSsz([item]));
  assert.ok(inSsz([{ ...item, signature: (item["signature"] as string).toUpperCase().replace("0X", "0x") }]));
  for (const odd of [
    [{ ...item, attester_index: "18446744073709551615" }],
    [{ ...item, attester_index: "7x" }],
    [{ ...item, attester_index: "1.5" }],
    [{ ...item, unknown: "1" }],
    [{ ...item, signature: hex(95, seededRandom(1)) }],
    [{ ...item, data: null }],
    [null],
    {},
    null,
  ]) {
    assert.equal(inSsz(odd), undefined, JSON.stringify(odd));
  }
  // A number that the library would round.
  const bytes = Buffer.from(sszOf(shape, item));
  bytes.fill(0xff, 8, 15);
  assert.equal(recodeCall("attestations", callTo("attestations", "/x", bytes, version), "mainnet"), undefined);
});

test("recode: without a container, or with bytes that are none, there is nothing to send", () => {
  const random = seededRandom(84);
  const shape = shapeOf("deneb", "SignedBlindedBeaconBlock");
  const whole = Buffer.from(sszOf(shape, randomJson(shape, random)));
  const make = (body: Uint8Array, version: string) =>
    callTo("publish_blinded_block", "/x", body, { "eth-consensus-version": version });
  assert.ok(recodeCall("publish_blinded_block", make(whole, "deneb"), "mainnet"));
  assert.equal(recodeCall("publish_blinded_block", make(whole, "later"), "mainnet"), undefined);
  assert.equal(recodeCall("publish_blinded_block", callTo("publish_blinded_block", "/x", whole), "mainnet"), undefined);
  assert.equal(recodeCall("voluntary_exits", make(whole, "deneb"), "mainnet"), undefined);
  for (let round = 0; round < 300; round++) {
    const body = Buffer.from(whole.subarray(0, 1 + pick(random, whole.length)));
    for (let flips = 0; flips < 8; flips++) body[pick(random, Math.min(500, body.length))] = pick(random, 256);
    const recoded = recodeCall("publish_blinded_block", make(body, "deneb"), "mainnet");
    const back = recoded && recodeCall("publish_blinded_block", recoded, "mainnet");
    if (recoded) assert.deepEqual(Buffer.from(back?.wire.body ?? []), body);
  }
});

test("recode: a read is asked for again in JSON, once; a client that takes either gets what came", () => {
  const both = callTo("attestation_data", "/x", undefined, {
    accept: "application/octet-stream;q=1.0,application/json;q=0.9",
  });
  const again = recodeCall("attestation_data", both, "mainnet");
  assert.equal(again?.wire.headers["accept"], "application/json");
  assert.equal(again && recodeCall("attestation_data", again, "mainnet"), undefined);
  for (const body of [Buffer.alloc(128), { data: {} }]) {
    const answer = answerWith(body);
    assert.equal(recodeAnswerTo("attestation_data", both, answer, "mainnet"), answer);
  }
  const wantsSsz = callTo("attestation_data", "/x", undefined, ssz);
  const refused = answerWith({ code: 503, message: "" }, {}, 503);
  const nothing = answerWith("", {}, 204);
  assert.equal(recodeAnswerTo("attestation_data", wantsSsz, refused, "mainnet"), refused);
  assert.equal(recodeAnswerTo("payload_attestation_data", wantsSsz, nothing, "mainnet"), nothing);
  assert.equal(recodeAnswerTo("attestation_data", wantsSsz, answerWith({ data: {} }), "mainnet"), undefined);
  assert.equal(recodeAnswerTo("validators", wantsSsz, answerWith({ data: [] }), "mainnet"), undefined);
});

test("recode: of a preset other than the first one nothing is transcoded", () => {
  assert.ok(codecOf("mainnet", "phase0", "AttestationData"));
  assert.equal(codecOf("minimal", "phase0", "AttestationData"), undefined);
  assert.equal(codecOf("mainnet", "phase0", "NoSuchContainer"), undefined);
  assert.equal(process.env["LODESTAR_PRESET"], undefined);
});

test("accepts: weights, wildcards and absence are read as HTTP means them", () => {
  const type = "application/octet-stream";
  for (const [accept, expected] of [
    [undefined, true],
    ["", true],
    ["*/*", true],
    ["application/*", true],
    ["application/json", false],
    ["application/octet-stream", true],
    ["Application/Octet-Stream;q=0.5, application/json", true],
    ["application/octet-stream;q=0, */*", false],
    ["application/json;q=0.9,application/octet-stream;q=1.0", true],
    ["text/html", false],
    ["application/octet-stream;q=nonsense", true],
  ] as const) {
    assert.equal(accepts(accept, type), expected, accept);
  }
});
