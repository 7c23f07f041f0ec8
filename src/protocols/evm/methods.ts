import type { MethodTraits } from "../../core/call.ts";

/** What reads of the chain have in common, unless said otherwise. */
const read: Omit<MethodTraits, "name"> = {
  access: "read",
  freshness: "recent",
  priority: 2,
  repeat: "always",
  hedge: true,
  coalesce: true,
  cost: 1,
  timeoutMs: 10_000,
};

/** What belongs to one node: nobody else has the same, so nothing is shared or raced. */
const local: Omit<MethodTraits, "name"> = {
  ...read,
  access: "local",
  freshness: "head",
  hedge: false,
  coalesce: false,
};

/**
 * The kinds of EVM method: a closed set, the `class` label of metrics. `cost` follows what vendors charge, with
 * `eth_getBalance` as 1 (the unit tables of Alchemy and QuickNode); `timeoutMs` leaves room above the five seconds that
 * geth grants one EVM call (`--rpc.evmtimeout`) and the tens of seconds that log scans and traces take.
 */
const classes = {
  /** The same everywhere for as long as a chain lives, or harmless. */
  static: { ...read, freshness: "immutable", cost: 0.5, timeoutMs: 5_000 },
  /** Says something about the newest block. */
  head: { ...read, freshness: "head", cost: 0.5, timeoutMs: 5_000 },
  block: read,
  transaction: read,
  logs: { ...read, priority: 3, cost: 4, timeoutMs: 30_000 },
  state: read,
  call: { ...read, cost: 2, timeoutMs: 20_000 },
  /** Runs what the client made up, too dear for a second copy. */
  simulation: { ...read, priority: 3, hedge: false, cost: 10, timeoutMs: 30_000 },
  /** Replays what was mined, at the same price and more. */
  trace: { ...read, priority: 3, hedge: false, cost: 20, timeoutMs: 60_000, traces: true },
  mempool: { ...local, cost: 2 },
  /** Lives on one node, and reading its changes consumes them. */
  filter: { ...local, repeat: "undelivered" },
  /**
   * A signed transaction: sent twice it is still one, see the rules `already_known` and `nonce_used`. Nobody races it,
   * so the first attempt must end in time for a second.
   */
  send: { ...local, access: "write", priority: 1, cost: 2, timeoutMs: 4_000 },
  /** Needs a connection that lasts, which plain HTTP is not. */
  subscription: { ...local, repeat: "never" },
  /** Nothing is known of it, so nothing is done that might matter. */
  unknown: { ...local, access: "read", repeat: "undelivered", cost: 2, timeoutMs: 30_000 },
} as const satisfies Record<string, Omit<MethodTraits, "name">>;

type MethodClass = keyof typeof classes;

/**
 * Which methods are of which kind. Sources: execution-apis; the RPC interfaces of geth, reth, erigon, Nethermind and
 * Besu; the vendors' own lists for L2s. Bundles and `eth_sendRawTransactionSync` are left `unknown` on purpose: they
 * are writes whose second copy is not known to be harmless, or whose reply is no hash.
 */
