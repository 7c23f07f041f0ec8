import assert from "node:assert/strict";
import { test } from "node:test";
import events from "./fixtures/events.json" with { type: "json" };
import { eventKeyOf, headOf } from "./heads.ts";

const block = "0x9a2fefd2fdb57f74993c7780ea5b9030d2897b615b89f808011ca5aebed54eaf";
const facts = {
  slot: 10,
  root: block,
  optimistic: false,
  currentDependent: "0x5e0043f107cb57913498fbf2f99ff55e730bf1e151f02f221e977c91a90a0e92",
  previousDependent: "0x5e0043f107cb57913498fbf2f99ff55e730bf1e151f02f221e977c91a90a0e91",
};

test("heads: both versions of the event tell the same head and the same dependent roots", () => {
  assert.deepEqual(headOf(events.head), facts);
  assert.deepEqual(headOf(events.head_v2), facts);
  assert.equal(headOf(events.head.replace('optimistic": false', 'optimistic": true'))?.optimistic, true);
});

test("heads: what old nodes do not tell is unknown; without slot and block there is no head", () => {
  assert.deepEqual(headOf(events.block), { ...facts, currentDependent: undefined, previousDependent: undefined });
  for (const data of ["", "null", "[]", "{}", '{"slot":"1"}', `{"block":"${block}"}`, '{"slot":"x","block":"0x1"}']) {
    assert.equal(headOf(data), undefined, data);
  }
});

test("events: copies of one event from several nodes have one key, however they are written", () => {
  for (const topic of [
    "head",
    "head_v2",
    "block",
    "finalized_checkpoint",
    "chain_reorg",
    "single_attestation",
  ] as const) {
    const data = events[topic];
    const key = eventKeyOf(topic, data);
    assert.ok(key?.startsWith(`${topic}:`) && key.length < 250, topic);
    assert.equal(eventKeyOf(topic, JSON.stringify(reversed(JSON.parse(data)))), key, topic);
    assert.equal(eventKeyOf(topic, data.replaceAll("cc41", "CC41").replaceAll("9a2f", "9A2F")), key, topic);
  }
});

/** The same with the members of each object in the opposite order. */
function reversed(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, reversed(part)]),
  );
}

test("events: what differs has another key, and what does not matter has not", () => {
  const key = (topic: string, from: string, to: string) => {
    const data = events[topic as "head"];
    assert.ok(data.includes(from));
    return eventKeyOf(topic, data.replace(from, to));
  };
  assert.notEqual(key("head", '"slot":"10"', '"slot":"11"'), eventKeyOf("head", events.head));
  assert.notEqual(key("head", "0x9a", "0x9b"), eventKeyOf("head", events.head));
  assert.notEqual(key("head_v2", '"empty"', '"full"'), eventKeyOf("head_v2", events.head_v2));
  assert.notEqual(key("chain_reorg", "0x76", "0x77"), eventKeyOf("chain_reorg", events.chain_reorg));
  assert.notEqual(
    key("single_attestation", "0x1b66", "0x1b67"),
    eventKeyOf("single_attestation", events.single_attestation),
  );
  assert.equal(key("head", 'optimistic": false', 'optimistic": true'), eventKeyOf("head", events.head));
  assert.equal(key("chain_reorg", '"depth":"50"', '"depth":"49"'), eventKeyOf("chain_reorg", events.chain_reorg));
});

test("events: what is not understood has no key, however deep or broken it is", () => {
  for (const data of ["", "x", "{}", "[]", '{"slot":{}}', "[".repeat(100_000), `{"a":${"[".repeat(5_000)}`]) {
    assert.equal(eventKeyOf("head", data), undefined);
    assert.equal(eventKeyOf("attestation", data === '{"slot":{}}' ? "" : data), undefined);
  }
  assert.equal(eventKeyOf("attestation", `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`), undefined);
});
