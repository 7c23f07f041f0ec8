import type { Member } from "../fault-spec.ts";
import type { ActiveFault } from "../faults.ts";
import { json, type SimulatedResponse } from "../plan.ts";
import type { SimulatedRequest } from "../service.ts";
import type { BeaconChain } from "./chain.ts";
import type { NodeFacts } from "./facts.ts";

/** What validators told a node, for as long as it runs. */
export interface NodeMemory {
  /** Wall-clock milliseconds since when it runs: what it saw of validators begins then. */
  readonly since: number;
  /** Fee recipients by validator index. */
  readonly prepared: Map<number, string>;
  /** Slots for which somebody here aggregates. */
  readonly subscribed: Set<number>;
  readonly registered: Set<string>;
  /** State roots of blocks that it handed out blinded, whose payload it has. */
  readonly payloads: Set<string>;
}

export function newMemory(since: number): NodeMemory {
  return { since, prepared: new Map(), subscribed: new Set(), registered: new Set(), payloads: new Set() };
}

/** What an answer is made of. */
export interface Asked {
  readonly request: SimulatedRequest;
  readonly hits: readonly ActiveFault[];
  readonly facts: NodeFacts;
  readonly chain: BeaconChain;
  readonly memory: NodeMemory;
  readonly member: Member;
  /** Wall-clock milliseconds since 1970. */
  readonly now: number;
}

/** The fork that simulated nodes speak of. */
export const version = "electra";

export const signature = `0x${"ab".repeat(96)}`;

/** A beacon error. */
export function failed(code: number, message: string): SimulatedResponse {
  return json(code, Buffer.from(JSON.stringify({ code, message })));
}

export function empty(status: number): SimulatedResponse {
  return { status, headers: {}, body: Buffer.alloc(0) };
}

export function data(
  value: unknown,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): SimulatedResponse {
  const response = json(200, Buffer.from(JSON.stringify({ ...more, data: value })));
  return { ...response, headers: { ...response.headers, ...headers } };
}

/** The body as JSON; an empty list when it is none. */
export function sent({ request }: Asked): readonly Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(request.body ?? []).toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** What a node says that must not be followed. */
export function headOnly({ syncing, optimistic }: NodeFacts): SimulatedResponse | undefined {
  if (syncing) return failed(503, "Beacon node is currently syncing and not serving requests");
  return optimistic ? failed(503, "Head is optimistic") : undefined;
}

/** The body as an object, or an empty one. */
export function object(asked: Asked): object {
  const value = body(asked);
  return typeof value === "object" && value !== null ? value : {};
}

/** The body as JSON; `undefined` when it is none. */
export function body({ request }: Asked): unknown {
  try {
    return JSON.parse(Buffer.from(request.body ?? []).toString());
  } catch {
    return undefined;
  }
}
