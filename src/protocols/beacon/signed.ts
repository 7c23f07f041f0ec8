import { createHash } from "node:crypto";
import type { Call } from "../../core/call.ts";
import type { AttestationData, Signed } from "../../core/duty.ts";
import { parseJson } from "../../lib/json-text.ts";
import { asBuffer } from "../../lib/latin1.ts";
import {
  attestationDataAt,
  attestationDataBytes,
  attestationDataBytesOf,
  attestationDataOfJson,
} from "./attestation-data.ts";
import { publishedBlockOf } from "./blocks.ts";
import { asObject, headerOf, isSsz, rootOf, unsigned } from "./bodies.ts";
import { forkOf, since } from "./forks.ts";
import { elementsOf, skipSpace } from "./json-scan.ts";
import { hexAt, itemsOf, listOf, partAt, uint64At } from "./offsets.ts";

/**
 * The signed messages on their way out, so that a second, different one is noticed. What was signed is told by a digest
 * over the same bytes in either encoding: a client that repeats in JSON what it sent as SSZ contradicts nothing.
 */

/** `SingleAttestation` (electra): committee, attester, data, signature. */
const singleBytes = 8 + 8 + attestationDataBytes + 96;
/** `SyncCommitteeMessage` (altair): slot, root, validator, signature. */
const syncMessageBytes = 8 + 32 + 8 + 96;

/** Messages of one request: more than a slot of the largest chain has. */
const mostMessages = 1 << 17;

/** A message before it has its place. */
type Message = Omit<Signed, "index">;

/** How the messages of a class of endpoints are read. */
interface Reader {
  /** The bytes of one in SSZ; `undefined` for messages of no fixed length. */
  size(call: Call): number | undefined;
  ofSsz(item: Uint8Array, digests: Digests): Message | undefined;
  ofJson(item: unknown, digests: Digests): Message | undefined;
}

const readers: Readonly<Record<string, Reader>> = {
  attestations: {
    size: ({ wire }) => (isSingle(headerOf(wire.headers, "eth-consensus-version")) ? singleBytes : undefined),
    ofSsz: (item, digests) =>
      item.length === singleBytes ? singleOfSsz(item, digests) : attestationOfSsz(item, digests),
    ofJson: attestationOfJson,
  },
  sync_committees: {
    size: () => syncMessageBytes,
    ofSsz: (item) => syncMessage(uint64At(item, 0), hexAt(item, 8, 32), uint64At(item, 40)),
    ofJson(item) {
      const { slot, beacon_block_root, validator_index } = asObject(item);
      return syncMessage(unsigned(slot), rootOf(beacon_block_root), unsigned(validator_index));
    },
  },
};

/** Since electra clients send one validator's vote, before it attestations with a single bit set. */
function isSingle(version: string | undefined): boolean {
  const fork = forkOf(version);
  return fork !== undefined && since(fork, "electra");
}

/** What a publish carries that could contradict something sent before; `kind` is the class of its endpoint. */
export function signedIn(kind: string, call: Call): readonly Signed[] {
  if (kind === "publish_block" || kind === "publish_blinded_block") return signedBlock(call);
  const reader = readers[kind];
  const { body, headers } = call.wire;
  if (!reader || !body) return [];
  const digests: Digests = new Map();
  const messages = isSsz(headers)
    ? itemsOf(body, reader.size(call))?.map((item) => reader.ofSsz(item, digests))
    : jsonList(body)?.map((item) => reader.ofJson(item, digests));
  if (!messages || messages.length > mostMessages) return [];
  return messages.flatMap((message, index) => (message ? [{ index, ...message }] : []));
}

