import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { blockOf, publishedBlockOf } from "./blocks.ts";
import minimal from "./fixtures/minimal-blocks.json" with { type: "json" };
import { type Fork, since } from "./forks.ts";
import { answerWith, callTo, hex, randomJson, shapeOf, sszOf } from "./testing.ts";

type Json = Record<string, unknown>;
interface Block extends Json {
  readonly slot: string;
  readonly proposer_index: string;
  readonly parent_root: string;
  readonly state_root: string;
  readonly body: Json;
}

const selfBuild = "18446744073709551615";

/** A random container, its JSON, its SSZ, and the block in it; with other blobs or another bid where wanted. */
function sample(fork: Fork, name: string, seed: number, changes: Json = {}) {
  const shape = shapeOf(fork, name);
  const json = randomJson(shape, seededRandom(seed)) as Json;
  if (changes["blobs"]) json["blobs"] = changes["blobs"];
  const signed = (json["signed_block"] ?? json) as Json;
  const block = (json["block"] ?? signed["message"] ?? json) as Block;
  const { message } = (block.body["signed_execution_payload_bid"] ?? {}) as { message?: Json };
  if (message) Object.assign(message, changes);
  return { json, block, ssz: sszOf(shape, json), bid: message };
}

function expected({ slot, proposer_index, parent_root, state_root }: Block) {
  return { slot: Number(slot), proposer: Number(proposer_index), parent: parent_root, state: state_root };
}

const feeOf = ({ body }: Block) => (body["execution_payload"] as Json | undefined)?.["fee_recipient"];

/** Forks, and what nodes produce in them. */
const produced = [
  ["phase0", "BeaconBlock", false],
  ["altair", "BeaconBlock", false],
  ["bellatrix", "BeaconBlock", false],
  ["bellatrix", "BlindedBeaconBlock", true],
  ["capella", "BeaconBlock", false],
  ["capella", "BlindedBeaconBlock", true],
  ["deneb", "BlockContents", false],
  ["deneb", "BlindedBeaconBlock", true],
  ["electra", "BlockContents", false],
  ["electra", "BlindedBeaconBlock", true],
  ["fulu", "BlockContents", false],
  ["fulu", "BlindedBeaconBlock", true],
] as const;

test("blocks: what is produced is known in every fork before gloas, in JSON and SSZ alike", () => {
  for (const [fork, name, blinded] of produced) {
    for (let seed = 0; seed < 8; seed++) {
      const { json, block, ssz } = sample(fork, name, seed);
      const facts = { ...expected(block), feeRecipient: blinded ? undefined : feeOf(block), blinded };
      const headers = { "eth-consensus-version": fork, "eth-execution-payload-blinded": `${blinded}` };
      assert.deepEqual(blockOf(answerWith(ssz, headers)), facts, `${fork} ${name} SSZ`);
      assert.deepEqual(blockOf(answerWith({ version: fork, data: json })), facts, `${fork} ${name} v2`);
      const v3 = { version: fork, execution_payload_blinded: blinded, consensus_block_value: "1", data: json };
      assert.deepEqual(blockOf(answerWith(v3, headers)), facts, `${fork} ${name} v3`);
      // The same without the header: a payload's header is not a payload.
      assert.deepEqual(blockOf(answerWith(ssz, { "eth-consensus-version": fork })), facts, `${fork} ${name} v2 SSZ`);
    }
  }
});

test("blocks: since gloas the bid shows who is paid, or the payload that comes along with a block built at home", () => {
  for (const fork of ["gloas", "heze"] as const) {
    for (let seed = 0; seed < 8; seed++) {
      const version = { "eth-consensus-version": fork };
      const bought = sample(fork, "BeaconBlock", seed);
      const paid = { ...expected(bought.block), feeRecipient: bought.bid?.["fee_recipient"] };
      const without = { ...version, "eth-execution-payload-included": "false" };
      assert.deepEqual(blockOf(answerWith(bought.ssz, without)), { ...paid, blinded: true });
      assert.deepEqual(blockOf(answerWith({ execution_payload_included: false, data: bought.json })), {
        ...paid,
        blinded: true,
      });

      const alone = sample(fork, "BeaconBlock", seed, { builder_index: selfBuild });
      const hidden = { ...expected(alone.block), feeRecipient: undefined, blinded: true };
      assert.deepEqual(blockOf(answerWith(alone.ssz, without)), hidden);
      assert.deepEqual(blockOf(answerWith({ data: alone.json }, without)), hidden);

      const whole = sample(fork, "BlockContents", seed, { builder_index: selfBuild });
      const { payload } = whole.json["execution_payload_envelope"] as { payload: Json };
      const shown = { ...expected(whole.block), feeRecipient: payload["fee_recipient"], blinded: false };
      const included = { ...version, "eth-execution-payload-included": "true" };
      assert.deepEqual(blockOf(answerWith(whole.ssz, included)), shown);
      assert.deepEqual(blockOf(answerWith({ version: fork, data: whole.json }, included)), shown);
    }
  }
});

