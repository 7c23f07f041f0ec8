import { hash } from "node:crypto";

/**
 * Is `leaf` in the tree with this root, at a generalized index? A branch may begin with zeros where an older fork had a
 * shallower tree. Source: consensus-specs a08d8a6, `is_valid_normalized_merkle_branch` (altair/light-client).
 */
export function isBranch(
  leaf: Uint8Array,
  branch: readonly Uint8Array[],
  generalizedIndex: number,
  root: Uint8Array,
): boolean {
  const depth = Math.floor(Math.log2(generalizedIndex));
  const extra = branch.length - depth;
  if (extra < 0 || branch.slice(0, extra).some((node) => !isZero(node))) return false;
  let node = leaf;
  for (const [level, sibling] of branch.slice(extra).entries()) {
    node = (generalizedIndex >> level) & 1 ? pair(sibling, node) : pair(node, sibling);
  }
  return Buffer.compare(node, root) === 0;
}

/**
 * The root of a sync committee: of the vector of its members' keys (a power of two of them, 48 bytes each) and of their sum.
 * Source: consensus-specs, altair, `SyncCommittee`; ssz, `hash_tree_root`. The library's own container has the length of
 * one preset only.
 */
export function committeeRoot(keys: readonly Uint8Array[], sum: Uint8Array): Uint8Array {
  let level: readonly Uint8Array[] = keys.map(keyRoot);
  while (level.length > 1) {
    const below = level;
    level = Array.from({ length: below.length / 2 }, (_, place) =>
      pair(below[2 * place] as Uint8Array, below[2 * place + 1] as Uint8Array),
    );
  }
  return pair(level[0] as Uint8Array, keyRoot(sum));
}

/** A key fills one chunk of 32 bytes and half of another. */
function keyRoot(key: Uint8Array): Uint8Array {
  return pair(key.subarray(0, 32), Buffer.concat([key.subarray(32), zeros], 32));
}

const zeros = new Uint8Array(32);

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function pair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash("sha256", Buffer.concat([left, right]), "buffer");
}
