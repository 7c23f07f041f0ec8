import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** The chain id that it gives itself. */
export const engineChainId = 32_382;

const zeroHash = `0x${"00".repeat(32)}`;

/** How many blocks and unfinished payloads are kept; the oldest go first. */
const blockLimit = 20_000;
const jobLimit = 64;

/** One execution engine for all beacon nodes: https://github.com/ethereum/execution-apis, Paris to Prague. */
export interface Engine {
  readonly url: string;
  close(): Promise<void>;
}

interface Attributes {
  readonly timestamp: string;
  readonly prevRandao: string;
  readonly suggestedFeeRecipient: string;
  readonly withdrawals?: readonly unknown[];
}

interface Payload {
  readonly parentHash: string;
  readonly blockHash: string;
  readonly blockNumber: string;
}

/**
 * What the engine knows: the number of each block, and the payloads that it was told to build. The first block that it
 * hears of is the genesis, whatever it is.
 */
interface State {
  readonly numbers: Map<string, number>;
  readonly jobs: Map<string, Payload>;
  built: number;
}

const hex = (value: number | bigint) => `0x${value.toString(16)}`;
const randomHash = () => `0x${randomBytes(32).toString("hex")}`;

class EngineError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value, limit: number): void {
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value as string);
}

/** The number of a block, if it is known. */
function numberOf({ numbers }: State, hash: string): number | undefined {
  if (numbers.size === 0 && hash !== zeroHash) numbers.set(hash, 0);
  return numbers.get(hash);
}

/** An empty block on top of `parent`. Its hash is chance: beacon nodes leave checking it to the engine. */
function build(parent: string, number: number, attributes: Attributes, version: number): Payload {
  return {
    parentHash: parent,
    blockHash: randomHash(),
    blockNumber: hex(number),
    ...{ feeRecipient: attributes.suggestedFeeRecipient, timestamp: attributes.timestamp },
    ...{ prevRandao: attributes.prevRandao, stateRoot: randomHash(), receiptsRoot: randomHash() },
    ...{ logsBloom: `0x${"00".repeat(256)}`, gasLimit: hex(30_000_000), gasUsed: "0x0", extraData: "0x" },
    ...{ baseFeePerGas: hex(1_000_000_000), transactions: [] },
    ...(attributes.withdrawals && { withdrawals: attributes.withdrawals }),
    ...(version >= 3 && { blobGasUsed: "0x0", excessBlobGas: "0x0" }),
  } as Payload;
}

function newPayload(state: State, payload: Payload) {
  if (numberOf(state, payload.parentHash) === undefined) {
    return { status: "SYNCING", latestValidHash: null, validationError: null };
  }
  remember(state.numbers, payload.blockHash, Number(payload.blockNumber), blockLimit);
  return { status: "VALID", latestValidHash: payload.blockHash, validationError: null };
}

function forkchoiceUpdated(state: State, head: string, attributes: Attributes | null | undefined, version: number) {
  const number = numberOf(state, head);
  if (number === undefined) return { payloadStatus: { status: "SYNCING", latestValidHash: null }, payloadId: null };
  const payloadStatus = { status: "VALID", latestValidHash: head, validationError: null };
  if (!attributes) return { payloadStatus, payloadId: null };
  state.built += 1;
  const payloadId = hex(state.built)
    .replace("0x", "0x0000000000000000")
    .replace(/^0x0*(?=.{16}$)/, "0x");
  remember(state.jobs, payloadId, build(head, number + 1, attributes, version), jobLimit);
  return { payloadStatus, payloadId };
}

function getPayload({ jobs }: State, id: string, version: number) {
  const executionPayload = jobs.get(id);
  if (!executionPayload) throw new EngineError(-38001, "Unknown payload");
  if (version === 1) return executionPayload;
  return {
    executionPayload,
    blockValue: hex(10n ** 15n),
    ...(version >= 3 && { blobsBundle: { commitments: [], proofs: [], blobs: [] }, shouldOverrideBuilder: false }),
    ...(version >= 4 && { executionRequests: [] }),
  };
}

/** What the deposit contract's `get_deposit_count` gives when there were none: eight zero bytes, in the contract ABI. */
const noDeposits = `0x${[32n, 8n, 0n].map((word) => word.toString(16).padStart(64, "0")).join("")}`;

const capabilities = [1, 2, 3, 4].flatMap((version) => [
  ...[`engine_newPayloadV${version}`, `engine_getPayloadV${version}`],
  ...(version < 4 ? [`engine_forkchoiceUpdatedV${version}`] : []),
]);

/** As much of a block's header as beacon nodes read before the first payload. */
function headerOf(state: State, hash: string) {
  const empty = { parentHash: zeroHash, sha3Uncles: zeroHash, stateRoot: zeroHash, transactionsRoot: zeroHash };
  return {
    ...{ hash, number: hex(numberOf(state, hash) ?? 0), ...empty, receiptsRoot: zeroHash, mixHash: zeroHash },
    ...{ miner: `0x${"00".repeat(20)}`, logsBloom: `0x${"00".repeat(256)}`, nonce: "0x0000000000000000" },
    ...{ difficulty: "0x0", gasLimit: hex(30_000_000), gasUsed: "0x0", timestamp: "0x0", extraData: "0x" },
    ...{ baseFeePerGas: hex(1_000_000_000), transactions: [], withdrawals: [], uncles: [] },
  };
}

/** Answers one call; throws an `EngineError` that is the answer. */
function answer(state: State, method: string, params: readonly unknown[]): unknown {
  const [name = "", version = "1"] = method.split(/V(?=\d$)/);
  const [first, second] = params;
  switch (name) {
    case "engine_newPayload":
      return newPayload(state, first as Payload);
    case "engine_forkchoiceUpdated": {
      const { headBlockHash } = first as { headBlockHash: string };
      return forkchoiceUpdated(state, headBlockHash, second as Attributes | null | undefined, Number(version));
    }
    case "engine_getPayload":
      return getPayload(state, first as string, Number(version));
    case "engine_exchangeTransitionConfiguration":
      return first;
    case "engine_exchangeCapabilities":
      return capabilities;
    case "eth_chainId":
      return hex(engineChainId);
    case "eth_syncing":
      return false;
    case "eth_getLogs":
      return [];
    case "eth_call":
      return noDeposits;
    case "eth_getBlockByNumber":
      return headerOf(state, [...state.numbers.keys()].at(-1) ?? zeroHash);
    case "eth_getBlockByHash":
      return headerOf(state, first as string);
    default:
      throw new EngineError(-32601, `there is no ${method} here`);
  }
}

/**
 * Starts an engine on a free port of the loopback interface. A payload is valid when its parent is known, so all nodes
 * must share one engine. It does not check who asks (JWT).
 */
export async function startEngine(): Promise<Engine> {
  const state: State = {
    numbers: new Map(),
    jobs: new Map(),
    built: 0,
  };
  const one = ({ id, method, params }: { id: unknown; method: string; params?: unknown[] }) => {
    try {
      return { jsonrpc: "2.0", id, result: answer(state, method, params ?? []) };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { jsonrpc: "2.0", id, error: { code: error.code, message: error.message } };
    }
  };
  const server = createServer(async (request, response) => {
    const call = JSON.parse(await text(request));
    const reply = Array.isArray(call) ? call.map(one) : one(call);
    response.setHeader("content-type", "application/json").end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
