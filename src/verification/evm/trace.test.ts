import assert from "node:assert/strict";
import { test } from "node:test";
import { type Signature, Transaction, type TransactionLike, Wallet } from "ethers";
import { canonical } from "./canonical.ts";
import { provingTrace, tracePlan, traceRoot } from "./trace.ts";
import { sentAs } from "./transaction.ts";

const wallet = new Wallet(`0x${"7".repeat(64)}`);
const from = wallet.address.toLowerCase();
const to = `0x${"5f".repeat(20)}`;
const chainId = 31_337;
const gas = { nonce: 3, gasLimit: 100_000n, to, value: 5n, data: "0x12ab" };
const fees = { maxFeePerGas: 9n, maxPriorityFeePerGas: 1n };

const bare = (value: bigint | number) => `0x${value.toString(16)}`;

const signed = ({ r, s, yParity }: Pick<Signature, "r" | "s" | "yParity">) => ({
  r: bare(BigInt(r)),
  s: bare(BigInt(s)),
  yParity: bare(yParity),
});

/** A transaction as nodes show it: numbers without leading zeros, `v` as each type has it. */
async function shown(like: TransactionLike): Promise<{ hash: string; fields: Record<string, unknown> }> {
  const transaction = Transaction.from(await wallet.signTransaction(like));
  const { type, nonce, gasLimit, value, data, signature } = transaction;
  assert.ok(signature && transaction.hash);
  const v = type === 0 ? Number(signature.networkV ?? signature.v) : signature.yParity;
  const optional = {
    gasPrice: transaction.gasPrice,
    maxFeePerGas: transaction.maxFeePerGas,
    maxPriorityFeePerGas: transaction.maxPriorityFeePerGas,
    maxFeePerBlobGas: transaction.maxFeePerBlobGas,
  };
  const fields: Record<string, unknown> = {
    type: bare(type ?? 0),
    ...(type !== 0 && { chainId: bare(transaction.chainId), accessList: transaction.accessList }),
    nonce: bare(nonce),
    gas: bare(gasLimit),
    to: transaction.to,
    value: bare(value),
    input: data,
    ...signed(signature),
    v: bare(v),
    ...Object.fromEntries(Object.entries(optional).flatMap(([key, one]) => (one === null ? [] : [[key, bare(one)]]))),
    blobVersionedHashes: transaction.blobVersionedHashes ?? undefined,
    authorizationList: transaction.authorizationList?.map((one) => ({
      address: one.address.toLowerCase(),
      nonce: bare(one.nonce),
      chainId: bare(one.chainId),
      ...signed(one.signature),
    })),
  };
  if (type === 0) delete fields["yParity"];
  return { hash: transaction.hash, fields };
}

const kinds: [name: string, like: TransactionLike][] = [
  ["of before EIP-155", { ...gas, type: 0, gasPrice: 9n, chainId: 0 }],
  ["old", { ...gas, type: 0, gasPrice: 9n, chainId }],
  ["with an access list", { ...gas, type: 1, gasPrice: 9n, chainId, accessList: [{ address: to, storageKeys: [] }] }],
  ["with a base fee", { ...gas, type: 2, ...fees, chainId }],
  [
    "with blobs",
    { ...gas, type: 3, ...fees, chainId, maxFeePerBlobGas: 7n, blobVersionedHashes: [`0x01${"0".repeat(62)}`] },
  ],
  [
    "with authorizations",
    {
      ...gas,
      type: 4,
      ...fees,
      chainId,
      authorizationList: [wallet.authorizeSync({ address: to, nonce: 1, chainId })],
    },
  ],
];

for (const [name, like] of kinds) {
  test(`traces: what a transaction ${name} begins with is told by its hash, whoever shows it`, async () => {
    const { hash, fields } = await shown(like);
    assert.deepEqual(sentAs(fields, hash), { from, to, value: 5n, input: "0x12ab" });
    for (const change of [{ value: "0x6" }, { to: from }, { input: "0x12ac" }, { nonce: "0x4" }]) {
      assert.equal(sentAs({ ...fields, ...change }, hash), undefined, JSON.stringify(change));
    }
    assert.equal(sentAs(fields, `0x${"1".repeat(64)}`), undefined);
  });
}

test("traces: a transaction that makes a contract has no receiver, and what is no transaction tells nothing", async () => {
  const { hash, fields } = await shown({ ...gas, to: null, type: 2, ...fees, chainId });
  assert.deepEqual(sentAs(fields, hash), { from, to: undefined, value: 5n, input: "0x12ab" });
  const strangers: unknown[] = [
    null,
    "0x",
    [],
    {},
    { ...fields, type: "0x7e" },
    { ...fields, r: "0xzz" },
    { ...fields, v: null, yParity: null },
  ];
  for (const stranger of strangers) assert.equal(sentAs(stranger, hash), undefined, JSON.stringify(stranger));
});

const root = { from, to, value: "5", input: "0x12ab", failed: false };
const failed = { ...root, failed: true };
const made = { ...root, to: undefined };
const action = { callType: "call", from, gas: "0x13478", input: "0x12ab", to, value: "0x5" };
const init = { creationMethod: "create", from, gas: "0x23c14", init: "0x12ab", value: "0x5" };
const nested = { type: "CALL", from, to, value: "0x5", input: "0x12ab", gas: "0x186a0", gasUsed: "0x5258" };
const inner = { action: { ...action, from: to, to: from }, traceAddress: [0], subtraces: 0, type: "call" };
const flat = { action, result: { gasUsed: "0x28", output: "0x" }, subtraces: 1, traceAddress: [], type: "call" };

