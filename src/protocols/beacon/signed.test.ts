import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import type { Fork } from "./forks.ts";
import { listOf } from "./offsets.ts";
import { signedIn, withoutMessages } from "./signed.ts";
import { callTo, hex, pick, randomJson, shapeOf, sszOf } from "./testing.ts";

type Json = Record<string, unknown>;
type Data = Json & { source: Json; target: Json };

/** Some random messages of a kind as a publish in JSON, and as one in SSZ. */
function publish(fork: Fork, name: string, endpoint: string, path: string, seed: number, count = 5) {
  const shape = shapeOf(fork, name);
  const random = seededRandom(seed);
  const items = Array.from({ length: count }, () => randomJson(shape, random) as Json);
  const version = { "eth-consensus-version": fork };
  const fixed = name === "Attestation" ? undefined : sszOf(shape, items[0]).length;
  const ssz = listOf(
    items.map((item) => sszOf(shape, item)),
    fixed,
  );
  return {
    items,
    json: callTo(endpoint, path, JSON.stringify(items), version),
    ssz: callTo(endpoint, path, ssz, version),
  };
}

const singles = (seed: number) =>
  publish("electra", "SingleAttestation", "attestations", "/eth/v2/beacon/pool/attestations", seed);
const attestations = (seed: number) =>
  publish("deneb", "Attestation", "attestations", "/eth/v2/beacon/pool/attestations", seed);
const syncMessages = (seed: number) =>
  publish("altair", "SyncCommitteeMessage", "sync_committees", "/eth/v1/beacon/pool/sync_committees", seed);

test("signed: votes of validators are keyed by validator and target, the same in both encodings", () => {
  const { items, json, ssz } = singles(71);
  const signed = signedIn("attestations", json);
  assert.deepEqual(signedIn("attestations", ssz), signed);
  assert.deepEqual(
    signed.map(({ content, ...rest }) => ({ ...rest, length: content.length })),
    items.map((item, index) => {
      const { source, target } = item["data"] as Data;
      const [validator, to] = [Number(item["attester_index"]), Number(target["epoch"])];
      const key = `attestation:${validator}:${to}`;
      const from = Number(source["epoch"]);
      return { index, kind: "attestation", key, validator, source: from, target: to, length: 64 };
    }),
  );
});

test("signed: another signature changes nothing, another field of what was signed does", () => {
  const { items } = singles(72);
  const content = (item: Json) =>
    signedIn("attestations", callTo("attestations", "/", JSON.stringify([item])))[0]?.content;
  const [first] = items as [Json];
  const data = first["data"] as Data;
  assert.equal(content({ ...first, signature: hex(96, seededRandom(1)), committee_index: "9" }), content(first));
  for (const changes of [
    { slot: "1" },
    { index: "77" },
    { beacon_block_root: hex(32, seededRandom(2)) },
    { source: { ...data.source, root: hex(32, seededRandom(3)) } },
    { target: { ...data.target, root: hex(32, seededRandom(4)) } },
  ]) {
    const other = { ...first, data: { ...data, ...changes } };
    assert.notEqual(content(other), content(first));
    const together = signedIn(
      "attestations",
      callTo("attestations", "/", JSON.stringify([first, first, other, first])),
    );
    assert.deepEqual(
      together.map((one) => one.content),
      [content(first), content(first), content(other), content(first)],
    );
    const shape = shapeOf("electra", "SingleAttestation");
    const ssz = listOf(
      [first, first, other, first].map((item) => sszOf(shape, item)),
      sszOf(shape, first).length,
    );
    const version = { "eth-consensus-version": "electra" };
    assert.deepEqual(signedIn("attestations", callTo("attestations", "/", ssz, version)), together);
  }
});

test("signed: attestations before electra are keyed by the seat in the committee, of which nobody knows whose it is", () => {
  const { items, json, ssz } = attestations(73);
  const signed = signedIn("attestations", json);
  assert.equal(signed.length, items.length);
  assert.deepEqual(signedIn("attestations", ssz), signed);
  const [first] = items as [Json];
  const { slot, index } = first["data"] as Json;
  assert.equal(signed[0]?.key, `attestation:${slot}/${index}/${first["aggregation_bits"]}`);
  assert.equal(signed[0]?.validator, undefined);
  // To the old path they are sent without a version.
  const old = callTo("attestations_v1", "/eth/v1/beacon/pool/attestations", JSON.stringify(items));
  assert.deepEqual(signedIn("attestations", old), signed);
});

