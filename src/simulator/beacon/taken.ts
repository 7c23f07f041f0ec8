import type { SimulatedResponse } from "../plan.ts";
import { type Asked, empty, failed, sent } from "./asked.ts";

interface Text {
  readonly [key: string]: unknown;
}

/** Takes in a signed block. A blinded one only if the payload is here. */
export function takeBlock({ request, chain, memory, facts, now }: Asked, blinded: boolean): SimulatedResponse {
  const signed = parsed(request.body);
  const wrapped = field(signed, "signed_block") ?? signed;
  const block = field(wrapped, "message");
  const state = String(block?.["state_root"]);
  const payload = field(field(block, "body"), blinded ? "execution_payload_header" : "execution_payload");
  const slot = Number(block?.["slot"]);
  if (!block || !payload || !Number.isSafeInteger(slot)) return failed(400, "invalid block");
  if (blinded && !memory.payloads.has(state)) return failed(500, "NoPayloadBuilder: payload is not known here");
  if (slot > facts.slot + 1) return failed(400, "block is from the future");
  const facts2 = {
    slot,
    parent: String(block["parent_root"]),
    proposer: Number(block["proposer_index"]),
    feeRecipient: String(payload["fee_recipient"]),
    state,
  };
  chain.publish(facts2, now);
  return empty(facts.syncing ? 202 : 200);
}

/** Takes in attestations, each by itself: a node on another history does not know the heads of this one. */
export function takeVotes(asked: Asked): SimulatedResponse {
  const { chain, facts, hits, now } = asked;
  const equivocating = hits.some(({ spec }) => spec.fault === "equivocating");
  const failures: { index: number; message: string }[] = [];
  sent(asked).forEach((attestation, index) => {
    const vote = field(attestation, "data");
    const source = field(vote, "source");
    const target = field(vote, "target");
    if (!vote || !source || !target) {
      failures.push({ index, message: "malformed attestation" });
      return;
    }
    const head = String(vote["beacon_block_root"]);
    if (facts.syncing || !(equivocating || chain.byRoot(head, facts.branch))) {
      failures.push({ index, message: "UnknownHeadBlock" });
      return;
    }
    chain.vote({
      validator: Number(attestation["attester_index"]),
      slot: Number(vote["slot"]),
      head,
      source: { epoch: Number(source["epoch"]), root: String(source["root"]) },
      target: { epoch: Number(target["epoch"]), root: String(target["root"]) },
      at: now,
    });
  });
  if (failures.length === 0) return empty(200);
  const text = JSON.stringify({ code: 400, message: "some failures", failures });
  return { status: 400, headers: { "content-type": "application/json" }, body: Buffer.from(text) };
}

function parsed(bytes: Uint8Array | undefined): Text | undefined {
  try {
    return asText(JSON.parse(Buffer.from(bytes ?? []).toString()));
  } catch {
    return undefined;
  }
}

function field(object: Text | undefined, name: string): Text | undefined {
  return asText(object?.[name]);
}

function asText(value: unknown): Text | undefined {
  return typeof value === "object" && value !== null ? (value as Text) : undefined;
}