test("blocks: what is published is known, signed, with blobs or blinded", () => {
  for (const fork of ["phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu", "gloas"] as const) {
    const withBlobs = since(fork, "deneb") && !since(fork, "gloas");
    const version = { "eth-consensus-version": fork };
    const { json, block, ssz, bid } = sample(fork, withBlobs ? "SignedBlockContents" : "SignedBeaconBlock", 5);
    const facts = { ...expected(block), feeRecipient: feeOf(block) ?? bid?.["fee_recipient"], blinded: false };
    const path = "/eth/v2/beacon/blocks?broadcast_validation=gossip";
    assert.deepEqual(publishedBlockOf(callTo("publish_block", path, ssz, version)), facts, fork);
    assert.deepEqual(publishedBlockOf(callTo("publish_block", path, JSON.stringify(json), version)), facts, fork);
    if (!since(fork, "bellatrix") || since(fork, "gloas")) continue;
    const blind = sample(fork, "SignedBlindedBeaconBlock", 6);
    const hidden = { ...expected(blind.block), feeRecipient: undefined, blinded: true };
    const blindPath = "/eth/v2/beacon/blinded_blocks";
    assert.deepEqual(publishedBlockOf(callTo("publish_blinded_block", blindPath, blind.ssz, version)), hidden, fork);
    const text = JSON.stringify(blind.json);
    assert.deepEqual(publishedBlockOf(callTo("publish_blinded_block", blindPath, text, version)), hidden, fork);
  }
});

test("blocks: megabytes of blobs are not needed, the start of a body is enough", () => {
  const blobs = [hex(131_072, seededRandom(1))];
  for (const fork of ["deneb", "fulu"] as const) {
    const { json, block, ssz } = sample(fork, "BlockContents", 7, { blobs });
    const facts = { ...expected(block), feeRecipient: feeOf(block), blinded: false };
    const start = ssz.subarray(0, 131_072);
    assert.deepEqual(blockOf(answerWith(start, { "eth-consensus-version": fork })), facts);
    const text = JSON.stringify({ version: fork, data: json });
    const end = text.indexOf("blobs");
    assert.ok(end > 0 && text.length - end > 262_144);
    assert.deepEqual(blockOf(answerWith(text.slice(0, end))), facts);
  }
});

test("blocks: a slot whose number looks like an offset is a slot", () => {
  for (const slot of ["12", "16", "84", "100"]) {
    const shape = shapeOf("capella", "BeaconBlock");
    const json = { ...(randomJson(shape, seededRandom(9)) as Block), slot };
    const ssz = sszOf(shape, json);
    assert.equal(blockOf(answerWith(ssz, { "eth-consensus-version": "capella" }))?.slot, Number(slot));
    const signed = shapeOf("capella", "SignedBeaconBlock");
    const bytes = sszOf(signed, { message: json, signature: hex(96, seededRandom(1)) });
    assert.equal(publishedBlockOf(callTo("publish_block", "/eth/v2/beacon/blocks", bytes))?.slot, Number(slot));
  }
});

test("blocks: where lengths differ, as in the minimal preset, the same is found", () => {
  for (const { version, type, slot, proposer_index, parent_root, state_root, fee_recipient, ssz } of minimal.blocks) {
    const blinded = type.includes("Blinded");
    const path = `/eth/v2/beacon/${blinded ? "blinded_blocks" : "blocks"}`;
    const call = callTo("publish_block", path, Buffer.from(ssz, "base64"), { "eth-consensus-version": version });
    assert.deepEqual(
      publishedBlockOf(call),
      {
        ...expected({ slot, proposer_index, parent_root, state_root, body: {} }),
        feeRecipient: fee_recipient ?? undefined,
        blinded,
      },
      `${version} ${type}`,
    );
  }
});

test("blocks: of a fork that is not known yet the fee recipient is not shown, all else is", () => {
  const { block, ssz } = sample("deneb", "BlockContents", 3);
  const facts = { ...expected(block), feeRecipient: undefined, blinded: false };
  assert.deepEqual(blockOf(answerWith(ssz, { "eth-consensus-version": "ietf" })), facts);
  assert.deepEqual(blockOf(answerWith(ssz)), facts);
});

test("blocks: bytes that are no block are none, and no bytes break the reading", () => {
  const random = seededRandom(10);
  const { json, ssz } = sample("electra", "BlockContents", 4);
  const text = Buffer.from(JSON.stringify({ version: "electra", data: json }));
  for (let round = 0; round < 2_000; round++) {
    for (const whole of [ssz, text]) {
      const bytes = Buffer.from(whole.subarray(0, Math.floor(random() * 1_500)));
      for (let flips = 0; flips < 4 && bytes.length > 0; flips++) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      blockOf(answerWith(bytes, { "eth-consensus-version": round % 2 ? "electra" : "gloas" }));
      blockOf(answerWith(bytes.toString("latin1")));
      publishedBlockOf(callTo("publish_block", "/eth/v2/beacon/blocks", bytes));
    }
  }
  for (const body of ["", "{}", "[]", '{"data":{}}', '{"data":{"slot":"1"}}', Buffer.alloc(0), Buffer.alloc(400)]) {
    assert.equal(blockOf(answerWith(body)), undefined);
  }
  assert.equal(blockOf(answerWith({ data: json }, {}, 400)), undefined);
  assert.equal(publishedBlockOf(callTo("publish_block", "/eth/v2/beacon/blocks")), undefined);
});
