import { addressOf } from "./addresses.ts";
import type { Place, Places } from "./place.ts";
import { type Block, blocks } from "./prefix-table.ts";

/** Finds who hosts an address in a table of prefixes: of those that it lies within, the longest counts. */
export function prefixPlaces(table: readonly Block[] = blocks): Places {
  const found = new Map<string, Place>();
  const lengths = { 32: new Set<number>(), 128: new Set<number>() };
  for (const { prefixes, ...place } of table) {
    for (const prefix of prefixes.trim().split(/\s+/)) {
      const [network = "", length = ""] = prefix.split("/");
      const address = addressOf(network);
      if (!address || !/^\d+$/.test(length) || Number(length) > address.bits) throw new Error(`${prefix} is no prefix`);
      lengths[address.bits].add(Number(length));
      found.set(keyOf(address.bits, Number(length), address.value), place);
    }
  }
  const longestFirst = {
    32: [...lengths[32]].sort((a, b) => b - a),
    128: [...lengths[128]].sort((a, b) => b - a),
  };
  return (text) => {
    const address = addressOf(text);
    if (!address) return undefined;
    for (const length of longestFirst[address.bits]) {
      const place = found.get(keyOf(address.bits, length, address.value));
      if (place) return place;
    }
    return undefined;
  };
}

function keyOf(bits: number, length: number, value: bigint): string {
  return `${bits}/${length}/${value >> BigInt(bits - length)}`;
}
