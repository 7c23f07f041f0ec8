import type { ServedHead } from "../../core/protocol.ts";
import { asBuffer, textOf } from "../../lib/latin1.ts";
import { traitsOf } from "./methods.ts";

/** A parameter to put in place of another, or after the last. `text` is JSON, one character per byte. */
export interface Replacement {
  readonly index: number;
  readonly text: string;
}

/** Which blocks a call is about. */
export interface Bound {
  /** The highest block that an upstream must have, or its answer means nothing; `undefined` when none is needed. */
  readonly height: number | undefined;
  /** The lowest block whose data the answer is made of: an upstream that has pruned it cannot answer. */
  readonly floor: number | undefined;
  /** Is it the state at `floor` that is needed, which a full node soon forgets, and not only the block? */
  readonly state: boolean;
  /** What to change in the parameters so that they name blocks by number. */
  readonly replacements: readonly Replacement[];
}

const none: readonly Replacement[] = [];
const unbound: Bound = { height: undefined, floor: undefined, state: false, replacements: none };

/** Where a method has its block parameter, and what it reads there. */
interface Place {
  readonly index: number;
  readonly reads: "block" | "state" | "history" | "range";
  /** Every client takes an absent parameter for `latest`, so the number may be added. */
  readonly optional: boolean;
}

/**
 * The places, by method. Sources: execution-apis, the parameter lists of geth (`internal/ethapi/api.go`,
 * `eth/tracers/api.go`) and of parity's `trace` module. What an absent parameter of `eth_estimateGas`,
 * `eth_createAccessList` and `debug_traceCall` means differs between clients, so those are never given one.
 */
const places = new Map<string, Place>([
  ...at(0, "block", false)`eth_getBlockByNumber eth_getHeaderByNumber eth_getBlockReceipts
    eth_getBlockTransactionCountByNumber eth_getUncleCountByBlockNumber eth_getUncleByBlockNumberAndIndex
    eth_getTransactionByBlockNumberAndIndex eth_getRawTransactionByBlockNumberAndIndex
    eth_getTransactionReceiptsByBlock eth_getTransactionsByBlockNumber eth_getBlobSidecars eth_getBlockAccessList
    debug_getRawBlock debug_getRawHeader debug_getRawReceipts parity_getBlockReceipts erigon_getHeaderByNumber
    ots_getBlockDetails ots_getBlockTransactions optimism_outputAtBlock bor_getAuthor bor_getSnapshot bor_getSigners`,
  ...at(0, "state", false)`debug_traceBlockByNumber debug_executionWitness debug_accountRange debug_dumpBlock
    trace_block trace_replayBlockTransactions arbtrace_block arbtrace_replayBlockTransactions`,
  ...at(0, "range", false)`eth_getLogs erigon_getLogs erigon_getLatestLogs trace_filter arbtrace_filter`,
  ...at(1, "history", false)`eth_feeHistory`,
  ...at(1, "state", true)`eth_call eth_getBalance eth_getCode eth_getTransactionCount eth_getStorageValues
    eth_simulateV1 trace_callMany arbtrace_callMany`,
  ...at(1, "state", false)`eth_estimateGas eth_createAccessList linea_estimateGas debug_traceCall eth_getAccount
    eth_getAccountInfo ots_hasCode`,
  ...at(2, "state", true)`eth_getStorageAt eth_getProof trace_call arbtrace_call`,
  ...at(2, "state", false)`linea_getProof`,
]);

/**
 * Methods that look something up by its hash. `null` means that it is nowhere, which only an upstream can say that has
 * every block that clients know of: from one that lags, a receipt that the client has seen would be gone again.
 */
const lookups = new Set(
  `eth_getTransactionByHash eth_getTransactionReceipt eth_getRawTransactionByHash eth_getBlockByHash
  eth_getHeaderByHash eth_getBlockTransactionCountByHash eth_getUncleCountByBlockHash eth_getUncleByBlockHashAndIndex
  eth_getTransactionByBlockHashAndIndex eth_getRawTransactionByBlockHashAndIndex debug_traceTransaction
  debug_traceBlockByHash debug_getRawTransaction trace_transaction trace_replayTransaction trace_get
  ots_getTransactionError ots_traceTransaction`.split(/\s+/),
);

