import type { SimulatedResponse } from "../plan.ts";
import { type Asked, data, headOnly, version } from "./asked.ts";

/** Whom a node pays that was not told. */
const zero = `0x${"00".repeat(20)}`;

/** A block to sign, with the head of its own view as its parent, and paid to whom the node was told to pay. */
export function produce({ request, facts, chain, memory, member }: Asked, at = ""): SimulatedResponse {
  const refused = headOnly(facts);
  if (refused) return refused;
  const query = new URL(request.path, "http://node").searchParams;
  const slot = Number(at);
  const proposer = chain.proposer(slot);
  const feeRecipient = memory.prepared.get(proposer) ?? zero;
  const blinded = Number(query.get("builder_boost_factor") ?? 0) > 0 && memory.registered.size > 0;
  const parent = facts.head.slot < slot ? facts.head.root : chain.parentOf(slot, facts.branch).root;
  const state = chain.stateRoot(slot, parent, feeRecipient, member.id);
  const payload = { fee_recipient: feeRecipient, block_hash: `0x${chain.digest("payload", state)}` };
  const body = {
    randao_reveal: query.get("randao_reveal") ?? "0x",
    graffiti: query.get("graffiti") ?? "0x",
    [blinded ? "execution_payload_header" : "execution_payload"]: payload,
  };
  const block = { slot: at, proposer_index: `${proposer}`, parent_root: parent, state_root: state, body };
  if (blinded) memory.payloads.add(state);
  const value = blinded ? block : { block, kzg_proofs: [], blobs: [] };
  const worth = `${1_000 + (Number.parseInt(chain.digest("worth", slot, member.id).slice(0, 4), 16) % 1_000)}`;
  const facets = {
    version,
    execution_payload_blinded: blinded,
    execution_payload_value: worth,
    consensus_block_value: "50",
  };
  return data(value, facets, {
    "eth-consensus-version": version,
    "eth-execution-payload-blinded": `${blinded}`,
    "eth-execution-payload-value": worth,
    "eth-consensus-block-value": "50",
  });
}