const methods: Record<Exclude<MethodClass, "unknown">, string> = {
  static: `eth_chainId net_version web3_clientVersion web3_sha3 eth_protocolVersion net_listening rpc_modules
    eth_accounts eth_coinbase eth_mining eth_hashrate eth_capabilities bor_getChainId zks_L1ChainId
    zks_getBridgeContracts zks_getMainContract zks_getTestnetPaymaster zks_getBaseTokenL1Address
    optimism_rollupConfig optimism_version`,
  head: `eth_blockNumber eth_gasPrice eth_maxPriorityFeePerGas eth_blobBaseFee eth_baseFee eth_feeHistory eth_syncing
    eth_config net_peerCount erigon_forks erigon_blockNumber eth_getFinalizedHeader eth_getFinalizedBlock
    optimism_syncStatus rollup_gasPrices zks_L1BatchNumber zks_getFeeParams zks_getL1GasPrice zkevm_batchNumber
    zkevm_virtualBatchNumber zkevm_verifiedBatchNumber zkevm_consolidatedBlockNumber bor_getCurrentValidators
    bor_getCurrentProposer ots_getApiLevel`,
  block: `eth_getBlockByNumber eth_getBlockByHash eth_getBlockReceipts eth_getHeaderByNumber eth_getHeaderByHash
    eth_getBlockTransactionCountByNumber eth_getBlockTransactionCountByHash eth_getUncleCountByBlockNumber
    eth_getUncleCountByBlockHash eth_getUncleByBlockNumberAndIndex eth_getUncleByBlockHashAndIndex
    eth_getTransactionReceiptsByBlock eth_getTransactionsByBlockNumber eth_getBlobSidecars eth_getBlockRange
    eth_getRootHash eth_getTdByNumber eth_getBlockAccessList debug_getRawBlock debug_getRawHeader
    debug_getRawReceipts parity_getBlockReceipts alchemy_getTransactionReceipts erigon_getHeaderByNumber
    erigon_getHeaderByHash erigon_getBlockReceiptsByBlockHash erigon_getBlockByTimestamp ots_getBlockDetails
    ots_getBlockDetailsByHash ots_getBlockTransactions bor_getAuthor bor_getSnapshot bor_getSigners
    bor_getSignersAtHash bor_getRootHash optimism_outputAtBlock zks_getBlockDetails zks_getL1BatchDetails
    zks_getL1BatchBlockRange zks_getRawBlockTransactions zkevm_getBatchByNumber zkevm_batchNumberByBlockNumber
    zkevm_isBlockConsolidated zkevm_isBlockVirtualized`,
  transaction: `eth_getTransactionByHash eth_getTransactionReceipt eth_getTransactionByBlockNumberAndIndex
    eth_getTransactionByBlockHashAndIndex eth_getRawTransactionByHash eth_getRawTransactionByBlockNumberAndIndex
    eth_getRawTransactionByBlockHashAndIndex eth_getTransactionBySenderAndNonce eth_getTransactionDataAndReceipt
    eth_getBlobSidecarByTxHash debug_getRawTransaction ots_getTransactionBySenderAndNonce ots_getTransactionError
    zks_getTransactionDetails zks_getL2ToL1LogProof zks_getL2ToL1MsgProof`,
  logs: "eth_getLogs erigon_getLogs erigon_getLatestLogs erigon_getLogsByHash",
  state: `eth_getBalance eth_getCode eth_getStorageAt eth_getStorageValues eth_getTransactionCount eth_getProof
    eth_getAccount eth_getAccountInfo linea_getProof ots_hasCode ots_getContractCreator zks_getAllAccountBalances`,
  call: `eth_call eth_estimateGas eth_fillTransaction linea_estimateGas zks_estimateFee zks_estimateGasL1ToL2
    scroll_estimateL1DataFee`,
  simulation: `eth_createAccessList eth_simulateV1 eth_callMany eth_callBundle eth_multicallV1 debug_traceCall
    debug_traceCallMany trace_call trace_callMany trace_rawTransaction arbtrace_call arbtrace_callMany
    alchemy_simulateExecution alchemy_simulateAssetChanges tenderly_simulateTransaction tenderly_estimateGas`,
  trace: `debug_traceTransaction debug_traceBlock debug_traceBlockByNumber debug_traceBlockByHash debug_traceBadBlock
    debug_storageRangeAt debug_accountRange debug_accountAt debug_dumpBlock debug_preimage debug_intermediateRoots
    debug_executionWitness debug_executionWitnessByBlockHash debug_getModifiedAccountsByNumber
    debug_getModifiedAccountsByHash debug_getAccessibleState trace_block trace_transaction trace_filter trace_get
    trace_replayTransaction trace_replayBlockTransactions trace_transactionOpcodeGas trace_blockOpcodeGas
    arbtrace_block arbtrace_transaction arbtrace_filter arbtrace_get arbtrace_replayTransaction
    arbtrace_replayBlockTransactions ots_traceTransaction ots_getInternalOperations ots_searchTransactionsBefore
    ots_searchTransactionsAfter tenderly_traceTransaction`,
  mempool: `txpool_status txpool_content txpool_contentFrom txpool_inspect txpool_besuStatistics
    txpool_besuTransactions txpool_besuPendingTransactions eth_pendingTransactions parity_pendingTransactions
    parity_allTransactions parity_nextNonce`,
  filter: `eth_newFilter eth_newBlockFilter eth_newPendingTransactionFilter eth_getFilterChanges eth_getFilterLogs
    eth_uninstallFilter`,
  send: "eth_sendRawTransaction eth_sendRawTransactionConditional",
  subscription: "eth_subscribe eth_unsubscribe",
};