function at(index: number, reads: Place["reads"], optional: boolean) {
  const place: Place = { index, reads, optional };
  return ([methods]: TemplateStringsArray): [string, Place][] =>
    (methods ?? "").split(/\s+/).map((method) => [method, place]);
}

/**
 * Binds a call to the blocks that clients are told of. `latest`, `safe` and `finalized` become the served numbers, so
 * that retries and hedges ask about the same block; `pending` and `earliest` stay. Nothing is rewritten while the
 * head is unknown. A number above the head is left for any upstream to answer as it likes.
 */
export function boundTo(method: string, params: unknown, head: ServedHead): Bound {
  if (head.latest < 0) return unbound;
  const place = places.get(method);
  if (place === undefined) return lookups.has(method) ? withHead(head) : unbound;
  if (!Array.isArray(params)) return unbound;
  const { index, reads, optional } = place;
  const given: unknown = params[index];
  if (reads === "range") return boundToRange(given, head, method === "eth_getLogs");
  const absent = given === undefined || given === null;
  if (absent && !(optional && params.length >= index)) return unbound;
  const named = absent ? "latest" : tagIn(given);
  const height = numberOf(named, head);
  if (height === undefined || height > head.latest) return unbound;
  const replacements = isTag(named) ? [{ index, text: `"${quantity(height)}"` }] : none;
  const floor = reads === "history" ? Math.max(0, height + 1 - countIn(params[0])) : height;
  return { height, floor, state: reads === "state", replacements };
}

/** For calls that name no block but need an upstream that has them all. */
function withHead(head: ServedHead): Bound {
  return { height: head.latest, floor: undefined, state: false, replacements: none };
}

/**
 * A filter over blocks. Its end decides what an upstream must have: one that lags answers with fewer entries and no
 * error. In `eth_getLogs` both ends default to `latest` (geth, `eth/filters/api.go`); other methods are not agreed.
 */
function boundToRange(filter: unknown, head: ServedHead, endsDefault: boolean): Bound {
  if (typeof filter !== "object" || filter === null || Array.isArray(filter)) return unbound;
  const { fromBlock, toBlock, blockHash } = filter as Record<"fromBlock" | "toBlock" | "blockHash", unknown>;
  if (blockHash !== undefined && blockHash !== null) return withHead(head);
  const from = fromBlock ?? (endsDefault ? "latest" : undefined);
  const to = toBlock ?? (endsDefault ? "latest" : undefined);
  const floor = numberOf(from, head);
  const end = numberOf(to, head);
  const changed: { fromBlock?: string; toBlock?: string } = {};
  if (isTag(from) && floor !== undefined) changed.fromBlock = quantity(floor);
  if (isTag(to) && end !== undefined) changed.toBlock = quantity(end);
  return {
    height: Math.min(end ?? head.latest, head.latest),
    floor,
    state: false,
    replacements:
      changed.fromBlock === undefined && changed.toBlock === undefined
        ? none
        : [{ index: 0, text: jsonBytes({ ...filter, ...changed }) }],
  };
}

