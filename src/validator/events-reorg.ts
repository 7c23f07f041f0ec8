import type { HeadFacts } from "../core/duty.ts";
import type { ServerEvent } from "../core/stream.ts";

/** A head that was announced: what it is, and the event that told it. */
export interface ToldHead {
  readonly facts: HeadFacts;
  readonly event: ServerEvent;
}

/**
 * The `chain_reorg` that a client must hear before a head that is not newer than the one before. We do not know where
 * the chains parted, so `depth` is the least that it can be. Source of the members: beacon-APIs, eventstream.
 */
export function reorgEvent(from: ToldHead, to: ToldHead, epoch: number): ServerEvent {
  const data = {
    slot: `${to.facts.slot}`,
    depth: `${Math.max(1, from.facts.slot - to.facts.slot + 1)}`,
    old_head_block: from.facts.root,
    new_head_block: to.facts.root,
    old_head_state: stateOf(from.event),
    new_head_state: stateOf(to.event),
    epoch: `${epoch}`,
    execution_optimistic: false,
  };
  return { event: "chain_reorg", data: JSON.stringify(data) };
}

/** Which head a `chain_reorg` replaces with which, the same however a node counts slots; `undefined` for what is none. */
export function reorgKey({ data }: ServerEvent): string | undefined {
  const from = root.old.exec(data)?.[1];
  const to = root.new.exec(data)?.[1];
  return from === undefined || to === undefined ? undefined : `${from}:${to}`.toLowerCase();
}

/** The key of the reorganisation that undoes one. */
export function undone(key: string): string {
  return key.split(":").reverse().join(":");
}

/** Does a `head_v2` say that the block's payload is there? A head with it replaces the same head without it. */
export function hasPayload({ data }: ServerEvent): boolean {
  return /"payload_status"\s*:\s*"full"/.test(data);
}

const root = {
  old: /"old_head_block"\s*:\s*"(0x[0-9a-fA-F]{64})"/,
  new: /"new_head_block"\s*:\s*"(0x[0-9a-fA-F]{64})"/,
  state: /"state"\s*:\s*"(0x[0-9a-fA-F]{64})"/,
};

function stateOf({ data }: ServerEvent): string {
  return root.state.exec(data)?.[1] ?? `0x${"0".repeat(64)}`;
}