test("signed: sync committee messages and blocks are keyed by signer and slot, blocks blinded or not", () => {
  const { items, json, ssz } = syncMessages(74);
  const signed = signedIn("sync_committees", json);
  assert.deepEqual(signedIn("sync_committees", ssz), signed);
  const [first] = items as [Json];
  assert.equal(signed[0]?.key, `sync_message:${first["validator_index"]}:${first["slot"]}`);
  assert.equal(signed[0]?.content, first["beacon_block_root"]);

  const random = seededRandom(75);
  const head = { slot: "9", proposer_index: "3", parent_root: hex(32, random), state_root: hex(32, random) };
  const block = (name: string, endpoint: string, path: string, changes: Json = {}) => {
    const shape = shapeOf("capella", name);
    const { message, signature } = randomJson(shape, random) as { message: Json; signature: string };
    const body = sszOf(shape, { message: { ...message, ...head, ...changes }, signature });
    return signedIn(endpoint, callTo(endpoint, path, body, { "eth-consensus-version": "capella" }));
  };
  const [full] = block("SignedBeaconBlock", "publish_block", "/eth/v2/beacon/blocks");
  const [blinded] = block("SignedBlindedBeaconBlock", "publish_blinded_block", "/eth/v2/beacon/blinded_blocks");
  assert.equal(full?.key, "block:3:9");
  assert.deepEqual(blinded, full);
  const other = { state_root: hex(32, random) };
  assert.notEqual(
    block("SignedBeaconBlock", "publish_block", "/eth/v2/beacon/blocks", other)[0]?.content,
    full?.content,
  );
});

test("signed: leaving messages out leaves the others byte for byte, in JSON and SSZ", () => {
  const random = seededRandom(76);
  for (const [kind, make] of [
    ["attestations", singles],
    ["attestations", attestations],
    ["sync_committees", syncMessages],
  ] as const) {
    for (let round = 0; round < 20; round++) {
      const { items, json, ssz } = make(100 + round);
      const out = new Set(items.map((_, index) => index).filter(() => random() < 0.4));
      const left = items.filter((_, index) => !out.has(index));
      const shorter = withoutMessages(kind, json, out);
      if (left.length === 0) {
        assert.equal(shorter, undefined);
        assert.equal(withoutMessages(kind, ssz, out), undefined);
        continue;
      }
      assert.deepEqual(JSON.parse(Buffer.from(shorter?.wire.body ?? []).toString()), left);
      const contents = (call: typeof json | undefined) => call && signedIn(kind, call).map(({ content }) => content);
      const expected = signedIn(kind, json).filter(({ index }) => !out.has(index));
      assert.deepEqual(
        contents(withoutMessages(kind, ssz, out)),
        expected.map(({ content }) => content),
      );
    }
  }
  const spaced = callTo("attestations", "/", '[ {"a" : 1.0},\n{"b":"\\u00e9 ,"} , {"c":[]}]');
  const body = withoutMessages("attestations", spaced, new Set([1]))?.wire.body;
  assert.equal(Buffer.from(body ?? []).toString(), '[{"a" : 1.0},{"c":[]}]');
});

test("signed: of a block nothing is left, and from what is not read nothing is taken out", () => {
  const block = callTo("publish_block", "/eth/v2/beacon/blocks", "{}");
  assert.equal(withoutMessages("publish_block", block, new Set([0])), undefined);
  assert.equal(withoutMessages("publish_block", block, new Set()), block);
  assert.equal(withoutMessages("attestations", callTo("attestations", "/", "nonsense"), new Set([0])), undefined);
});

test("signed: other publishes and broken bodies carry nothing, and break nothing", () => {
  const random = seededRandom(77);
  const { json, ssz } = singles(78);
  assert.deepEqual(signedIn("voluntary_exits", json), []);
  assert.deepEqual(signedIn("attestations", callTo("attestations", "/")), []);
  for (let round = 0; round < 500; round++) {
    for (const { wire } of [json, ssz]) {
      const body = Buffer.from(wire.body ?? []).subarray(0, pick(random, 1_500));
      if (body.length > 0) body[pick(random, body.length)] = pick(random, 256);
      const broken = { ...json, wire: { ...wire, body } };
      for (const kind of ["attestations", "sync_committees", "publish_block"]) {
        signedIn(kind, broken);
        withoutMessages(kind, broken, new Set([0]));
      }
    }
  }
});

test("signed: messages that can be read are found beside one that cannot", () => {
  const { items } = singles(79);
  const body = JSON.stringify([null, items[0], { data: {} }, items[1]]);
  assert.deepEqual(
    signedIn("attestations", callTo("attestations", "/", body)).map(({ index }) => index),
    [1, 3],
  );
});
