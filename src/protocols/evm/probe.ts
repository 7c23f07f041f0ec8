import type { Call } from "../../core/call.ts";
import type { Answer } from "../../core/outcome.ts";
import type { ProbeReading, ProbeStep } from "../../core/protocol.ts";
import { parseJson } from "../../lib/json-text.ts";
import { textOf } from "../../lib/latin1.ts";
import { traitsOf } from "./methods.ts";
import { wireRequest } from "./wire.ts";

type Reader = (result: unknown) => Partial<ProbeReading> | undefined;

function step(
  name: ProbeStep["name"],
  every: ProbeStep["every"],
  optional: boolean,
  method: string,
  params: string,
  read: Reader,
): ProbeStep {
  return {
    name,
    every,
    optional,
    call: ownCall(method, params),
    read: (answer: Answer) => (answer.failed ? undefined : read(parseJson(textOf(answer.payload)))),
  };
}

/** A question of our own, with its parameters as JSON text. */
export function ownCall(method: string, params: string): Call {
  return {
    network: "",
    method,
    traits: traitsOf(method),
    key: undefined,
    height: undefined,
    floor: undefined,
    needsState: false,
    pin: undefined,
    detail: { params: undefined },
    wire: wireRequest(method, params),
  };
}

/** A quantity as JSON-RPC writes it (`0x` and hex digits, below 2^53), or `undefined`. */
function quantity(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,13}$/.test(value)) return undefined;
  return Number.parseInt(value, 16);
}

function blockNumber(block: unknown): number | undefined {
  return typeof block === "object" && block !== null && "number" in block ? quantity(block.number) : undefined;
}

function some<Name extends keyof ProbeReading>(
  name: Name,
  value: ProbeReading[Name],
): Partial<ProbeReading> | undefined {
  return value === undefined ? undefined : { [name]: value };
}

/**
 * What an upstream of an evm network is asked. Blocks by tag are asked without transactions and seldom: on Ethereum
 * finality moves once in 6.4 minutes, and a block's list of hashes is 10 KB and more.
 */
export const evmProbe: readonly ProbeStep[] = [
  step("chain", "rare", false, "eth_chainId", "[]", (value) => some("chain", quantity(value)?.toString())),
  step("genesis", "rare", true, "eth_getBlockByNumber", '["0x0",false]', (block) =>
    typeof block === "object" && block !== null && "hash" in block && typeof block.hash === "string"
      ? { genesis: block.hash.toLowerCase() }
      : undefined,
  ),
  step("version", "rare", true, "web3_clientVersion", "[]", (value) =>
    typeof value === "string" ? { version: value.slice(0, 120) } : undefined,
  ),
  step("head", "probe", false, "eth_blockNumber", "[]", (value) => some("head", quantity(value))),
  // `false`, or an object that tells how far behind it is.
  step("syncing", "probe", true, "eth_syncing", "[]", (value) =>
    value === undefined ? undefined : { syncing: value !== false && value !== null },
  ),
  step("safe", "slow", true, "eth_getBlockByNumber", '["safe",false]', (block) => some("safe", blockNumber(block))),
  step("finalized", "slow", true, "eth_getBlockByNumber", '["finalized",false]', (block) =>
    some("finalized", blockNumber(block)),
  ),
  step("peers", "slow", true, "net_peerCount", "[]", (value) => some("peers", quantity(value))),
];
