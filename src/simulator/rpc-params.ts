import { type Chain, finalizedDepth, safeDepth } from "./chain.ts";
import type { Lie } from "./lies.ts";

/** A chain as one upstream sees it at one moment. */
export interface ChainView {
  readonly chain: Chain;
  /** The newest block that the upstream has. */
  readonly head: number;
  /** The newest block that there is; a transaction sent now goes into the one after it. */
  readonly tip: number;
  /** Node software as `web3_clientVersion` tells it. */
  readonly client: string;
  /** Mixed into everything that is read from state: upstreams with different salt contradict each other. */
  readonly salt: string;
  /** What it lies about, if anything. */
  readonly lies?: ReadonlySet<Lie>;
}

/** The error part of a JSON-RPC reply, thrown where a parameter is read and caught where a request is answered. */
export class RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    this.code = code;
    this.message = message;
    this.data = data;
  }
}

/** The block that a tag, a number or an object of EIP-1898 names; it may lie above the head. */
export function heightOf(view: ChainView, value: unknown, argument: number): number {
  if (value === undefined) throw new RpcError(-32602, `missing value for required argument ${argument}`);
  if (value === "latest" || value === "pending") return view.head;
  if (value === "safe") return Math.max(0, view.head - safeDepth);
  if (value === "finalized") return Math.max(0, view.head - finalizedDepth);
  if (value === "earliest") return 0;
  if (typeof value === "string" && /^0x[0-9a-f]{1,12}$/i.test(value)) return Number.parseInt(value, 16);
  if (typeof value === "object" && value !== null) return heightOfObject(view, value, argument);
  throw new RpcError(-32602, `invalid argument ${argument}: not a block number or tag`);
}

export function heightOfObject(view: ChainView, value: object, argument: number): number {
  if ("blockNumber" in value) return heightOf(view, value.blockNumber, argument);
  const block = "blockHash" in value ? view.chain.blockOf(hashOf(value.blockHash, argument)) : undefined;
  if (block === undefined) throw new RpcError(-32000, "header not found");
  return block;
}

/** The block whose state is asked for; as geth does it, one that the upstream does not have is an error. */
export function stateHeight(view: ChainView, value: unknown, argument: number): number {
  const block = heightOf(view, value ?? "latest", argument);
  if (block > view.head) throw new RpcError(-32000, "header not found");
  return block;
}

export function state(view: ChainView, params: readonly unknown[], blockArgument: number) {
  const address = params[0];
  if (address === undefined) throw new RpcError(-32602, "missing value for required argument 0");
  if (typeof address !== "string" || !/^0x[0-9a-f]{40}$/i.test(address)) {
    throw new RpcError(-32602, "invalid argument 0: not an address of 20 bytes in hex");
  }
  const block = stateHeight(view, params[blockArgument], blockArgument);
  const digest = (...what: readonly (string | number)[]) =>
    view.chain.digest(view.salt, address.toLowerCase(), ...what);
  return { address: address.toLowerCase(), block, digest };
}

export function hashOf(value: unknown, argument: number): string {
  if (value === undefined) throw new RpcError(-32602, `missing value for required argument ${argument}`);
  if (typeof value === "string" && /^0x[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  throw new RpcError(-32602, `invalid argument ${argument}: not a hash of 32 bytes in hex`);
}

export function callData(params: readonly unknown[]): string {
  const call = params[0];
  if (call === undefined) throw new RpcError(-32602, "missing value for required argument 0");
  if (typeof call !== "object" || call === null) throw new RpcError(-32602, "invalid argument 0: not an object");
  const { data, input } = call as { data?: unknown; input?: unknown };
  return String(input ?? data ?? "0x");
}
