import { createHash } from "node:crypto";
import type { HeadFacts } from "../../core/duty.ts";
import { deeperThan, parseJson } from "../../lib/json-text.ts";
import { asObject, rootOf, unsigned } from "./bodies.ts";

/** Events with more bytes are not looked into; a slashing of a whole committee has less. */
const mostEvent = 1 << 20;
/** Nor those that nest deeper; a slashing has six levels. */
const deepestEvent = 24;

/**
 * A head as a `head` or `head_v2` event tells it. The roots are named differently in the two: what the duties of the
 * head's own epoch depend on is `previous_duty_dependent_root` of the first and `current_epoch_dependent_root` of the
 * second; what those of the next do, `current_duty_dependent_root` and `next_epoch_dependent_root`.
 * Source: beacon-APIs 7a58b5a, `apis/eventstream/index.yaml`.
 */
export function headOf(data: string): HeadFacts | undefined {
  const event = eventOf(data);
  const slot = unsigned(event["slot"]);
  const root = rootOf(event["block"]);
  if (slot === undefined || root === undefined) return undefined;
  return {
    slot,
    root,
    optimistic: event["execution_optimistic"] === true,
    currentDependent: rootOf(event["current_duty_dependent_root"] ?? event["next_epoch_dependent_root"]),
    previousDependent: rootOf(event["previous_duty_dependent_root"] ?? event["current_epoch_dependent_root"]),
  };
}

/** What tells one event of a topic from another; all of it where the topic is not listed. */
const identities: Readonly<Record<string, readonly string[]>> = {
  head: ["slot", "block", "state"],
  head_v2: ["slot", "block", "state", "payload_status"],
  block: ["slot", "block"],
  block_gossip: ["slot", "block"],
  finalized_checkpoint: ["epoch", "block"],
  chain_reorg: ["slot", "old_head_block", "new_head_block"],
};

/** Identity of an event, the same whichever node it came from; `undefined` for what is not understood. */
export function eventKeyOf(topic: string, data: string): string | undefined {
  const event = eventOf(data);
  const names = identities[topic];
  if (!names) return Object.keys(event).length > 0 ? `${topic}:${digest(canonical(event))}` : undefined;
  const parts = names.map((name) => event[name]);
  if (parts.some((part) => typeof part !== "string" && typeof part !== "number")) return undefined;
  return `${topic}:${parts.map((part) => String(part).slice(0, 66).toLowerCase()).join(":")}`;
}

/** The event's object; without the `{version, data}` around it that some topics have. */
function eventOf(data: string): Readonly<Record<string, unknown>> {
  if (data.length > mostEvent || deeperThan(data, deepestEvent)) return {};
  const event = asObject(parseJson(data));
  return "version" in event && "data" in event ? asObject(event["data"]) : event;
}

/** Nodes differ in the order of members and in capital letters: both mean nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ).toLowerCase();
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
