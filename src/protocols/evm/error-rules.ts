import type { FaultKind } from "../../core/outcome.ts";
import { archiveTexts, keyTexts, type Phrase, phrases, quotaTexts, throttleTexts } from "./error-texts.ts";

/**
 * What a reply is: a kind of fault; `answer`, a definitive no that any node would give and the client gets as it is;
 * or `already_known`, a node's way to say that it has the transaction, which is what the client wanted.
 */
export type Verdict = FaultKind | "answer" | "already_known";

/**
 * One rule. It matches when the call is of one of its `classes` (absent: of any) and one of its signs is there;
 * a rule without signs matches everything. The first rule that matches decides.
 */
export interface ErrorRule<V extends Verdict = Verdict> {
  /** Stable: logs and docs/errors.md call the rule by it. */
  readonly name: string;
  /** The row of the first table in docs/errors.md. */
  readonly row: number;
  readonly verdict: V;
  readonly classes?: readonly string[];
  readonly statuses?: readonly number[];
  readonly codes?: readonly number[];
  readonly texts?: readonly Phrase[];
  /** The whole message. */
  readonly exact?: readonly string[];
  /** The body is a page for people. */
  readonly html?: true;
  /**
   * The text is no sign when it may be the client's own words, repeated: below HTTP 300 with one of these codes, or in
   * reply to a call that ran a script of the client's.
   */
  readonly echoes?: readonly number[];
}

/** What may speak for a rule, and for which calls. */
type Signs = Omit<ErrorRule, "name" | "row" | "verdict">;

function rule<V extends Verdict>(name: string, row: number, verdict: V, signs: Signs = {}): ErrorRule<V> {
  return { name, row, verdict, ...signs };
}

/** Numbers from the first to the last. */
function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The classes of methods that may run a tracer of the client's. */
export const heavy: readonly string[] = ["trace", "simulation"];

/**
 * For replies that carry a JSON-RPC error. The texts are those of geth, erigon, Nethermind, Besu, reth, anvil, hardhat,
 * ganache, ethereumjs, OpenEthereum, of chains built on them, and of the larger vendors; fixtures/ says where each is
 * from. Text that a client can choose (a contract's, a script's, a quoted parameter) comes first or counts for little,
 * or else a client could have upstreams held off at will.
 */
