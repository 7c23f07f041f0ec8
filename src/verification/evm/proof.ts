import { createMPT, verifyMPTWithMerkleProof } from "@ethereumjs/mpt";
import { decodeRlp, encodeRlp, getBytes, hexlify, keccak256, toBeHex } from "ethers";
import { turn } from "../../lib/turn.ts";
import { quantityOf } from "./header.ts";

/** An account as a state root proves it. */
export interface ProvenAccount {
  /** Quantities as `0x` and digits without leading zeros. */
  readonly nonce: string;
  readonly balance: string;
  readonly codeHash: string;
  readonly storageRoot: string;
}

/** keccak256 of nothing: the code of an account that has none; and the root of an empty trie (yellow paper, appendix D). */
const noCode = keccak256("0x");
const emptyRoot = keccak256(encodeRlp("0x"));

const nobody: ProvenAccount = { nonce: "0x0", balance: "0x0", codeHash: noCode, storageRoot: emptyRoot };

/**
 * What `accountProof` (the nodes of EIP-1186) proves about an account under a state root; `undefined` when it proves
 * nothing. An account that is provably not there has nothing.
 */
export async function provenAccount(
  stateRoot: string,
  address: string,
  accountProof: unknown,
): Promise<ProvenAccount | undefined> {
  const leaf = await leafOf(stateRoot, address, accountProof);
  if (leaf === undefined) return undefined;
  if (leaf === null) return nobody;
  const fields = listOf(leaf);
  if (fields?.length !== 4) return undefined;
  const [nonce, balance, storageRoot, codeHash] = fields as [string, string, string, string];
  return { nonce: quantity(nonce), balance: quantity(balance), storageRoot, codeHash };
}

/** What a storage proof proves of one slot (a number below 2^256 as hex) under a storage root, as 32 bytes. */
export async function provenSlot(storageRoot: string, slot: string, proof: unknown): Promise<string | undefined> {
  if (!/^0x[0-9a-f]{1,64}$/i.test(slot)) return undefined;
  const leaf = await leafOf(storageRoot, toBeHex(BigInt(slot), 32), proof);
  if (leaf === undefined) return undefined;
  const value = leaf === null ? "0x" : decodeRlp(leaf);
  return typeof value === "string" ? toBeHex(BigInt(value === "0x" ? 0 : value), 32) : undefined;
}

/** The leaf of a key (which is hashed) under a root; null when it is proven that there is none. */
async function leafOf(root: string, key: string, proof: unknown): Promise<Uint8Array | null | undefined> {
  if (!Array.isArray(proof) || proof.length > 128) return undefined;
  if (!/^0x[0-9a-f]{40}$|^0x[0-9a-f]{64}$/i.test(key)) return undefined;
  // The node of an empty trie is not sent by all clients.
  if (proof.length === 0) return root === emptyRoot ? null : undefined;
  try {
    const nodes = proof.map((node) => getBytes(String(node)));
    return await verifyMPTWithMerkleProof(await createMPT(), getBytes(root), getBytes(keccak256(key)), nodes);
  } catch {
    return undefined;
  }
}

function listOf(encoded: Uint8Array): readonly string[] | undefined {
  try {
    const list = decodeRlp(encoded);
    return Array.isArray(list) && list.every((one) => typeof one === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}

function quantity(bytes: string): string {
  return bytes === "0x" ? "0x0" : `0x${BigInt(bytes).toString(16)}`;
}

/** So many receipts are put into the trie before traffic has its turn. */
const mostInTurn = 32;

/**
 * The root of the trie of a block's receipts (yellow paper §4.4.1, EIP-2718 for the typed ones), from what
 * `eth_getBlockReceipts` shows; `undefined` where that cannot be said: a type that this does not know, a receipt of before
 * Byzantium, one that is no receipt. They are taken in the order given, which is that of their index.
 */
export async function receiptsRoot(receipts: unknown): Promise<string | undefined> {
  if (!Array.isArray(receipts) || receipts.length > 20_000) return undefined;
  const trie = await createMPT();
  for (const [index, receipt] of receipts.entries()) {
    const encoded = encodedReceipt(receipt as Record<string, unknown>, index);
    if (encoded === undefined) return undefined;
    await trie.put(getBytes(encodeRlp(number(index))), getBytes(encoded));
    if (index % mostInTurn === mostInTurn - 1) await turn();
  }
  return hexlify(trie.root());
}

/** The types of transaction whose receipts have the four usual fields: legacy, EIP-2930, 1559, 4844 and 7702. */
const usualTypes: ReadonlySet<number> = new Set([0, 1, 2, 3, 4]);

function encodedReceipt(receipt: Record<string, unknown> | null, place: number): string | undefined {
  if (typeof receipt !== "object" || receipt === null) return undefined;
  const { type: typeText = "0x0", transactionIndex, status, cumulativeGasUsed, logsBloom, logs } = receipt;
  const type = quantityOf(typeText);
  const ok = quantityOf(status);
  const gas = quantityOf(cumulativeGasUsed);
  if (quantityOf(transactionIndex) !== place || ok === undefined || gas === undefined) return undefined;
  if (type === undefined || !usualTypes.has(type) || !Array.isArray(logs)) return undefined;
  try {
    const shown = logs.map(({ address, topics, data }) => [address, topics, data]);
    const body = encodeRlp([number(ok), number(gas), String(logsBloom), shown]);
    return type === 0 ? body : `0x0${type}${body.slice(2)}`;
  } catch {
    return undefined;
  }
}

/** A number as RLP has it. */
function number(value: number): string {
  if (value === 0) return "0x";
  const digits = value.toString(16);
  return `0x${digits.length % 2 === 0 ? "" : "0"}${digits}`;
}

/** A log with the members that a receipts root proves: who, what about, what, and where in the block. */
export interface ProvenLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly logIndex: number;
}

/** The logs of a block, from receipts that its root proves. They are numbered through the block. */
export function logsIn(receipts: readonly unknown[]): readonly ProvenLog[] {
  const all = receipts.flatMap((receipt) => (receipt as { logs: Omit<ProvenLog, "logIndex">[] }).logs);
  return all.map(({ address, topics, data }, logIndex) => ({
    address: address.toLowerCase(),
    topics: topics.map((topic) => topic.toLowerCase()),
    data: data.toLowerCase(),
    logIndex,
  }));
}

/** Does a log match a filter of `eth_getLogs`: one of its addresses, and each topic or one of several? */
export function matches({ address, topics }: ProvenLog, filter: { address?: unknown; topics?: unknown }): boolean {
  const addresses = [filter.address ?? []].flat().map((one) => String(one).toLowerCase());
  if (addresses.length > 0 && !addresses.includes(address)) return false;
  if (!Array.isArray(filter.topics)) return true;
  return filter.topics.every((wanted, place) => {
    const anyOf = [wanted ?? []].flat().map((one) => String(one).toLowerCase());
    // A filter that is longer than a log's topics matches it nowhere, even with anything there (execution-apis, Filter).
    return topics[place] !== undefined && (anyOf.length === 0 || anyOf.includes(topics[place]));
  });
}
