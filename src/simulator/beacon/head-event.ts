import type { BeaconChain } from "./chain.ts";
import type { NodeFacts } from "./facts.ts";

/** The data of a `head` event. Source: beacon-APIs, eventstream. */
export function headEvent(chain: BeaconChain, { head, branch, optimistic }: NodeFacts): string {
  const epoch = chain.epochOf(head.slot);
  return JSON.stringify({
    slot: `${head.slot}`,
    block: head.root,
    state: `0x${chain.digest("post", head.root)}`,
    epoch_transition: head.slot % chain.options.slotsPerEpoch === 0,
    previous_duty_dependent_root: chain.dependentRoot(epoch, branch),
    current_duty_dependent_root: chain.dependentRoot(epoch + 1, branch),
    execution_optimistic: optimistic,
  });
}