export const errorRules: readonly ErrorRule[] = [
  rule("reverted", 9, "answer", {
    codes: [3],
    texts: phrases`execution reverted; vm exception while processing transaction; vm execution error;
      transaction reverted; revert:; reverted:; transaction: revert; transaction execution error; reverted with reason; revert reason;
      revert opcode; reverted 0x; 0x08c379a0; 0x4e487b71`,
  }),
  rule("halted", 9, "answer", {
    texts: phrases`evm error; invalid opcode; bad instruction; stack underflow; stack overflow; stack limit reached;
      invalid jump; bad jump destination; write protection; return data out of bounds; max call depth exceeded;
      max code size exceeded; max initcode size exceeded; contract address collision; must not begin with 0xef;
      could not be completed due to an exception`,
  }),
  rule("tracer_script_failed", 17, "answer", {
    classes: heavy,
    texts: phrases`server-side tracer function; failed to evaluate js`,
  }),
  rule("tracer_refused", 17, "doubtful_request", { classes: heavy, texts: phrases`tracer` }),
  // The codes of execution-apis for a transaction or a block that eth_simulateV1 finds wrong.
  rule("simulation_refused", 14, "answer", { codes: range(-38026, -38010) }),
  rule("sender_throttled", 3, "answer", { texts: phrases`sender is over rate limit` }),
  rule("range_too_large", 1, "too_large", {
    statuses: [413],
    codes: [-32614, -32047],
    texts: phrases`this block range; block range is too; block range too; block range limit; block range is larger;
      max block range; maximum block range; up to a .. block range; range .. exceeds maximum; range .. exceeds limit of;
      range .. exceeds server limit; range .. must not exceed; exceeds the range; range too large; range is too large;
      range limit exceeded; blocks distance; ranges over; narrow your filter; eth_getlogs is limited to;
      limit the query to; logs over more; too many logs; too many results; returned more than; exceeds max results;
      query exceeds limit; response size; response too large; response is too; request is too big; body too large;
      too large, max is; try paginating; reducing your block range; max batch size; calls in batch`,
  }),
  // Public BSC endpoints refuse every scan of logs in these two words; as throttling it would hold off all else.
  rule("logs_refused", 1, "too_large", { classes: ["logs"], exact: ["limit exceeded"] }),
  rule("too_many_addresses", 2, "too_large", {
    texts: phrases`less number of address; exceed max addresses; filters .. current limit is`,
  }),
  rule("quota_exhausted", 4, "quota_exhausted", {
    statuses: [402],
    texts: quotaTexts,
    echoes: [-32601, -32602, -32603, -32700],
  }),
  rule("too_many_requests", 5, "rate_limited", { statuses: [429, 529], codes: [429] }),
  rule("tracing_not_in_plan", 15, "unsupported", { classes: heavy, texts: archiveTexts }),
  rule("archive_not_in_plan", 7, "missing_data", { texts: archiveTexts }),
  rule("contradiction", 17, "answer", {
    texts: phrases`for this rpc method; both gasprice; both 'state'; exceed max topics; filter not found;
      subscription not found`,
  }),
  rule("unsupported", 15, "unsupported", {
    statuses: [405, 415, 501],
    codes: [-32601, -32604, -32612, -32613],
    texts: phrases`method .. not found; method .. does not exist; method .. not available; method .. not supported;
      method .. not allowed; method .. not enabled; method .. unsupported; method .. disabled; module .. disabled;
      namespace .. disabled; pool .. not enabled; txpool disabled; unsupported method; not whitelisted;
      not allowed to access .. method; method .. not implemented; endpoint not implemented; not included in your current plan;
      not available on your current plan`,
    exact: ["not implemented"],
  }),
  // A mined transaction had its funds and its nonce: the node has the wrong state to replay it on.
  rule("replay_lacks_state", 13, "missing_data", {
    classes: ["trace"],
    texts: phrases`insufficient funds; insufficient balance; nonce too; max fee per gas less than`,
  }),
  rule("tag_unsupported", 6, "unsupported_tag", {
    texts: phrases`pending .. not available; pending .. not found; pending .. not supported; pending .. not yet supported;
      pending is not a; on top of pending; safe .. not found; safe is not a; finalized .. not found; finalized is not a;
      finalized .. not supported; not a supported commitment; malformed blocknumber; block tag .. not allowed`,
  }),
  rule("missing_data", 7, "missing_data", {
    codes: [4444, -32701, -32801, -39001],
    texts: phrases`missing trie node; missingtrienode; missing from the db; trie does not; header not found;
      header is not found; header for hash not found; no header found; unknown block; unknown header;
      could not find block; cannot find block; block .. not found; block .. does not exist; block .. doesn't exist;
      blocks specified .. cannot be found; block .. is not available; body not found; body is missing; transaction .. not found;
      transaction hash .. doesn't exist; cannot find transaction; transaction indexing is in progress;
      receipt .. not found; receipt .. not available; resource not found; state .. not available; state .. unavailable;
      no state available; no state found; state already discarded; state .. pruned; state pruning; history .. pruned;
      history has expired; history unavailable; historical backend error; no historical rpc; block is too old; suitable provider; required data unavailable;
      requested data is not available; cannot query unfinalized; after last accepted block; beyond head block;
      beyond current head; greater than current height; greater than latest; blockoutofrange; invalid block tag;
      invalid block height; height passed is invalid; height must be less than; height is not available;
      not currently canonical; maximum proof window; genesis is not traceable`,
    exact: ["not found"],
  }),
  // Delivery is in doubt: asking for the transaction by its hash tells.
  rule("send_timed_out", 8, "server_error", {
    classes: ["send"],
    statuses: [408],
    texts: phrases`timed out; timeout; deadline exceeded`,
  }),
  rule("node_timeout", 8, "node_timeout", {
    statuses: [408],
    texts: phrases`execution timeout; timed out; execution aborted; timeout expired; timeout exceeded; request timeout;
      query timeout; due to enabled timeout; deadline exceeded`,
  }),
  rule("already_known", 10, "already_known", {
    classes: ["send"],
    texts: phrases`already known; alreadyknown; already_known; already_exists; known transaction; already imported;
      already in mempool; already in the mempool; already in the tx pool; already in pool; already exists;
      already have transaction; duplicate hash; existing tx with same hash`,
  }),
  rule("nonce_used", 11, "already_used", {
    classes: ["send"],
    texts: phrases`nonce too low; nonce is too low; noncetoolow; oldnonce; already been used; already mined;
      lower than the current nonce; invalid transaction nonce; invalid nonce; the correct nonce`,
    exact: ["mined"],
  }),
  rule("underpriced", 12, "answer", {
    texts: phrases`underpriced; could not replace existing; replacementnotallowed; to replace existing transaction;
      fee too low; feetoolow; price too low; gas price below; below the minimum; below minimum; below chain minimum;
      less than block base fee; less than block blob gas fee; below current base fee; below current blob base fee;
      too low for the next block; higher than max fee per gas; exceeds max fee per gas;
      greater than \`max_fee_per_gas\`; had higher priority`,
  }),
  rule("insufficient_funds", 13, "answer", {
    texts: phrases`insufficient funds; insufficientfunds; insufficient balance; doesn't have enough funds;
      exceeds account balance; overdraw; overdraft`,
  }),
  // A node's own policy, or the state of its pool: another node may well take the transaction.
  rule("pool_refused", 14, "doubtful_request", {
    classes: ["send"],
    texts: phrases`pool is full; pool overflow; pool size constraints; spammer; account limit exceeded;
      in-flight transaction limit; exceeds the configured cap; fee cap exceeded; exceeds block gas limit;
      exceeds block's gas limit; intrinsic gas too high; gas limit is too high; gas limit too high; gaslimitexceeded;
      gas limit cap exceeded; gas limit reached; not authorized to send; out of gas; no peer connection`,
  }),
  rule("gas_refused", 14, "answer", {
    texts: phrases`out of gas; outofgas; out of memory; gas too low; intrinsic gas; intrinsicgas; gas required exceeds;
      gas for floor data; gas uint64 overflow; gasuintoverflow; exceeds block gas limit; gas limit too high;
      gas limit is too high; gas limit is greater than; gas limit reached; gas limit cap exceeded;
      exceeds the configured cap; fee cap exceeded; max fee per gas higher than; max priority fee per gas higher than`,
  }),
  rule("transaction_invalid", 14, "answer", {
    texts: phrases`nonce too; nonce gap; noncegap; nonce has max value; nonce is too distant; invalid sender;
      failed to recover sender; failedtoresolvesender; sender not an eoa; sender is not an eoa; oversized data;
      negative value; transaction type not supported; unsupported transaction type; invalid transaction type;
      blob transaction; blob limit exceeded; replay-protected; signed for another chain; invalid chain id;
      wrong chainid; chainid not supported; chainid is required; chainid does not match; invalid chainid;
      already reserved; insufficient gas to process`,
  }),
  rule("transaction_malformed", 17, "answer", {
    texts: phrases`typed transaction too short; rlp:; rlptoolong; invalid rlp; empty transaction data; input too short;
      invalid signature; invalid transaction; transaction invalid; failed to decode .. transaction;
      tx data could not be parsed; could not decode transaction`,
  }),
  rule("rejected", 14, "doubtful_request", { classes: ["send"], codes: [-32003, -32100], exact: ["rejected"] }),
  rule("refused", 14, "answer", { codes: [-32003] }),
  // What breaks a tracer is the client's script or a rare transaction as often as the node.
  rule("tracing_failed", 19, "doubtful_request", { classes: heavy, codes: [-32603] }),
  rule("throttled", 5, "rate_limited", {
    codes: [-32005, -32007, -32009],
    texts: throttleTexts,
    exact: ["limit exceeded"],
    echoes: [-32602, -32700],
  }),
  rule("unauthorized", 18, "unauthorized", {
    statuses: [401],
    codes: [401, -40100],
    texts: keyTexts,
    echoes: [-32602, -32700],
  }),
  // Why is not said. It may be this call alone: a method outside the plan, a pattern that a firewall dislikes.
  rule("forbidden", 18, "unsupported", { statuses: [403] }),
  rule("unavailable_behind", 26, "unavailable", {
    codes: [-32503],
    texts: phrases`no available; no server available; no backend; no healthy; no live upstreams; backend offline;
      not healthy; not synced; upstream unavailable; upstream is not available; all upstream;
      cannot fulfill request; temporarily unavailable; service unavailable; initial sync; is syncing;
      current chain height yet; shutting down`,
    echoes: [-32602, -32700],
  }),
  rule("params_invalid", 17, "answer", {
    texts: phrases`invalid argument; invalid params; missing value for required argument; too many arguments;
      non-array args; hex string without; hex string of; hex string has; valid hex string; invalid hex; empty hex; hex number; odd number of digits; invalid string length; strings must be prefixed;
      supplied to :; param is required`,
  }),
  rule("params_doubtful", 17, "doubtful_request", { statuses: [400, 422], codes: [-32600, -32602, -32700] }),
  rule("server_status", 19, "server_error", { statuses: range(500, 599) }),
  rule("vm_error", 9, "answer", { codes: [-32015] }),
  // EIP-1474 calls them "not found" and "not supported"; a vendor under load says them too.
  rule("vendor_code", 16, "rpc_error", { codes: [-32001, -32004] }),
  // Among them -32000, geth's code for nearly everything, most of it the client's doing: another node tells.
  rule("unexplained", 19, "rpc_error", {
    codes: [0, -32603, ...range(-32099, -32000)],
    texts: phrases`internal; crashed; panic; database; leveldb; pebble; mdbx; connection re; dial tcp; i/o timeout;
      no such host; broken pipe; unexpected eof; bad gateway; failed to proxy; server error; context canceled`,
  }),
  rule("foreign_code", 19, "answer"),
];

