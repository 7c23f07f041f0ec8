import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { controlIn, controlRequest } from "./control.ts";
import { listOf } from "./offsets.ts";
import { recodeCall } from "./recode.ts";
import { callTo, hex, randomJson, shapeOf, sszOf, valueIn } from "./testing.ts";

type Json = Record<string, unknown>;

const path = (name: string) => `/eth/v1/validator/${name}`;
const perEpoch = () => 32;

function read(name: string, body: unknown, headers = {}, slotsPerEpoch: () => number | undefined = perEpoch) {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const call = callTo(name, path(name), text, headers);
  return controlIn(name, call, slotsPerEpoch, (ssz) => recodeCall(name, ssz, "mainnet"));
}

const gloas = { "eth-consensus-version": "gloas" };
const registration = { fee_recipient: "0x1", gas_limit: "1", timestamp: "1", pubkey: "0xABcd" };
const preference = { dependent_root: "0x1", proposal_slot: "321", validator_index: "7", fee_recipient: "0x2" };

test("control: each kind is kept by whose it is, for as long as it is of use", () => {
  for (const [name, element, key, untilEpoch, kind] of [
    ["prepare_beacon_proposer", { validator_index: "7", fee_recipient: "0xAB" }, "7", undefined, undefined],
    ["register_validator", { message: registration, signature: "0x" }, "0xabcd", undefined, undefined],
    [
      "beacon_committee_subscriptions",
      { validator_index: "7", committee_index: "3", committees_at_slot: "4", slot: "95", is_aggregator: true },
      "7/95/3",
      2,
      undefined,
    ],
    [
      "sync_committee_subscriptions",
      { validator_index: "7", sync_committee_indices: ["1"], until_epoch: "512" },
      "7/512",
      512,
      undefined,
    ],
    ["proposer_preferences", { message: preference, signature: "0x" }, "7/321", 10, "proposer_preferences@gloas"],
    [
      "builder_preferences",
      { proposer_pubkey: "0xAA", url: "https://b.example", auth: { message: { data: "0x", slot: "64" } } },
      "0xaa/https://b.example/64",
      2,
      "builder_preferences@gloas",
    ],
  ] as const) {
    const text = JSON.stringify(element);
    const whose = text.includes("validator_index") ? { validator: 7 } : {};
    const expected = { kind: kind ?? name, entries: [{ key, text, untilEpoch, ...whose }] };
    assert.deepEqual(read(name, [element], kind ? gloas : {}), expected, name);
  }
});

test("control: the text stays as it was sent, and what cannot be read is left out", () => {
  const odd = '{ "fee_recipient":"0xAb",\n"validator_index" : 5, "note":"é ]" }';
  const control = read("prepare_beacon_proposer", `[${odd}, null, 3, {"validator_index":null}, {}, ${odd}]`);
  assert.deepEqual(control?.entries, [
    { key: "5", text: odd, untilEpoch: undefined, validator: 5 },
    { key: "5", text: odd, untilEpoch: undefined, validator: 5 },
  ]);
  const long = JSON.stringify({ validator_index: "1", note: "x".repeat(20_000) });
  assert.deepEqual(read("prepare_beacon_proposer", `[${long}]`)?.entries, []);
});

test("control: other calls, and bodies that are no list, carry none", () => {
  assert.equal(read("attestations", "[]"), undefined);
  assert.equal(read("prepare_beacon_proposer", "{}"), undefined);
  assert.equal(read("prepare_beacon_proposer", "[{"), undefined);
  assert.equal(read("register_validator", Buffer.alloc(7)), undefined);
  assert.equal(
    controlIn("register_validator", callTo("register_validator", "/x"), perEpoch, (call) => call),
    undefined,
  );
});

test("control: before the chain told its slots per epoch subscriptions have no end", () => {
  const element = { validator_index: "7", committee_index: "3", slot: "95" };
  assert.equal(
    read("beacon_committee_subscriptions", [element], {}, () => undefined)?.entries[0]?.untilEpoch,
    undefined,
  );
  assert.equal(read("beacon_committee_subscriptions", [element], {}, () => 16)?.entries[0]?.untilEpoch, 5);
});

test("control: registrations, preferences and subscriptions sent as SSZ are remembered too", () => {
  const random = seededRandom(91);
  for (const [name, fork, container] of [
    ["register_validator", "bellatrix", "SignedValidatorRegistrationV1"],
    ["proposer_preferences", "gloas", "SignedProposerPreferences"],
  ] as const) {
    const shape = shapeOf(fork, container);
    const items = [randomJson(shape, random), randomJson(shape, random)] as Json[];
    const bytes = items.map((item) => sszOf(shape, item));
    const entries = read(name, listOf(bytes, bytes[0]?.length), gloas)?.entries;
    assert.deepEqual(
      entries?.map(({ text }) => valueIn(text)),
      items,
    );
  }
  const subscription = Buffer.concat([Buffer.alloc(24), Buffer.from("60000000000000000100", "hex")]).subarray(0, 33);
  const [entry] = read("beacon_committee_subscriptions", subscription)?.entries ?? [];
  assert.deepEqual([entry?.key, entry?.untilEpoch], ["0/96/0", 3]);
});

test("control: what a node is told again is what the validator said, as it said it", () => {
  const texts = [`{"validator_index":"1","fee_recipient":"${hex(20, seededRandom(1))}"}`, '{ "validator_index": "2" }'];
  const control = read("prepare_beacon_proposer", `[${texts.join(" , ")}]`);
  assert.ok(control);
  const request = controlRequest(control.kind, control.entries);
  assert.equal(request.path, "/eth/v1/validator/prepare_beacon_proposer");
  assert.deepEqual(request.headers, { "content-type": "application/json", accept: "application/json" });
  assert.equal(Buffer.from(request.body ?? []).toString(), `[${texts.join(",")}]`);

  const preferences = read("proposer_preferences", [{ message: preference, signature: "0x" }], gloas);
  const again = controlRequest(preferences?.kind ?? "", preferences?.entries ?? []);
  assert.equal(again.path, "/eth/v1/validator/proposer_preferences");
  assert.equal(again.headers["eth-consensus-version"], "gloas");
});
