import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../core/outcome.ts";
import { seededRandom } from "../../lib/random.ts";
import { endpoints } from "./endpoints.ts";
import { createDutyProtocol } from "./readings.ts";
import { answerWith, callTo, pick, randomJson, shapeOf, sszOf } from "./testing.ts";

const duties = createDutyProtocol({ slotsPerEpoch: () => 32 });

test("readings: what validators sign and tell is found at every version of an endpoint that takes it", () => {
  const random = seededRandom(103);
  const version = { "eth-consensus-version": "electra" };
  for (const [name, container] of [
    ["attestations", "SingleAttestation"],
    ["attestations_v1", "SingleAttestation"],
    ["sync_committees", "SyncCommitteeMessage"],
  ] as const) {
    const body = JSON.stringify([0, 1].map(() => randomJson(shapeOf("electra", container), random)));
    const call = callTo(name, "/x", body, version);
    assert.equal(duties.signed(call).length, 2, name);
    const rest = duties.without(call, new Set([0]));
    assert.equal(rest && duties.signed(rest).length, 1, name);
  }
  for (const [name, container] of [
    ["publish_block", "SignedBlockContents"],
    ["publish_block_v1", "SignedBlockContents"],
    ["publish_blinded_block", "SignedBlindedBeaconBlock"],
    ["publish_blinded_block_v1", "SignedBlindedBeaconBlock"],
  ] as const) {
    const body = JSON.stringify(randomJson(shapeOf("electra", container), random));
    assert.equal(duties.signed(callTo(name, "/x", body, version)).length, 1, name);
  }
  const element = { validator_index: "1", slot: "1", committee_index: "1", until_epoch: "1", proposer_pubkey: "0x" };
  const nested = {
    message: { pubkey: "0x", validator_index: "1", proposal_slot: "1" },
    auth: { message: { slot: "1" } },
  };
  for (const { name } of endpoints.filter(({ traits }) => traits.duty?.duty === "prepare")) {
    const call = callTo(name, "/x", JSON.stringify([{ ...element, ...nested, url: "https://b.example" }]));
    assert.equal(duties.control(call)?.kind, name);
    assert.equal(duties.control(call)?.entries.length, 1, name);
  }
});

test("readings: what is compared, agreed on, or put together is read by the kind of the call", () => {
  const data = randomJson(shapeOf("phase0", "AttestationData"), seededRandom(101));
  const attestation = answerWith({ data });
  assert.ok(duties.vote(callTo("attestation_data", "/x"), attestation));
  assert.equal(duties.vote(callTo("head_root", "/x"), attestation), undefined);
  assert.equal(
    duties.vote(callTo("head_header", "/x"), answerWith({ data: { root: `0x${"1".repeat(64)}` } }))?.base,
    "head",
  );
  assert.equal(
    duties.vote(callTo("payload_attestation_data_by_slot", "/x"), answerWith("", {}, 204))?.base,
    "no block",
  );
  const value = answerWith({ data: {} }, { "eth-consensus-block-value": "4", "eth-execution-payload-value": "5" });
  for (const name of ["produce_block_v2", "produce_block_v3", "produce_block_v4", "produce_blinded_block"]) {
    assert.equal(duties.score(callTo(name, "/x"), value), 9, name);
  }
  assert.equal(createDutyProtocol({ consensusValueOnly: true }).score(callTo("produce_block_v3", "/x"), value), 4);
  const bits = answerWith({ data: { aggregation_bits: "0x0f01" } });
  assert.equal(duties.score(callTo("aggregate_attestation_v1", "/x"), bits), 0.5);
  assert.equal(duties.score(callTo("sync_committee_contribution", "/x"), bits), 5 / 16);
  const live = callTo("liveness", "/x", '["1"]');
  const seen = (is_live: boolean) => answerWith({ data: [{ index: "1", is_live }] });
  const merged = duties.merge(live, [seen(false), fault("timeout", ""), seen(true)]);
  assert.equal(merged.ok && Buffer.from(merged.payload).toString(), '{"data":[{"index":"1","is_live":true}]}');
  const publish = callTo("attestations_v1", "/x", "[]");
  assert.equal(duties.merge(publish, [fault("timeout", ""), answerWith("")]).ok, true);
});

test("readings: while a chain's preset is unknown, or one that is not loaded, nothing is transcoded; what is needs none", () => {
  const shape = shapeOf("electra", "SingleAttestation");
  const body = sszOf(shape, randomJson(shape, seededRandom(104)));
  const call = callTo("attestations", "/x", body, { "eth-consensus-version": "electra" });
  const read = callTo("attestation_data", "/x", undefined, { accept: "application/octet-stream" });
  for (const [preset, transcoded] of [
    [undefined, true],
    [() => "mainnet", true],
    [() => "minimal", false],
    [() => undefined, false],
    [() => "homemade", false],
  ] as const) {
    const made = createDutyProtocol({ preset });
    assert.equal(made.recode(call) !== undefined, transcoded);
    assert.equal(made.signed(call).length, 1);
    assert.equal(made.vote(read, answerWith(Buffer.alloc(128)))?.weight !== undefined, true);
  }
});

test("readings: no body of any endpoint breaks them, whatever it holds", () => {
  const random = seededRandom(102);
  const shape = shapeOf("electra", "SignedBlockContents");
  const json = randomJson(shape, random);
  const wholes = [Buffer.from(JSON.stringify({ data: json })), Buffer.from(sszOf(shape, json)), Buffer.from("[[{}]]")];
  const versions = ["phase0", "deneb", "electra", "gloas", "", "later"];
  for (let round = 0; round < 40; round++) {
    for (const { name } of endpoints) {
      const whole = wholes[round % 3] as Buffer;
      const bytes = Buffer.from(whole.subarray(0, pick(random, 900)));
      for (let flips = 0; flips < 3 && bytes.length > 0; flips++) bytes[pick(random, bytes.length)] = pick(random, 256);
      const headers = { "eth-consensus-version": versions[pick(random, 6)] as string };
      const body = round % 2 ? bytes : bytes.toString("latin1");
      const call = callTo(name, "/eth/v1/x", body, headers);
      const answer = answerWith(body, headers, [200, 200, 204, 400][pick(random, 4)]);
      duties.score(call, answer);
      duties.vote(call, answer);
      duties.merge(call, [answer, fault("doubtful_request", "", bytes)]);
      duties.recode(call);
      duties.recodeAnswer({ ...call, wire: { ...call.wire, headers: { accept: "text/x" } } }, answer);
      duties.attestationData(answer);
      duties.block(answer);
      duties.publishedBlock(call);
      duties.dependence(answer);
      duties.headRoot(answer);
      duties.signed(call);
      duties.without(call, new Set([0]));
      duties.refuse(call, new Map([[0, "no"]]), answer);
      duties.control(call);
      duties.headEvent(bytes.toString("latin1"));
      duties.eventKey("head_v2", bytes.toString("latin1"));
    }
  }
});
