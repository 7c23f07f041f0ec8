import { encodeRlp, keccak256 } from "ethers";

/** A block as `eth_getBlockByNumber` shows it. */
export type BlockObject = {
  readonly hash?: unknown;
  readonly number?: unknown;
  readonly timestamp?: unknown;
} & Readonly<Record<string, unknown>>;

/**
 * The fields of a header in the order in which they are hashed, and how they are written: as they are, or as a number
 * without leading zeros. Sources: the yellow paper §4.4.3 up to `nonce`, then EIP-1559, EIP-4895, EIP-4844 (two),
 * EIP-4788 and EIP-7685.
 */
const fields: readonly (readonly [name: string, kind: "bytes" | "number"])[] = [
  ["parentHash", "bytes"],
  ["sha3Uncles", "bytes"],
  ["miner", "bytes"],
  ["stateRoot", "bytes"],
  ["transactionsRoot", "bytes"],
  ["receiptsRoot", "bytes"],
  ["logsBloom", "bytes"],
  ["difficulty", "number"],
  ["number", "number"],
  ["gasLimit", "number"],
  ["gasUsed", "number"],
  ["timestamp", "number"],
  ["extraData", "bytes"],
  ["mixHash", "bytes"],
  ["nonce", "bytes"],
  ["baseFeePerGas", "number"],
  ["withdrawalsRoot", "bytes"],
  ["blobGasUsed", "number"],
  ["excessBlobGas", "number"],
  ["parentBeaconBlockRoot", "bytes"],
  ["requestsHash", "bytes"],
];

/** How many of them every header has; of the rest a header has the first few, by its fork. */
const always = 15;

/** What nodes show of a block besides its header. */
const beside: ReadonlySet<string> = new Set([
  "hash",
  "size",
  "totalDifficulty",
  "transactions",
  "uncles",
  "withdrawals",
]);

const known: ReadonlySet<string> = new Set([...fields.map(([name]) => name), ...beside]);

const hashText = /^0x[0-9a-f]{64}$/i;

/**
 * The hash of a block, from its own fields; `undefined` where that cannot be said: a field is missing, makes no sense, or
 * is one that this knows nothing of and that may be part of the hash.
 */
export function headerHash(block: BlockObject): string | undefined {
  const present = fields.filter(([name]) => block[name] !== undefined && block[name] !== null);
  if (present.length < always || !present.every((field, index) => field === fields[index])) return undefined;
  for (const name of Object.keys(block)) if (!known.has(name)) return undefined;
  const encoded: string[] = [];
  for (const [name, kind] of present) {
    const value = block[name];
    const text = typeof value === "string" ? (kind === "bytes" ? bytesText(value) : numberText(value)) : undefined;
    if (text === undefined) return undefined;
    encoded.push(text);
  }
  return keccak256(encodeRlp(encoded));
}

/** What the header of a block shows about it. */
export type HeaderFinding = "sound" | "forged" | "unknown";

/**
 * Does the hash that a block is shown with follow from its fields? Nothing can be said of what is no block, and of chains
 * that hash otherwise; see `Calibration`.
 */
export function checkHeader(block: BlockObject): HeaderFinding {
  const hash = headerHash(block);
  if (hash === undefined || typeof block.hash !== "string" || !hashText.test(block.hash)) return "unknown";
  return hash === block.hash.toLowerCase() ? "sound" : "forged";
}

/** What is kept of a header that was seen. */
export interface Header {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
}

/** Reads the part of a block that is kept; `undefined` for anything else. Hashes in lower case, time in seconds. */
export function readHeader(value: unknown): Header | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const block = value as BlockObject;
  const number = quantityOf(block.number);
  const timestamp = quantityOf(block.timestamp);
  const [hash, parentHash, stateRoot, receiptsRoot] = ["hash", "parentHash", "stateRoot", "receiptsRoot"].map(
    (name) => {
      const text = block[name];
      return typeof text === "string" && hashText.test(text) ? text.toLowerCase() : undefined;
    },
  );
  if (number === undefined || timestamp === undefined) return undefined;
  if (!hash || !parentHash || !stateRoot || !receiptsRoot) return undefined;
  return { number, hash, parentHash, timestamp, stateRoot, receiptsRoot };
}

/**
 * Why two headers of one upstream cannot both be of one chain, `parent` being the one a block before; `undefined` when
 * they can. A parent that is another one is the usual work of a reorganisation, unless `parent` was final.
 */
export function brokenLink(parent: Header, child: Header): "parent" | "time" | undefined {
  if (child.number !== parent.number + 1) return undefined;
  if (child.parentHash !== parent.hash) return "parent";
  // Ethereum wants a later time (yellow paper §4.4.4), chains with several blocks a second the same one.
  return child.timestamp < parent.timestamp ? "time" : undefined;
}

/** A quantity (`0x1b`) below 2^52 as a number. */
export function quantityOf(value: unknown): number | undefined {
  return typeof value === "string" && /^0x[0-9a-f]{1,13}$/i.test(value) ? Number.parseInt(value, 16) : undefined;
}

function bytesText(value: string): string | undefined {
  return /^0x(?:[0-9a-f]{2})*$/i.test(value) ? value : undefined;
}

/** A number as RLP has it: no leading zeros, so that nought is empty. */
function numberText(value: string): string | undefined {
  if (!/^0x[0-9a-f]{1,64}$/i.test(value)) return undefined;
  const digits = value.slice(2).replace(/^0+/, "");
  return `0x${digits.length % 2 === 0 ? "" : "0"}${digits}`;
}

/** So many headers that are sound, or forged and nothing else, tell how a chain hashes. */
const enough = 3;

/**
 * Does this chain hash its headers as Ethereum does? Learned from the fleet: once several upstreams have shown a header
 * that is sound, one that is not is forged. While nobody has, nothing is forged: it is a chain that hashes otherwise.
 */
export class Calibration {
  /** Between which heights each has shown sound headers. */
  readonly #sound = new Map<string, { readonly from: number; readonly to: number }>();
  readonly #forged = new Set<string>();

  /** Takes in what an upstream's header showed, and its height. */
  heard(upstream: string, finding: HeaderFinding, height: number): void {
    if (finding === "forged") this.#forged.add(upstream);
    if (finding !== "sound") return;
    const { from, to } = this.#sound.get(upstream) ?? { from: height, to: height };
    this.#sound.set(upstream, { from: Math.min(from, height), to: Math.max(to, height) });
  }

  /**
   * Is a header at this height that is not sound a forged one? There are chains that hashed otherwise before an upgrade
   * and show what they did not hash (celo-org/op-geth#302): so several must have shown sound ones both at or below it, and at or above.
   */
  proves(height: number): boolean {
    if (this.state !== "on") return false;
    const ranges = [...this.#sound.values()];
    return (
      ranges.filter(({ from }) => from <= height).length >= 2 && ranges.filter(({ to }) => to >= height).length >= 2
    );
  }

  /**
   * `on` when more upstreams than one, and most of those that were heard, have shown sound headers; `off` when several
   * have shown headers and none of them a sound one.
   */
  get state(): "on" | "off" | "learning" {
    const only = [...this.#forged].filter((upstream) => !this.#sound.has(upstream)).length;
    if (this.#sound.size >= 2 && this.#sound.size > only) return "on";
    return this.#sound.size === 0 && only >= Math.min(enough, 2) ? "off" : "learning";
  }
}
