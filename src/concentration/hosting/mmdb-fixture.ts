import { addressOf } from "./addresses.ts";

/** Fields of a record, as far as the tests need them. */
type Value = string | number | { readonly [key: string]: Value };

/**
 * For tests: the bytes of a small MMDB file with one record for each prefix, none within another.
 * Source: MaxMind DB File Format Specification 2.0; records of 24 bits, IPv4 below ::/96.
 */
export function mmdbOf(type: string, records: Readonly<Record<string, Value>>): Buffer {
  const nodes: (number | undefined | { readonly data: number })[][] = [[undefined, undefined]];
  let data = Buffer.alloc(0);
  for (const [prefix, record] of Object.entries(records)) {
    insert(nodes, bitsOf(prefix), { data: data.length });
    data = Buffer.concat([data, encoded(record)]);
  }
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [index, sides] of nodes.entries()) {
    for (const [side, to] of sides.entries()) {
      const value = to === undefined ? nodes.length : typeof to === "number" ? to : nodes.length + 16 + to.data;
      tree.writeUIntBE(value, index * 6 + side * 3, 3);
    }
  }
  const metadata = map([
    ["node_count", sized(6, nodes.length, 4)],
    ["record_size", sized(5, 24, 2)],
    ["ip_version", sized(5, 6, 2)],
    ["database_type", encoded(type)],
    ["languages", Buffer.from([0, 4])],
    ["binary_format_major_version", sized(5, 2, 2)],
    ["binary_format_minor_version", sized(5, 0, 2)],
    ["build_epoch", Buffer.concat([Buffer.from([8, 2]), bytes(1_700_000_000, 8)])],
    ["description", map([])],
  ]);
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from("MaxMind.com")]);
  return Buffer.concat([tree, Buffer.alloc(16), data, marker, metadata]);
}

function insert(
  nodes: (number | undefined | { readonly data: number })[][],
  bits: readonly number[],
  leaf: { readonly data: number },
): void {
  let node = 0;
  for (const [depth, bit] of bits.entries()) {
    const sides = nodes[node] as (number | undefined | { readonly data: number })[];
    if (depth === bits.length - 1) {
      sides[bit] = leaf;
      return;
    }
    const next = sides[bit];
    if (typeof next === "number") node = next;
    else {
      sides[bit] = nodes.length;
      node = nodes.length;
      nodes.push([undefined, undefined]);
    }
  }
}

function bitsOf(prefix: string): readonly number[] {
  const [network = "", length = ""] = prefix.split("/");
  const address = addressOf(network);
  if (!address) throw new Error(`${prefix} is no prefix`);
  const all = address.value.toString(2).padStart(address.bits, "0").padStart(128, "0");
  return [...all.slice(0, Number(length) + 128 - address.bits)].map(Number);
}

function encoded(value: Value): Buffer {
  if (typeof value === "number") return sized(6, value, 4);
  if (typeof value === "string") return Buffer.concat([head(2, Buffer.byteLength(value)), Buffer.from(value)]);
  return map(Object.entries(value).map(([key, field]) => [key, encoded(field)]));
}

function map(entries: readonly (readonly [key: string, value: Buffer])[]): Buffer {
  return Buffer.concat([head(7, entries.length), ...entries.flatMap(([key, value]) => [encoded(key), value])]);
}

function sized(type: number, value: number, size: number): Buffer {
  return Buffer.concat([head(type, size), bytes(value, size)]);
}

function head(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}

function bytes(value: number, size: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.subarray(8 - size);
}
