import type { SimulatedResponse } from "../plan.ts";
import { type Asked, data, failed } from "./asked.ts";

/** Duties that are shifted by so many slots are wrong beyond doubt. */
const wrongBy = 1;

/** Who is on duty in an epoch. Under `wrong_duties` a node says so with conviction and is wrong. */
export function dutiesOf(kind: "proposer" | "attester" | "sync") {
  return (asked: Asked, at = ""): SimulatedResponse => {
    const { chain, facts, hits } = asked;
    if (facts.syncing) return failed(503, "Beacon node is currently syncing and not serving requests");
    const epoch = Number(at);
    if (epoch > chain.epochOf(facts.slot) + 1) return failed(400, "epoch too far in the future");
    const wrong = hits.some(({ spec }) => spec.fault === "wrong_duties");
    const shift = wrong ? wrongBy : 0;
    const dependent = kind === "proposer" ? epoch + 1 : epoch;
    const root = wrong ? `0x${chain.digest("wrong", epoch)}` : chain.dependentRoot(dependent, facts.branch);
    const facets = { dependent_root: root, execution_optimistic: facts.optimistic };
    if (kind === "proposer") return data(proposers(asked, epoch, shift), facets);
    const indices = indicesOf(asked);
    if (kind === "sync") return data([], { execution_optimistic: facts.optimistic });
    return data(
      indices.map((index) => ({
        pubkey: `0x${index}`,
        validator_index: index,
        committee_index: "0",
        committee_length: "8",
        committees_at_slot: "1",
        validator_committee_index: `${Number(index) % 8}`,
        slot: `${chain.dutySlot(epoch, Number(index)) + shift}`,
      })),
      facets,
    );
  };
}

function proposers({ chain }: Asked, epoch: number, shift: number) {
  const { slotsPerEpoch } = chain.options;
  return Array.from({ length: slotsPerEpoch }, (_, index) => {
    const slot = epoch * slotsPerEpoch + index;
    const validator = chain.proposer(slot + shift);
    return { pubkey: `0x${validator}`, validator_index: `${validator}`, slot: `${slot}` };
  });
}

function indicesOf({ request }: Asked): readonly string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(request.body ?? []).toString());
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}
