import type { Answer } from "../../core/outcome.ts";
import { asObject, bytesOfHex, isSsz, isUsable, objectOf } from "./bodies.ts";
import { offsetAt } from "./offsets.ts";

/** How much of a committee an aggregate speaks for. */
export interface Coverage {
  readonly set: number;
  readonly size: number;
}

/** The bits of a whole slot since electra: 64 committees of 2048 validators, and the bit that ends the list. */
const mostBitBytes = (64 * 2048) / 8 + 1;
/** An attestation's fixed part in phase0: the bits' offset, data, signature; since electra up to 8 bytes of committees. */
const attestationHead = { least: 228, most: 236 };
/** A contribution before its bits: slot, root, subcommittee; and after them: a signature. */
const contributionHead = 48;
const signatureBytes = 96;
/** A subcommittee of 512 / 4 validators, 16 bytes of bits, is the largest there is. */
const mostContributionBits = 16;

/** What an answer of `/eth/v1` or `v2/validator/aggregate_attestation` covers; `undefined` when it cannot be read. */
export function aggregateCoverage(answer: Answer): Coverage | undefined {
  if (!isUsable(answer)) return undefined;
  if (!isSsz(answer.headers)) {
    const { aggregation_bits } = asObject(objectOf(answer.payload)["data"]);
    return bitlist(bytesOfHex(aggregation_bits, mostBitBytes));
  }
  const { payload } = answer;
  const from = offsetAt(payload, 0);
  if (!(from >= attestationHead.least && from <= attestationHead.most)) return undefined;
  return payload.length - from <= mostBitBytes ? bitlist(payload.subarray(from)) : undefined;
}

/** What an answer of `/eth/v1/validator/sync_committee_contribution` covers. */
export function contributionCoverage(answer: Answer): Coverage | undefined {
  if (!isUsable(answer)) return undefined;
  if (!isSsz(answer.headers)) {
    const { aggregation_bits } = asObject(objectOf(answer.payload)["data"]);
    return bitvector(bytesOfHex(aggregation_bits, mostContributionBits));
  }
  const { payload } = answer;
  const bits = payload.length - contributionHead - signatureBytes;
  if (bits < 1 || bits > mostContributionBits) return undefined;
  return bitvector(payload.subarray(contributionHead, contributionHead + bits));
}

/** A list of bits ends with the highest bit set, which is none of them. Source: consensus-specs, simple-serialize, Bitlist. */
export function bitlist(bytes: Uint8Array | undefined): Coverage | undefined {
  const last = bytes?.at(-1);
  if (!bytes || last === undefined || last === 0) return undefined;
  return { set: setBits(bytes) - 1, size: (bytes.length - 1) * 8 + 31 - Math.clz32(last) };
}

function bitvector(bytes: Uint8Array | undefined): Coverage | undefined {
  return bytes && bytes.length > 0 ? { set: setBits(bytes), size: bytes.length * 8 } : undefined;
}

function setBits(bytes: Uint8Array): number {
  let set = 0;
  for (let rest of bytes) {
    for (; rest !== 0; rest &= rest - 1) set++;
  }
  return set;
}