/** By the real answers of anvil and geth, and by those in besu#3549, besu#7885 and openethereum's documentation. */
const dialects: [name: string, method: string, trace: unknown, root: unknown][] = [
  ["geth", "debug_traceTransaction", nested, root],
  ["geth, with calls within", "debug_traceTransaction", { ...nested, calls: [{ ...nested, from: to }] }, root],
  ["geth, reverted", "debug_traceTransaction", { ...nested, error: "execution reverted", output: "0x" }, failed],
  ["anvil, without the intrinsic gas", "debug_traceTransaction", { ...nested, gas: "0x13478" }, root],
  [
    "without what is nought",
    "debug_traceTransaction",
    { type: "CALL", from, to },
    { ...root, value: undefined, input: undefined },
  ],
  ["capitals and zeros", "debug_traceTransaction", { ...nested, from: wallet.address, value: "0x05" }, root],
  ["geth, made", "debug_traceTransaction", { ...nested, type: "CREATE" }, made],
  [
    "geth, made in vain",
    "debug_traceTransaction",
    { ...nested, type: "CREATE", to: undefined, error: "invalid opcode" },
    { ...made, failed: true },
  ],
  ["parity", "trace_transaction", [flat, inner], root],
  ["parity, in another order", "trace_transaction", [inner, flat], root],
  ["anvil, reverted", "trace_transaction", [{ ...flat, error: "Reverted" }], failed],
  ["besu, failed", "trace_transaction", [{ ...flat, result: null, error: "Bad instruction" }], failed],
  ["parity, made", "trace_transaction", [{ ...flat, type: "create", action: init, result: { address: to } }], made],
  ["nothing", "debug_traceTransaction", null, undefined],
  ["opcodes", "debug_traceTransaction", { failed: false, gas: 0, returnValue: "0x", structLogs: [] }, undefined],
  ["no receiver", "debug_traceTransaction", { ...nested, to: undefined }, undefined],
  ["calls that are none", "debug_traceTransaction", { ...nested, calls: "many" }, undefined],
  ["too much", "debug_traceTransaction", { ...nested, value: `0x${"f".repeat(65)}` }, undefined],
  ["an empty list", "trace_transaction", [], undefined],
  ["no outermost call", "trace_transaction", [inner, null, 7], undefined],
  ["a reward", "trace_transaction", [{ ...flat, type: "reward" }], undefined],
  ["words", "trace_transaction", "0x", undefined],
];

test("traces: the outermost call is read from the answers of all kinds of nodes, and nothing else is taken for one", () => {
  for (const [name, method, trace, expected] of dialects) {
    assert.deepEqual(traceRoot(method, trace), expected, name);
    const form = canonical(method, JSON.stringify(trace));
    assert.equal(form, expected === undefined ? undefined : JSON.stringify(expected), name);
  }
});

test("traces: one that does not begin with its transaction is contradicted by it, whatever the dialect", async () => {
  const { hash, fields } = await shown({ ...gas, type: 2, ...fees, chainId });
  for (const [, method, trace, told] of dialects) {
    const proving = provingTrace(tracePlan(method, [hash], 7), 7);
    assert.deepEqual([proving?.method, proving?.params], ["eth_getTransactionByHash", [hash]]);
    const truth = await proving?.read(fields, {} as never);
    assert.match(truth?.shown ?? "", /, value 5, input 0x12ab, by the transaction's hash$/);
    // Whatever makes a contract is another transaction than this one.
    const wrong = (told as { to?: string } | undefined)?.to === undefined && told !== undefined;
    assert.equal(await truth?.contradicts(JSON.stringify(trace)), wrong, JSON.stringify(trace));
  }
  const truth = await provingTrace(tracePlan("debug_traceTransaction", [hash], 7), 7)?.read(fields, {} as never);
  for (const change of [{ to: from }, { from: to }, { value: "0x6" }, { input: "0x" }, { type: "CREATE" }]) {
    assert.equal(await truth?.contradicts(JSON.stringify({ ...nested, ...change })), true, JSON.stringify(change));
  }
  for (const honest of [{ gasUsed: "0x1" }, { error: "Reverted" }, { output: "0x12" }, { value: undefined }]) {
    assert.equal(await truth?.contradicts(JSON.stringify({ ...nested, ...honest })), false, JSON.stringify(honest));
  }
  assert.equal(await provingTrace(tracePlan("trace_transaction", [hash], 7), 7)?.read(null, {} as never), undefined);
});

test("traces: evidence shows of a transaction what fits on a page, however much it carries", async () => {
  const data = `0x${"ab".repeat(60_000)}`;
  const { hash, fields } = await shown({ ...gas, data, type: 2, ...fees, chainId });
  const truth = await provingTrace(tracePlan("debug_traceTransaction", [hash], 7), 7)?.read(fields, {} as never);
  assert.ok((truth?.shown.length ?? 1_000) < 400, `${truth?.shown.length}`);
  assert.match(truth?.shown ?? "", /\(60000 bytes\)/);
  assert.equal(await truth?.contradicts(JSON.stringify({ ...nested, input: data })), false);
});
