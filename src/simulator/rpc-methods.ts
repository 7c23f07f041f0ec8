import { type Log, token } from "./chain.ts";
import { baseFee, blockObject, logObject, quantity, receiptObject, transactionObject } from "./rpc-objects.ts";
import {
  type ChainView,
  callData,
  hashOf,
  heightOf,
  heightOfObject,
  RpcError,
  state,
  stateHeight,
} from "./rpc-params.ts";

/** Larger ranges and results of `eth_getLogs` are refused, as vendors do. */
const logRangeLimit = 5_000;
const logResultLimit = 10_000;

/** The selector of Solidity's `Error(string)`: a call whose data begins so reverts, with its data as the reason. */
const revertSelector = "0x08c379a0";

type Method = (view: ChainView, params: readonly unknown[]) => unknown;

/** What a simulated upstream has, by method. They throw an {@link RpcError} for what is wrong with a request. */
export const methods: Readonly<Record<string, Method>> = {
  eth_chainId: ({ chain }) => quantity(chain.chainId),
  net_version: ({ chain }) => String(chain.chainId),
  net_listening: () => true,
  net_peerCount: () => quantity(32),
  web3_clientVersion: ({ client }) => client,
  eth_syncing: () => false,
  eth_accounts: () => [],
  eth_blockNumber: ({ head }) => quantity(head),
  eth_gasPrice: () => quantity(2n * baseFee),
  eth_maxPriorityFeePerGas: () => quantity(baseFee),
  eth_blobBaseFee: () => "0x1",
  eth_feeHistory: feeHistory,
  eth_getBlockByNumber: (view, params) => {
    const block = heightOf(view, params[0], 0);
    return block > view.head ? null : blockObject(view.chain, block, params[1] === true);
  },
  eth_getBlockByHash: (view, params) => {
    const block = view.chain.blockOf(hashOf(params[0], 0));
    return block === undefined || block > view.head ? null : blockObject(view.chain, block, params[1] === true);
  },
  eth_getBlockReceipts: (view, params) => {
    const block = heightOf(view, params[0], 0);
    if (block > view.head) return null;
    return view.chain.transactions(block).map((one) => receiptObject(view.chain, one));
  },
  eth_getTransactionByHash: (view, params) => {
    const found = view.chain.find(hashOf(params[0], 0));
    return found && found.block <= view.tip + 1 ? transactionObject(view.chain, found, view.head) : null;
  },
  eth_getTransactionReceipt: (view, params) => {
    const found = view.chain.find(hashOf(params[0], 0));
    return found && found.block <= view.head ? receiptObject(view.chain, found) : null;
  },
  eth_getBalance: (view, params) => {
    const of = state(view, params, 1);
    return quantity(BigInt(`0x${of.digest("balance").slice(0, 16)}`) + BigInt(of.block));
  },
  eth_getTransactionCount: (view, params) => {
    const of = state(view, params, 1);
    return quantity(Number.parseInt(of.digest("nonce").slice(0, 2), 16) + Math.floor(of.block / 100));
  },
  eth_getCode: (view, params) => {
    const of = state(view, params, 1);
    return of.address.startsWith(token(0).slice(0, -1)) ? `0x6080${of.digest("code")}` : "0x";
  },
  eth_getStorageAt: (view, params) => {
    const of = state(view, params, 2);
    return `0x${of.digest("storage", String(params[1]), of.block)}`;
  },
  eth_call: (view, params) => {
    const data = callData(params);
    const block = stateHeight(view, params[1], 1);
    if (data.startsWith(revertSelector)) throw new RpcError(3, "execution reverted", data);
    return `0x${view.chain.digest(view.salt, "call", JSON.stringify(params[0]), block)}`;
  },
  eth_estimateGas: (view, params) => {
    if (callData(params).startsWith(revertSelector)) throw new RpcError(3, "execution reverted", callData(params));
    if (params[1] !== undefined) stateHeight(view, params[1], 1);
    return quantity(65_000);
  },
  eth_getLogs: logs,
  eth_sendRawTransaction: (view, params) => {
    const raw = params[0];
    if (typeof raw !== "string" || !/^0x([0-9a-f]{2}){10,}$/i.test(raw)) {
      throw new RpcError(-32602, "invalid argument 0: not a signed transaction in hex");
    }
    return view.chain.send(raw.toLowerCase(), view.tip);
  },
};

function feeHistory(view: ChainView, params: readonly unknown[]): unknown {
  const count = Math.min(1_024, Number(params[0]));
  if (!Number.isInteger(count) || count < 0) throw new RpcError(-32602, "invalid argument 0: not a count");
  const newest = stateHeight(view, params[1], 1);
  const percentiles = Array.isArray(params[2]) ? params[2] : [];
  return {
    oldestBlock: quantity(Math.max(0, newest - count + 1)),
    baseFeePerGas: Array.from({ length: count + 1 }, () => quantity(baseFee)),
    gasUsedRatio: Array.from({ length: count }, () => 0.5),
    reward: Array.from({ length: count }, () => percentiles.map(() => quantity(baseFee))),
  };
}

function logs(view: ChainView, params: readonly unknown[]): unknown {
  const filter = params[0];
  if (typeof filter !== "object" || filter === null) throw new RpcError(-32602, "invalid argument 0: not a filter");
  const { fromBlock, toBlock, blockHash, address, topics } = filter as Record<string, unknown>;
  const from = blockHash === undefined ? heightOf(view, fromBlock ?? "latest", 0) : heightOfObject(view, filter, 0);
  const to = blockHash === undefined ? heightOf(view, toBlock ?? "latest", 0) : from;
  if (from > to) throw new RpcError(-32602, "invalid block range params");
  if (to - from >= logRangeLimit) throw new RpcError(-32005, `block range is too wide (limit ${logRangeLimit})`);
  const matches = logFilter(address, topics);
  const found: object[] = [];
  for (let block = from; block <= Math.min(to, view.head); block++) {
    for (const log of view.chain.logs(block)) if (matches(log)) found.push(logObject(view.chain, log));
    if (found.length > logResultLimit) throw new RpcError(-32005, `query returned more than ${logResultLimit} results`);
  }
  return found;
}

function logFilter(address: unknown, topics: unknown): (log: Log) => boolean {
  const addresses = address === undefined ? undefined : [address].flat().map((one) => String(one).toLowerCase());
  return (log) =>
    (!addresses || addresses.includes(log.address)) && (!Array.isArray(topics) || topicsMatch(topics, log.topics));
}

/** A position of the filter may be null (anything), one topic, or several of which one must match. */
function topicsMatch(wanted: readonly unknown[], actual: readonly string[]): boolean {
  return wanted.every((one, index) => {
    if (one === null) return true;
    return [one].flat().some((topic) => String(topic).toLowerCase() === actual[index]);
  });
}
