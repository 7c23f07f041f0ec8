import { asBuffer } from "../../lib/latin1.ts";

/**
 * Reading SSZ by hand, as far as a few fields at known places are wanted. Positions follow from the containers; where a
 * container has a part whose length depends on the preset, its first offset (which is the length of its fixed part)
 * tells, so that nothing here depends on a preset.
 * Source: consensus-specs, `ssz/simple-serialize.md`: fixed parts in order, a 4 byte little-endian offset for each
 * variable part, counted from the container's start.
 */

/** The 32 bit number at `at`; NaN beyond the end, which compares with nothing. */
export function offsetAt(bytes: Uint8Array, at: number): number {
  return at >= 0 && at + 4 <= bytes.length ? asBuffer(bytes).readUInt32LE(at) : Number.NaN;
}

/** The 64 bit number at `at`; `undefined` beyond the end, or when it is above 2^53-1. */
export function uint64At(bytes: Uint8Array, at: number): number | undefined {
  if (at < 0 || at + 8 > bytes.length) return undefined;
  const buffer = asBuffer(bytes);
  const value = buffer.readUInt32LE(at + 4) * 2 ** 32 + buffer.readUInt32LE(at);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The bytes from `at` as `0x` and hex digits; `undefined` beyond the end. */
export function hexAt(bytes: Uint8Array, at: number, length: number): string | undefined {
  return at >= 0 && at + length <= bytes.length ? `0x${asBuffer(bytes).toString("hex", at, at + length)}` : undefined;
}

/**
 * Where the variable part begins whose offset stands at `at` in the container at `container`; NaN when that cannot be.
 * The part itself may lie beyond the end: of a large body the start is enough.
 */
export function partAt(bytes: Uint8Array, container: number, at: number): number {
  const offset = offsetAt(bytes, container + at);
  return offset >= at + 4 ? container + offset : Number.NaN;
}

/** No list of messages has more: all validators of a slot of the largest chain there may be. */
const mostItems = 1 << 20;

/**
 * The elements of a list. `size` is the bytes of one; `undefined` for elements of no fixed size, which are preceded by
 * their offsets. `undefined` when the bytes are no such list.
 */
export function itemsOf(bytes: Uint8Array, size: number | undefined): Uint8Array[] | undefined {
  if (bytes.length === 0) return [];
  if (size !== undefined) {
    const count = bytes.length / size;
    if (!Number.isInteger(count) || count > mostItems) return undefined;
    return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  }
  const first = offsetAt(bytes, 0);
  const count = first / 4;
  if (!(Number.isInteger(count) && count > 0 && first <= bytes.length)) return undefined;
  const items: Uint8Array[] = [];
  for (let index = 0, from = first; index < count; index++) {
    const to = index + 1 < count ? offsetAt(bytes, (index + 1) * 4) : bytes.length;
    if (to < from || to > bytes.length) return undefined;
    items.push(bytes.subarray(from, to));
    from = to;
  }
  return items;
}

/** The list of these elements; the reverse of {@link itemsOf}. */
export function listOf(items: readonly Uint8Array[], size: number | undefined): Uint8Array {
  if (size !== undefined) return Buffer.concat(items);
  const offsets = Buffer.alloc(items.length * 4);
  let at = offsets.length;
  items.forEach((item, index) => {
    offsets.writeUInt32LE(at, index * 4);
    at += item.length;
  });
  return Buffer.concat([offsets, ...items], at);
}
