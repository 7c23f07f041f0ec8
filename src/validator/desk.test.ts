import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call, MethodTraits } from "../core/call.ts";
import type { Upstream } from "../core/upstream.ts";
import { endpointOf } from "../protocols/beacon/endpoints.ts";
import { createDutyProtocol } from "../protocols/beacon/readings.ts";
import { answerWith, callTo } from "../protocols/beacon/testing.ts";
import { createDesk, type DeskParts } from "./desk.ts";
import { Pins } from "./pins.ts";

const root = `0x${"ab".repeat(32)}`;
const nodes = ["a", "b", "c"].map((id) => ({ id }) as Upstream);

/** A desk before which slot 9 is the present one, and that remembers nothing but who produced blocks. */
function deskWith(pins: Pins) {
  const overview = { now: () => ({ slot: 9 }), tree: new Map(), voterOf: (id: string) => id };
  const parts = { overview, protocol: createDutyProtocol(), pins, options: {}, alarm: () => {}, touched: () => {} };
  return createDesk(parts as unknown as DeskParts);
}

function bound(call: Call, slot: number): Call {
  return { ...call, slot };
}

const envelope = callTo("execution_payload_envelope", `/eth/v1/validator/execution_payload_envelopes/8/${root}`);
const withBlobs = callTo("publish_execution_payload_envelope", "/eth/v1/beacon/execution_payload_envelopes", "{}");
const bare = { ...withBlobs, traits: endpointOf("publish_execution_payload_envelope").atProducer as MethodTraits };

test("desk: an envelope and a bid are no blocks, and are not refused for that", () => {
  const desk = deskWith(new Pins());
  const answer = answerWith({ version: "gloas", data: { beacon_block_root: root } });
  for (const method of ["execution_payload_envelope", "execution_payload_bid"]) {
    assert.equal(desk.objection(callTo(method, "/x"), answer, nodes[0] as Upstream), undefined, method);
  }
  const block = bound(callTo("produce_block_v4", "/x"), 8);
  assert.equal(desk.objection(block, answer, nodes[0] as Upstream), "the block cannot be read");
});

test("desk: who produced the block of the slot is asked first for its envelope, and told first of it", () => {
  const pins = new Pins();
  const desk = deskWith(pins);
  const block = { slot: 8, proposer: 7, parent: root, state: root, feeRecipient: undefined, blinded: true };
  const order = (call: Call) => {
    const chosen = desk.candidates(call, nodes);
    return "ok" in chosen ? chosen.kind : chosen.map(({ id }) => id).join("");
  };
  assert.equal(order(bound(envelope, 8)), "abc");
  pins.pin(block, "c");
  pins.pin({ ...block, slot: 9 }, "b");
  assert.deepEqual([order(bound(envelope, 8)), order(bound(envelope, 9))], ["cab", "bac"]);
  assert.equal(order(bare), "bac", "of the present slot, as it names none");
  assert.equal(order(withBlobs), "abc", "with its blobs all get it at once");
});
