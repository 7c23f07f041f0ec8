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
  ofSsz(item: Uint8Array, data: SharedData): Message | undefined;
  ofJson(item: unknown, data: SharedData): Message | undefined;
}

const readers: Readonly<Record<string, Reader>> = {
  attestations: {
    size: ({ wire }) => (isSingle(headerOf(wire.headers, "eth-consensus-version")) ? singleBytes : undefined),
    ofSsz: (item, data) => (item.length === singleBytes ? singleOfSsz(item, data) : attestationOfSsz(item, data)),
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
  const data = new SharedData();
  const messages = isSsz(headers)
    ? itemsOf(body, reader.size(call))?.map((item) => reader.ofSsz(item, data))
    : jsonList(body)?.map((item) => reader.ofJson(item, data));
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

/** What is attested to, and its digest. */
interface Read {
  readonly data: AttestationData;
  readonly content: string;
}

/** The attestation data of one request: nearly all messages have the same, so what came last is not read again. */
class SharedData {
  readonly #digests = new Map<string, string>();
  #json: unknown;
  #bytes: Uint8Array | undefined;
  #last: Read | undefined;

  ofJson(value: unknown): Read | undefined {
    if (this.#json !== undefined && isSameData(value, this.#json)) return this.#last;
    this.#json = value;
    this.#last = this.#read(attestationDataOfJson(value));
    return this.#last;
  }

  /** That which begins at `at`. */
  ofSsz(item: Uint8Array, at: number): Read | undefined {
    const bytes = item.subarray(at, at + attestationDataBytes);
    if (this.#bytes && asBuffer(bytes).equals(this.#bytes)) return this.#last;
    this.#bytes = bytes;
    this.#last = this.#read(attestationDataAt(item, at));
    return this.#last;
  }

  #read(data: AttestationData | undefined): Read | undefined {
    if (!data) return undefined;
    const bytes = attestationDataBytesOf(data).toString("latin1");
    const content = this.#digests.get(bytes) ?? createHash("sha256").update(bytes, "latin1").digest("hex");
    this.#digests.set(bytes, content);
    return { data, content };
  }
}

function isSameData(a: unknown, b: unknown): boolean {
  const [one, other] = [asObject(a), asObject(b)];
  return (
    one["slot"] === other["slot"] &&
    one["index"] === other["index"] &&
    one["beacon_block_root"] === other["beacon_block_root"] &&
    isSameCheckpoint(one["source"], other["source"]) &&
    isSameCheckpoint(one["target"], other["target"])
  );
}

function isSameCheckpoint(a: unknown, b: unknown): boolean {
  const [one, other] = [asObject(a), asObject(b)];
  return one["epoch"] === other["epoch"] && one["root"] === other["root"];
}

function singleOfSsz(item: Uint8Array, data: SharedData): Message | undefined {
  return single(uint64At(item, 8), data.ofSsz(item, 16));
}

function attestationOfSsz(item: Uint8Array, data: SharedData): Message | undefined {
  const bits = partAt(item, 0, 0);
  return attestation(hexAt(item, bits, item.length - bits), data.ofSsz(item, 4));
}

function attestationOfJson(item: unknown, data: SharedData): Message | undefined {
  const { attester_index, aggregation_bits, data: value } = asObject(item);
  const read = data.ofJson(value);
  if (attester_index !== undefined) return single(unsigned(attester_index), read);
  return typeof aggregation_bits === "string" ? attestation(aggregation_bits.toLowerCase(), read) : undefined;
}

function single(validator: number | undefined, read: Read | undefined): Message | undefined {
  if (validator === undefined || !read) return undefined;
  const { source, target } = read.data;
  return {
    kind: "attestation",
    key: `attestation:${validator}:${target.epoch}`,
    content: read.content,
    validator,
    source: source.epoch,
    target: target.epoch,
  };
}

/** Whose it is, only the committee knows; the same seat in it is the same validator. */
function attestation(bits: string | undefined, read: Read | undefined): Message | undefined {
  if (bits === undefined || !read) return undefined;
  const { slot, index, source, target } = read.data;
  const seat = `${slot}/${index}/${bits.length > 66 ? digest(bits) : bits}`;
  return {
    kind: "attestation",
    key: `attestation:${seat}`,
    content: read.content,
    source: source.epoch,
    target: target.epoch,
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
