import { traceQuestions, traceRoot } from "./trace.ts";

/**
 * Members that honest nodes write differently, or not at all, and that say nothing of their own. Sources:
 *
 * | member | why |
 * |---|---|
 * | `totalDifficulty` | no longer kept after the merge: geth and others left it out of blocks (execution-apis#570) |
 * | `size` | of the block's RLP; some count it without the body |
 * | `blockTimestamp` | in logs of some clients only (execution-apis#639); the block says it |
 * | `removed` | false wherever logs are read by a call |
 * | `yParity` | equals `v` of typed transactions; older clients leave it out (execution-apis#378) |
 * | `chainId` | of old transactions, as derived from `v`, in some clients only |
 * | `accessList`, `authorizationList`, `blobVersionedHashes` | empty or missing where there are none; covered by the hash |
 * | `author`, `sealFields`, `creates`, `publicKey`, `raw`, `standardV`, `condition` | of Parity and its heirs |
 * | `transactionLogIndex`, `type` of a log (`mined`) | the same |
 * | `blobGasPrice`, `blobGasUsed` of a receipt | left out by clients of before Cancun |
 * | `root` of a receipt | of before Byzantium; some write it beside `status` |
 */
const volatile: ReadonlySet<string> = new Set(
  `totalDifficulty size blockTimestamp removed yParity chainId accessList authorizationList blobVersionedHashes author
  sealFields creates publicKey raw standardV condition transactionLogIndex blobGasPrice root`.split(/\s+/),
);

/** Members that are numbers: their leading zeros mean nothing. Whatever else begins with 0x is bytes. */
const quantities: ReadonlySet<string> = new Set(
  `number difficulty gasLimit gasUsed timestamp baseFeePerGas excessBlobGas cumulativeGasUsed effectiveGasPrice
  blockNumber transactionIndex logIndex nonce gas gasPrice maxFeePerGas maxPriorityFeePerGas maxFeePerBlobGas value type
  status v r s index validatorIndex amount balance blobGasUsed`.split(/\s+/),
);

/** What the whole result of a method is: a number, 32 bytes, or anything. */
const scalars: Readonly<Record<string, "quantity" | "word">> = {
  eth_getBalance: "quantity",
  eth_getTransactionCount: "quantity",
  eth_getStorageAt: "word",
};

/** Of traces only the outermost call is compared. */
const traces: ReadonlySet<string> = new Set(traceQuestions.map(({ method }) => method));

/**
 * A result in the one form in which two honest nodes write it: members sorted, those that mean nothing left out, hex in
 * small letters, numbers without leading zeros. Two results say the same when their forms are equal. `undefined` for what
 * is no JSON, or nested more deeply than the stack is, or no trace where one was asked for.
 */
export function canonical(method: string, text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (traces.has(method)) {
    const root = traceRoot(method, value);
    return root && JSON.stringify(root);
  }
  const scalar = scalars[method];
  if (typeof value === "string" && scalar !== undefined) return scalar === "quantity" ? quantity(value) : word(value);
  try {
    return JSON.stringify(form(value, ""));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function form(value: unknown, name: string): unknown {
  if (typeof value === "string") return quantities.has(name) ? quantity(value) : value.toLowerCase();
  if (Array.isArray(value)) return value.map((one) => form(one, name));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value)
    .filter(([key, member]) => member !== null && member !== undefined && !volatile.has(key))
    .map(([key, member]) => [key, form(member, key)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  // A log of Parity's heirs says that it was mined, in the member that is a number elsewhere.
  return Object.fromEntries(members.filter(([key, member]) => key !== "type" || member !== "mined"));
}

function quantity(text: string): string {
  return /^0x[0-9a-f]+$/i.test(text) ? `0x${text.slice(2).replace(/^0+(?=.)/, "")}`.toLowerCase() : text.toLowerCase();
}

function word(text: string): string {
  return /^0x[0-9a-f]{0,64}$/i.test(text) ? `0x${text.slice(2).padStart(64, "0")}`.toLowerCase() : text.toLowerCase();
}
