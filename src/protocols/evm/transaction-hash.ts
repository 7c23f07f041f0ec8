import { keccak256 } from "ethers";

/** The hash that a signed transaction is known by, 0x and 64 hex digits; `raw` is its bytes as 0x and hex digits. */
export function transactionHashOf(raw: string): string {
  return keccak256(raw);
}