/** The call without the messages at those places; `undefined` when nothing is left, or none can be left out. */
export function withoutMessages(kind: string, call: Call, places: ReadonlySet<number>): Call | undefined {
  if (places.size === 0) return call;
  const reader = readers[kind];
  const { wire } = call;
  if (!reader || !wire.body) return undefined;
  const body = asBuffer(wire.body);
  const size = reader.size(call);
  const items = isSsz(wire.headers) ? itemsOf(body, size) : jsonItems(body);
  const left = items?.filter((_, index) => !places.has(index)) ?? [];
  if (left.length === 0) return undefined;
  return { ...call, wire: { ...wire, body: isSsz(wire.headers) ? listOf(left, size) : jsonListOf(left) } };
}

/** The state's root commits to the whole block, and is the same whether it is signed blinded or not. */
function signedBlock(call: Call): readonly Signed[] {
  const block = publishedBlockOf(call);
  if (!block) return [];
  const { slot, proposer, parent, state } = block;
  const content = digest(`${parent}${state}`);
  return [{ index: 0, kind: "block", key: `block:${proposer}:${slot}`, content, validator: proposer }];
}

/** Digests of attestation data by its bytes: nearly all messages of a request have the same. */
type Digests = Map<string, string>;

function singleOfSsz(item: Uint8Array, digests: Digests): Message | undefined {
  return single(uint64At(item, 8), attestationDataAt(item, 16), digests);
}

function attestationOfSsz(item: Uint8Array, digests: Digests): Message | undefined {
  const bits = partAt(item, 0, 0);
  return attestation(hexAt(item, bits, item.length - bits), attestationDataAt(item, 4), digests);
}

function attestationOfJson(item: unknown, digests: Digests): Message | undefined {
  const { attester_index, aggregation_bits, data } = asObject(item);
  const read = attestationDataOfJson(data);
  if (attester_index !== undefined) return single(unsigned(attester_index), read, digests);
  return typeof aggregation_bits === "string" ? attestation(aggregation_bits.toLowerCase(), read, digests) : undefined;
}

function single(
  validator: number | undefined,
  data: AttestationData | undefined,
  digests: Digests,
): Message | undefined {
  if (validator === undefined || !data) return undefined;
  return {
    kind: "attestation",
    key: `attestation:${validator}:${data.target.epoch}`,
    content: contentOf(data, digests),
    validator,
    source: data.source.epoch,
    target: data.target.epoch,
  };
}

/** Whose it is, only the committee knows; the same seat in it is the same validator. */
function attestation(
  bits: string | undefined,
  data: AttestationData | undefined,
  digests: Digests,
): Message | undefined {
  if (bits === undefined || !data) return undefined;
  const seat = `${data.slot}/${data.index}/${bits.length > 66 ? digest(bits) : bits}`;
  return {
    kind: "attestation",
    key: `attestation:${seat}`,
    content: contentOf(data, digests),
    source: data.source.epoch,
    target: data.target.epoch,
  };
}

function syncMessage(
  slot: number | undefined,
  root: string | undefined,
  validator: number | undefined,
): Message | undefined {
  if (slot === undefined || root === undefined || validator === undefined) return undefined;
  return { kind: "sync_message", key: `sync_message:${validator}:${slot}`, content: root, validator };
}

function contentOf(data: AttestationData, digests: Digests): string {
  const bytes = attestationDataBytesOf(data).toString("latin1");
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const fresh = createHash("sha256").update(bytes, "latin1").digest("hex");
  digests.set(bytes, fresh);
  return fresh;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function jsonList(body: Uint8Array): unknown[] | undefined {
  const list = parseJson(asBuffer(body).toString("latin1"));
  return Array.isArray(list) ? list : undefined;
}

/** The elements of a JSON array, byte for byte. */
function jsonItems(body: Buffer): Uint8Array[] | undefined {
  return elementsOf(body, skipSpace(body, 0), mostMessages)?.map(({ from, to }) => body.subarray(from, to));
}

function jsonListOf(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([
    ...items.flatMap((item, index) => [Buffer.from(index === 0 ? "[" : ","), item]),
    Buffer.from("]"),
  ]);
}
