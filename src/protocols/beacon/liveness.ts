import type { Call } from "../../core/call.ts";
import { type Answer, fault, type Outcome } from "../../core/outcome.ts";
import { parseJson } from "../../lib/json-text.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { asObject, isSsz, objectOf, unsigned } from "./bodies.ts";
import { itemsOf, uint64At } from "./offsets.ts";
import { jsonAnswer } from "./own-answers.ts";

/** A hundred thousand validators at some 30 bytes each, with room. */
const mostBytes = 16 << 20;

/**
 * Who was seen to be active, by any node: what a node saw, happened, and what it did not see proves nothing. Each node
 * that answered must have answered for every validator that was asked about; a node that left one out is asked for
 * doppelgangers in vain, and to take its silence for "not live" would let two run at once.
 * Source: beacon-APIs, `apis/validator/liveness.yaml`; as SSZ, which Lodestar speaks here, lists of `uint64` and of
 * `uint64` with a byte.
 */
export function mergeLiveness({ wire }: Call, outcomes: readonly Outcome[]): Outcome {
  const asked = isSsz(wire.headers) ? indicesOfSsz(wire.body) : indicesOf(wire.body);
  if (!asked) return fault("doubtful_request", "the body is no array of validator indices");
  const answers = outcomes.filter((outcome) => outcome.ok && !outcome.failed) as Answer[];
  if (answers.length === 0) {
    return outcomes.find((outcome) => !outcome.ok) ?? outcomes[0] ?? fault("no_upstream", "nobody was asked");
  }
  const live = new Set<number>();
  for (const [place, answer] of answers.entries()) {
    const told = livenessOf(answer);
    const missing = told === undefined ? asked[0] : asked.find((index) => !told.has(index));
    if (told === undefined || missing !== undefined) {
      const who = `the ${place + 1}. of ${answers.length} nodes that answered`;
      return fault("no_quorum", `${who} says nothing about validator ${missing}`);
    }
    for (const [index, isLive] of told) if (isLive) live.add(index);
  }
  return jsonAnswer(200, { data: asked.map((index) => ({ index: `${index}`, is_live: live.has(index) })) });
}

function indicesOf(body: Uint8Array | undefined): number[] | undefined {
  const list = body && body.length <= mostBytes ? parseJson(asBuffer(body).toString("latin1")) : undefined;
  if (!Array.isArray(list)) return undefined;
  const indices = list.map(unsigned);
  return indices.includes(undefined) ? undefined : (indices as number[]);
}

function indicesOfSsz(body: Uint8Array = Buffer.alloc(0)): number[] | undefined {
  const indices = itemsOf(body, 8)?.map((item) => uint64At(item, 0));
  return indices?.includes(undefined) ? undefined : (indices as number[] | undefined);
}

function livenessOf(answer: Answer): ReadonlyMap<number, boolean> | undefined {
  if (isSsz(answer.headers)) return livenessOfSsz(answer.payload);
  const { data } = objectOf(answer.payload, mostBytes);
  if (answer.rest || !Array.isArray(data)) return undefined;
  const told = new Map<number, boolean>();
  for (const entry of data) {
    const { index, is_live } = asObject(entry);
    const validator = unsigned(index);
    if (validator === undefined || typeof is_live !== "boolean") return undefined;
    told.set(validator, is_live || told.get(validator) === true);
  }
  return told;
}

function livenessOfSsz(payload: Uint8Array): ReadonlyMap<number, boolean> | undefined {
  const told = new Map<number, boolean>();
  for (const item of itemsOf(payload, 9) ?? []) {
    const validator = uint64At(item, 0);
    if (validator === undefined) return undefined;
    told.set(validator, item[8] === 1 || told.get(validator) === true);
  }
  return told;
}
