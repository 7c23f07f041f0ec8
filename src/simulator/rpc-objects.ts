import { type Chain, type Log, type Transaction, token } from "./chain.ts";

/** 1 gwei, the base fee of every block. */
export const baseFee = 1_000_000_000n;

const zeros = `0x${"0".repeat(64)}`;
const gasOfTransfer = 65_000;
/** A bloom filter with every bit set says "may hold anything": true of any block, whatever its logs. */
const anyBloom = `0x${"f".repeat(512)}`;

/** A number as JSON-RPC writes quantities. */
export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A block as `eth_getBlockByNumber` shows it, with transactions whole or by hash. */
export function blockObject(chain: Chain, block: number, whole: boolean): Record<string, unknown> {
  const transactions = chain.transactions(block);
  const root = (of: string) => `0x${chain.digest(of, block)}`;
  return {
    number: quantity(block),
    hash: chain.blockHash(block),
    parentHash: chain.blockHash(block - 1),
    nonce: "0x0000000000000000",
    sha3Uncles: zeros,
    logsBloom: anyBloom,
    transactionsRoot: root("transactions"),
    stateRoot: root("state"),
    receiptsRoot: root("receipts"),
    miner: token(0),
    difficulty: "0x0",
    extraData: "0x",
    size: quantity(600 + 300 * transactions.length),
    gasLimit: quantity(30_000_000),
    gasUsed: quantity(gasOfTransfer * transactions.length),
    timestamp: quantity(chain.timestamp(block)),
    baseFeePerGas: quantity(baseFee),
    mixHash: root("mix"),
    blobGasUsed: "0x0",
    excessBlobGas: "0x0",
    parentBeaconBlockRoot: root("beacon"),
    withdrawalsRoot: root("withdrawals"),
    withdrawals: [],
    uncles: [],
    transactions: transactions.map((one) => (whole ? transactionObject(chain, one, block) : one.hash)),
  };
}

/** A transaction as `eth_getTransactionByHash` shows it: one whose block is above `head` is pending. */
export function transactionObject(chain: Chain, one: Transaction, head: number): Record<string, unknown> {
  const mined = one.block <= head;
  const signature = chain.digest("signature", one.hash);
  return {
    hash: one.hash,
    blockHash: mined ? chain.blockHash(one.block) : null,
    blockNumber: mined ? quantity(one.block) : null,
    transactionIndex: mined ? quantity(one.index) : null,
    type: "0x2",
    chainId: quantity(chain.chainId),
    nonce: quantity(one.nonce),
    from: one.from,
    to: one.to,
    value: quantity(one.value),
    gas: quantity(gasOfTransfer),
    gasPrice: quantity(2n * baseFee),
    maxFeePerGas: quantity(3n * baseFee),
    maxPriorityFeePerGas: quantity(baseFee),
    input: "0x",
    accessList: [],
    yParity: "0x0",
    v: "0x0",
    r: `0x1${signature.slice(1)}`,
    s: `0x1${signature.slice(1).split("").reverse().join("")}`,
  };
}

export function receiptObject(chain: Chain, one: Transaction): Record<string, unknown> {
  return {
    transactionHash: one.hash,
    transactionIndex: quantity(one.index),
    blockHash: chain.blockHash(one.block),
    blockNumber: quantity(one.block),
    from: one.from,
    to: one.to,
    cumulativeGasUsed: quantity(gasOfTransfer * (one.index + 1)),
    gasUsed: quantity(gasOfTransfer),
    effectiveGasPrice: quantity(2n * baseFee),
    contractAddress: null,
    type: "0x2",
    status: "0x1",
    logsBloom: anyBloom,
    logs: chain
      .logs(one.block)
      .filter((log) => log.transaction.index === one.index)
      .map((log) => logObject(chain, log)),
  };
}

export function logObject(chain: Chain, log: Log): Record<string, unknown> {
  return {
    address: log.address,
    topics: log.topics,
    data: log.data,
    blockHash: chain.blockHash(log.transaction.block),
    blockNumber: quantity(log.transaction.block),
    blockTimestamp: quantity(chain.timestamp(log.transaction.block)),
    transactionHash: log.transaction.hash,
    transactionIndex: quantity(log.transaction.index),
    logIndex: quantity(log.transaction.index),
    removed: false,
  };
}