/** For replies in which there is no JSON-RPC response. */
export const bodyRules: readonly ErrorRule<FaultKind>[] = [
  rule("body_too_large", 1, "too_large", { statuses: [413] }),
  rule("body_quota_exhausted", 4, "quota_exhausted", { statuses: [402], texts: quotaTexts }),
  rule("body_throttled", 5, "rate_limited", { statuses: [429, 529], texts: throttleTexts }),
  rule("body_doubtful", 17, "doubtful_request", { statuses: [400, 422] }),
  rule("body_timeout", 8, "node_timeout", { statuses: [408] }),
  rule("body_unsupported", 15, "unsupported", { statuses: [405, 415, 501] }),
  rule("edge_failed", 20, "malformed", { statuses: range(520, 530) }),
  rule("body_unavailable", 26, "unavailable", { statuses: [503] }),
  rule("body_server_error", 19, "server_error", { statuses: range(500, 599) }),
  rule("body_unauthorized", 18, "unauthorized", { statuses: [401] }),
  rule("page", 20, "malformed", { html: true }),
  rule("body_key_refused", 18, "unauthorized", { texts: keyTexts }),
  rule("body_forbidden", 18, "unsupported", { statuses: [403] }),
  rule("no_json", 20, "malformed"),
];

/** For a trace that reports a failure inside of a successful response. */
export const traceOutOfTime = rule("trace_out_of_time", 25, "bad_result");
