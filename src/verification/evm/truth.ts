import { keccak256, toBeHex } from "ethers";
import { canonical } from "./canonical.ts";
import { type Header, quantityOf, readHeader } from "./header.ts";
import type { Plan } from "./plan.ts";
import { logsIn, matches, type ProvenLog, provenAccount, provenSlot, receiptsRoot } from "./proof.ts";
import type { Proving, Truth } from "./proving.ts";
import { provingTrace } from "./trace.ts";

/**
 * How the answer to a call can be proven, if at all: state by EIP-1186 under the state root, logs and receipts by all
 * receipts of the block under the receipts root, traces by the transaction under its hash. `pair` are two answers
 * (JSON) that differ, which tell in which block to look for logs. Block 0 is left alone: its state is configured, and
 * some nodes show none.
 */
export function provingOf(plan: Plan, header: Header, pair: readonly [string, string]): Proving | undefined {
  if (plan.proof === "state" && header.number > 0) return provingState(plan, header);
  if (plan.proof === "transaction") return provingTrace(plan, header.number);
  if (plan.proof === "receipts")
    return plan.check === "logs" ? provingLogs(plan, pair) : provingReceipts(header.number);
  return undefined;
}

/** Which block is at a height, by the header that the sync committee signed, or one of its ancestors. */
export function signedTruth({ number, hash }: Header): Truth {
  return {
    shown: `block ${number} is ${hash}, as the sync committee signed`,
    contradicts: (text) => readHeader(JSON.parse(text))?.hash !== hash,
  };
}

function provingState({ method, params }: Plan, { number, hash }: Header): Proving | undefined {
  const [address, place] = params;
  if (typeof address !== "string") return undefined;
  const slot = method === "eth_getStorageAt" ? slotText(place) : undefined;
  if (method === "eth_getStorageAt" && slot === undefined) return undefined;
  return {
    method: "eth_getProof",
    params: [address, slot === undefined ? [] : [slot], { blockHash: hash }],
    height: number,
    async read(answer, { stateRoot }) {
      const { accountProof, storageProof } = (answer ?? {}) as { accountProof?: unknown; storageProof?: unknown };
      const account = await provenAccount(stateRoot, address, accountProof);
      if (!account) return undefined;
      if (slot !== undefined) {
        const [entry] = Array.isArray(storageProof) ? (storageProof as { proof?: unknown }[]) : [];
        const value = await provenSlot(account.storageRoot, slot, entry?.proof);
        return value === undefined ? undefined : exactly(method, value, stateRoot);
      }
      if (method === "eth_getBalance") return exactly(method, account.balance, stateRoot);
      if (method === "eth_getTransactionCount") return exactly(method, account.nonce, stateRoot);
      return codeWith(account.codeHash, stateRoot);
    },
  };
}

function exactly(method: string, value: string, root: string): Truth {
  const form = canonical(method, JSON.stringify(value));
  return { shown: `${value}, by state root ${root}`, contradicts: (text) => canonical(method, text) !== form };
}

function codeWith(codeHash: string, root: string): Truth {
  return {
    shown: `code with hash ${codeHash}, by state root ${root}`,
    contradicts(text) {
      const code: unknown = JSON.parse(text);
      if (typeof code !== "string" || !/^0x(?:[0-9a-f]{2})*$/i.test(code)) return true;
      return keccak256(code) !== codeHash;
    },
  };
}

/** A slot as 32 bytes: some nodes refuse an odd number of digits. */
function slotText(place: unknown): string | undefined {
  return typeof place === "string" && /^0x[0-9a-f]{1,64}$/i.test(place) ? toBeHex(BigInt(place), 32) : undefined;
}

function provingReceipts(height: number): Proving {
  return {
    method: "eth_getBlockReceipts",
    params: [`0x${height.toString(16)}`],
    height,
    async read(answer, header) {
      if ((await receiptsRoot(answer)) !== header.receiptsRoot) return undefined;
      return {
        shown: `${(answer as unknown[]).length} receipts, by receipts root ${header.receiptsRoot}`,
        async contradicts(text) {
          // Of receipts in a form that this does not know nothing can be said.
          const root = await receiptsRoot(JSON.parse(text));
          return root !== undefined && root !== header.receiptsRoot;
        },
      };
    },
  };
}

/**
 * Looks at the first block in which two answers have other logs, of those that were asked for: a true log of another block
 * would else condemn whoever left it out.
 */
function provingLogs({ params }: Plan, pair: readonly [string, string]): Proving | undefined {
  const filter = params[0] as { address?: unknown; topics?: unknown; fromBlock?: unknown; toBlock?: unknown };
  const from = quantityOf(filter.fromBlock) ?? 0;
  const to = quantityOf(filter.toBlock) ?? -1;
  const isAsked = (block: number) => block >= from && block <= to;
  const [a, b] = pair.map(byBlock);
  if (!a || !b) return undefined;
  const blocks = [...new Set([...a.keys(), ...b.keys()])].sort((one, other) => one - other);
  const height = blocks
    .filter(isAsked)
    .find((block) => JSON.stringify(a.get(block) ?? []) !== JSON.stringify(b.get(block) ?? []));
  if (height === undefined) return undefined;
  return {
    method: "eth_getBlockReceipts",
    params: [`0x${height.toString(16)}`],
    height,
    async read(answer, header) {
      if ((await receiptsRoot(answer)) !== header.receiptsRoot) return undefined;
      const logs = logsIn(answer as unknown[]).filter((log) => matches(log, filter));
      const form = JSON.stringify(logs);
      return {
        shown: `${logs.length} logs in block ${height}, by receipts root ${header.receiptsRoot}`,
        contradicts: (text) => JSON.stringify(byBlock(text)?.get(height) ?? []) !== form,
      };
    },
  };
}

/** The logs of an answer by block, as far as a receipts root proves them; `undefined` for what are no logs. */
function byBlock(text: string): Map<number, ProvenLog[]> | undefined {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return undefined;
  const blocks = new Map<number, ProvenLog[]>();
  for (const one of value as Record<"address" | "topics" | "data" | "logIndex" | "blockNumber", unknown>[]) {
    const block = quantityOf(one?.blockNumber);
    const logIndex = quantityOf(one?.logIndex);
    if (block === undefined || logIndex === undefined || !Array.isArray(one.topics)) return undefined;
    const log: ProvenLog = {
      address: String(one.address).toLowerCase(),
      topics: one.topics.map((topic) => String(topic).toLowerCase()),
      data: String(one.data).toLowerCase(),
      logIndex,
    };
    const together = blocks.get(block);
    if (together) together.push(log);
    else blocks.set(block, [log]);
  }
  return blocks;
}