/** JSON in which each character stands for one byte: the rest is escaped. */
function jsonBytes(value: object): string {
  return JSON.stringify(value).replace(
    /[\u0100-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What a block parameter says: itself, or what an object with a `blockNumber` says (EIP-1898). */
function tagIn(parameter: unknown): unknown {
  return typeof parameter === "object" &&
    parameter !== null &&
    "blockNumber" in parameter &&
    !("blockHash" in parameter)
    ? parameter.blockNumber
    : parameter;
}

function isTag(named: unknown): named is "latest" | "safe" | "finalized" {
  return named === "latest" || named === "safe" || named === "finalized";
}

/** The block that a tag or a quantity means; `undefined` for a hash, for `pending`, and for what is not known. */
function numberOf(named: unknown, head: ServedHead): number | undefined {
  if (isTag(named)) return head[named] < 0 ? undefined : head[named];
  return named === "earliest" ? 0 : quantityIn(named);
}

/** A block number as JSON-RPC writes it: no leading zeros (EIP-1474). */
function quantity(number: number): string {
  return `0x${number.toString(16)}`;
}

/** `0x` and up to 13 digits: what a number holds exactly (2^52). */
const quantityText = /^0x[0-9a-f]{1,13}$/i;

function quantityIn(value: unknown): number | undefined {
  return typeof value === "string" && quantityText.test(value) ? Number.parseInt(value, 16) : undefined;
}

/** How many blocks `eth_feeHistory` asks for: a number or a quantity. */
function countIn(value: unknown): number {
  const count = typeof value === "number" ? value : (quantityIn(value) ?? 1);
  return count >= 1 ? Math.floor(count) : 1;
}

/** Methods that answer about one block, which is either there or not. */
const aboutOneBlock = new Set(
  `eth_getBlockByNumber eth_getHeaderByNumber eth_getBlockReceipts eth_getBlockTransactionCountByNumber
  eth_getUncleCountByBlockNumber eth_getTransactionReceiptsByBlock debug_getRawBlock debug_getRawHeader
  debug_getRawReceipts debug_traceBlockByNumber parity_getBlockReceipts erigon_getHeaderByNumber trace_block
  trace_replayBlockTransactions ots_getBlockDetails`.split(/\s+/),
);

/** Methods that always have something to say; about a block, if it is there. */
const neverNull = new Set(
  `eth_chainId net_version web3_clientVersion eth_blockNumber eth_gasPrice eth_maxPriorityFeePerGas eth_syncing
  eth_feeHistory eth_getBalance eth_getCode eth_getStorageAt eth_getTransactionCount eth_getProof eth_call
  eth_sendRawTransaction`.split(/\s+/),
);

/**
 * What a `null` result says: `legal`, the answer; `missing`, the upstream lacks a block that the fleet has; `broken`,
 * no node should say that. `height` is that of {@link boundTo}. An unknown transaction, receipt or block hash is legal.
 */
export function emptyMeans(method: string, height: number | undefined): "legal" | "missing" | "broken" {
  if (height === undefined && places.has(method)) return "legal";
  if (neverNull.has(method)) return "broken";
  return aboutOneBlock.has(method) ? "missing" : "legal";
}

/** Where in a block or a receipt its number is looked for. Most clients write it within the first two kilobytes. */
const searchedBytes = 4_096;

/**
 * A height that a result proves its upstream to have: that of the head, or of the block, transaction or receipt in it.
 * `payload` is the result's JSON, or its start.
 */
export function heightProvedBy(method: string, payload: Uint8Array): number | undefined {
  const bytes = asBuffer(payload);
  if (method === "eth_blockNumber") return quantityAt(bytes, 0);
  const { name } = traitsOf(method);
  if (name === "transaction") return quantityAfter(bytes, '"blockNumber":');
  if (name === "block") return quantityAfter(bytes, '"number":') ?? quantityAfter(bytes, '"blockNumber":');
  return undefined;
}

function quantityAfter(bytes: Buffer, key: string): number | undefined {
  const found = bytes.subarray(0, searchedBytes).indexOf(key, 0, "latin1");
  return found < 0 ? undefined : quantityAt(bytes, found + key.length);
}

/** The quantity, in quotes, that stands at a place in JSON; the place may begin with a space. */
function quantityAt(bytes: Buffer, from: number): number | undefined {
  const text = textOf(bytes, from, from + 20);
  const opening = text.indexOf('"');
  const closing = text.indexOf('"', opening + 1);
  if (opening < 0 || opening > 1 || closing < 0) return undefined;
  return quantityIn(text.slice(opening + 1, closing));
}
