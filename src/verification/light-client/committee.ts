import { bls12_381 } from "@noble/curves/bls12-381.js";
import { turn } from "../../lib/turn.ts";
import { committeeRoot } from "./merkle.ts";

const { longSignatures: bls, G1 } = bls12_381;
type Key = ReturnType<typeof G1.Point.fromBytes>;

/** How validators sign. Source: consensus-specs, phase0, `beacon-chain.md`, BLS signatures: proof of possession. */
const suite = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/** The validators that sign each block of a period. Those of their keys that were needed are kept unpacked. */
export class Committee {
  readonly root: Uint8Array;
  readonly size: number;
  readonly #keys: readonly Uint8Array[];
  readonly #sum: Uint8Array;
  readonly #unpacked = new Map<number, Key>();

  /** Keys of 48 bytes, and their sum, which `root` proves as well. */
  constructor(keys: readonly Uint8Array[], sum: Uint8Array) {
    this.#keys = keys;
    this.#sum = sum;
    this.size = keys.length;
    this.root = committeeRoot(keys, sum);
  }

  /**
   * Did these members, as bits in their order, sign this together? False for what is no signature. Their key is the sum of
   * all without those who are absent, as nearly all sign. It takes some 25 ms, and one for each absent key that was not
   * needed before (measured on a core shared with others), in parts that let the event loop go on.
   */
  async signed(bits: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    try {
      let key = G1.Point.fromBytes(this.#sum);
      for (let member = 0; member < this.size; member++) {
        if (isSet(bits, member)) continue;
        await turn();
        key = key.subtract(this.#key(member));
      }
      await turn();
      const hashed = bls.hash(message, suite);
      await turn();
      const signed = bls.Signature.fromBytes(signature);
      await turn();
      return bls.verify(signed, hashed, key);
    } catch {
      // The library throws at points that are on no curve, or not in the group.
      return false;
    }
  }

  #key(member: number): Key {
    const known = this.#unpacked.get(member);
    if (known) return known;
    const key = G1.Point.fromBytes(this.#keys[member] as Uint8Array);
    this.#unpacked.set(member, key);
    return key;
  }
}

/** How many of a vector of bits are set. */
export function countBits(bits: Uint8Array): number {
  let count = 0;
  for (let member = 0; member < bits.length * 8; member++) if (isSet(bits, member)) count++;
  return count;
}

function isSet(bits: Uint8Array, place: number): boolean {
  return (((bits[place >> 3] as number) >> (place & 7)) & 1) === 1;
}