const table = new Map<string, MethodTraits>();
for (const [name, list] of Object.entries(methods)) {
  const traits = Object.freeze({ name, ...classes[name as MethodClass] });
  for (const method of list.trim().split(/\s+/)) table.set(method, traits);
}

/** What the methods of the class `unknown` share. */
const unknownTraits: MethodTraits = Object.freeze({ name: "unknown", ...classes.unknown });

/** What a method is: one shared object per kind. A method that is not listed has the safe traits. */
export function traitsOf(method: string): MethodTraits {
  return table.get(method) ?? unknownTraits;
}

/**
 * Refused unless the configuration allows them: they sign with the node's keys, change the node, or read and write
 * its files. `*` stands at the end of a pattern; case does not matter, because some servers ignore it too.
 */
const deniedByDefault = `
  eth_sendTransaction eth_sign* eth_resend eth_getWork eth_submitWork eth_submitHashrate parity_set* parity_add*
  parity_remove* parity_post* parity_sign* parity_compose* parity_new* parity_kill* parity_start* parity_stop*
  signer_* personal_* account_* wallet_* clef_* admin_* engine_* miner_* clique_* ibft_propose* ibft_discard*
  qbft_propose* qbft_discard* perm_* plugins_* priv_* eea_* les_* shh_* bzz_* db_* test_* testing_* console_*
  internal_* anvil_* hardhat_* evm_* ganache_* tenderly_set* tenderly_add* debug_set* debug_start* debug_stop*
  debug_write* debug_reset* debug_delete* debug_clear* debug_insert* debug_migrate* debug_chaindb* debug_db*
  debug_free* debug_gc* debug_mem* debug_stacks debug_cpuProfile debug_blockProfile debug_mutexProfile debug_goTrace debug_vmodule
  debug_verbosity debug_backtraceAt debug_standardTrace* debug_traceBlockFromFile debug_traceChain
  debug_getBadBlocks debug_batchSendRawTransaction debug_resyncWorldState debug_replayBlock debug_metrics
`
  .trim()
  .split(/\s+/);

/** May clients call this method? */
export type MethodRules = (method: string) => boolean;

/** Patterns are names, or beginnings of names with a `*` at the end (`debug_*`). */
export interface MethodPatterns {
  /** Opens what is denied by default. */
  readonly allow: readonly string[];
  /** Closes more; stronger than `allow`. */
  readonly deny: readonly string[];
}

/**
 * Decides about each listed method once; a name outside the list is looked at each time, so that what clients make up
 * is not remembered. A name that no server could have (a space, a quote) is refused: nodes repeat it in their errors,
 * where it could pass for something that they say themselves.
 */
export function createMethodRules({ allow, deny }: MethodPatterns): MethodRules {
  const opened = matcher(allow);
  const closed = matcher(deny);
  const closedByDefault = matcher(deniedByDefault);
  const decide = (method: string) => {
    const name = method.toLowerCase();
    return wellFormed.test(name) && !closed(name) && (opened(name) || !closedByDefault(name));
  };
  const decided = new Map([...table.keys()].map((method) => [method, decide(method)]));
  return (method) => decided.get(method) ?? decide(method);
}

/** The longest name in use has 43 characters. */
const wellFormed = /^[a-z][a-z0-9_.-]{0,63}$/;

/** Does a lower-case name fit one of the patterns? */
function matcher(patterns: readonly string[]): (name: string) => boolean {
  const lower = patterns.map((pattern) => pattern.toLowerCase());
  const names = new Set(lower.filter((pattern) => !pattern.endsWith("*")));
  const beginnings = lower.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  return (name) => names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}
