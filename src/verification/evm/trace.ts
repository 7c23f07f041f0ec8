import type { Plan } from "./plan.ts";
import type { Proving } from "./proving.ts";
import { type Sent, sentAs } from "./transaction.ts";

/**
 * Ways to ask for the trace of a transaction, the commoner one first: geth's, which Nethermind, Erigon, Reth, Besu and
 * anvil have too, and parity's, which geth does not have.
 */
export const traceQuestions: readonly { readonly method: string; params(hash: string): readonly unknown[] }[] = [
  { method: "debug_traceTransaction", params: (hash) => [hash, { tracer: "callTracer" }] },
  { method: "trace_transaction", params: (hash) => [hash] },
];

/** The outermost call of a trace, as far as a transaction says what it must be. */
interface Root {
  /**
   * Addresses and bytes in small letters; `to` is undefined where a contract is made, others where they are left out.
   */
  readonly from: string;
  readonly to: string | undefined;
  readonly value: string | undefined;
  readonly input: string | undefined;
  /** No transaction says that, and honest nodes were wrong about it: it is compared, and proves nothing. */
  readonly failed: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** What is asked and how it is checked: the trace of a transaction in the block at a height. */
export function tracePlan(method: string, params: readonly unknown[], height: number): Plan {
  return { check: "trace", method, params, height, proof: "transaction", pinned: () => params, pinnedMethod: method };
}

/**
 * The outermost call of a trace in one form for both ways of asking; `undefined` for what is no such trace: null, an
 * empty list, or the opcodes that come when the tracer's name is not understood.
 *
 * What honest nodes tell differently is left out, as are the calls within:
 *
 * | member | why |
 * |---|---|
 * | `gas`, `gasUsed` | geth's are those of the transaction and of its receipt; parity's, and older geth's, leave out the intrinsic gas and refunds; anvil mixes both |
 * | `error`, but for whether there is one | the words differ; and Besu called successful transactions reverted (besu#7885), cdk-erigon reverted ones successful (cdk-erigon#945) |
 * | `to` of a creation, `address` | left out when it failed |
 * | `output`, `revertReason`, `calls` | differ in what is empty, and in calls of precompiled contracts |
 */
export function traceRoot(method: string, value: unknown): Root | undefined {
  return method === "trace_transaction" ? flatRoot(value) : nestedRoot(value);
}

/** geth's callTracer (`eth/tracers/native/call.go`): calls within calls. */
function nestedRoot(value: unknown): Root | undefined {
  if (!isFields(value)) return undefined;
  const { type, from, to, value: amount, input, calls, error } = value;
  if (typeof type !== "string" || (calls !== undefined && calls !== null && !Array.isArray(calls))) return undefined;
  return rootOf(/^CREATE2?$/i.test(type), { from, to, value: amount, input, error });
}

/** parity's: a list of calls, the outermost one at the address []. */
function flatRoot(value: unknown): Root | undefined {
  if (!Array.isArray(value)) return undefined;
  const first: unknown = value.find(
    (one) => isFields(one) && Array.isArray(one["traceAddress"]) && one["traceAddress"].length === 0,
  );
  const action = isFields(first) ? first["action"] : undefined;
  if (!isFields(first) || !isFields(action)) return undefined;
  const makes = first["type"] === "create";
  if (!makes && first["type"] !== "call") return undefined;
  const { from, to, value: amount } = action;
  return rootOf(makes, { from, to, value: amount, input: action[makes ? "init" : "input"], error: first["error"] });
}

type Parts = Readonly<Record<"from" | "to" | "value" | "input" | "error", unknown>>;

function rootOf(makes: boolean, { from, to, value, input, error }: Parts): Root | undefined {
  const sender = hexOf(from);
  const target = makes ? undefined : hexOf(to);
  if (sender === undefined || (!makes && target === undefined)) return undefined;
  const amount = hexOf(value);
  // No number of wei is longer than 32 bytes.
  if (amount !== undefined && amount.length > 66) return undefined;
  const wei = amount === undefined || amount === "0x" ? undefined : BigInt(amount).toString();
  const failed = typeof error === "string" && error !== "";
  return { from: sender, to: target, value: wei, input: hexOf(input), failed };
}

function hexOf(value: unknown): string | undefined {
  return typeof value === "string" && /^0x[0-9a-f]*$/i.test(value) ? value.toLowerCase() : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * How a trace is proven: by the transaction, whose hash tells that it is the one. `undefined` from `read` for one of
 * which that cannot be told.
 */
export function provingTrace({ method, params }: Pick<Plan, "method" | "params">, height: number): Proving | undefined {
  const [hash] = params;
  if (typeof hash !== "string") return undefined;
  return {
    method: "eth_getTransactionByHash",
    params: [hash],
    height,
    read(answer) {
      const sent = sentAs(answer, hash);
      if (!sent) return Promise.resolve(undefined);
      const { from, to = "a new contract", value, input } = sent;
      return Promise.resolve({
        shown: `${from} to ${to}, value ${value}, input ${abridged(input)}, by the transaction's hash`,
        contradicts(text) {
          const root = traceRoot(method, JSON.parse(text));
          return root !== undefined && !fits(root, sent);
        },
      });
    },
  };
}

/** So much of an input is shown: four bytes that name a method, and two arguments; they may have hundreds of thousands. */
const shownInput = 2 + 2 * (4 + 2 * 32);

function abridged(input: string): string {
  return input.length <= shownInput ? input : `${input.slice(0, shownInput)}... (${input.length / 2 - 1} bytes)`;
}

function fits(root: Root, { from, to, value, input }: Sent): boolean {
  return (
    root.from === from &&
    root.to === to &&
    (root.value === undefined || root.value === value.toString()) &&
    (root.input === undefined || root.input === input)
  );
}
