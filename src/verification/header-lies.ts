import type { Sample } from "./dispute.ts";
import { type BlockObject, brokenLink, checkHeader, headerHash, quantityOf, readHeader } from "./evm/header.ts";
import { parsedBlock, type Vouched, type Witnesses } from "./witnesses.ts";

/** Why a block that an upstream shows cannot be one, or not the one that was asked for; `undefined` when nothing says so. */
export function headerLie(
  { plan: { method, params }, text, suspect }: Sample,
  { calibration }: Pick<Witnesses, "calibration">,
): string | undefined {
  const block = parsedBlock(text);
  if (!block) return undefined;
  const finding = checkHeader(block);
  const height = quantityOf(block.number);
  if (height !== undefined) calibration.heard(suspect.id, finding, height);
  if (!isAsked(block, method, params[0])) return "the block is not the one that was asked for";
  if (finding !== "forged" || height === undefined || !calibration.proves(height)) return undefined;
  return `the header's fields have the hash ${headerHash(block)}, not ${String(block.hash).slice(0, 66)}`;
}

/**
 * Why a block cannot follow on the one before it, for which others vouch, and which was final when the block was shown:
 * before, both may have been of a branch that is gone by now.
 */
export function brokenChain(
  { plan, text, finalAt }: Sample,
  witnesses: Pick<Witnesses, "final">,
): { readonly because: string; readonly parent: Vouched } | undefined {
  // By its hash any block may be asked for, also one that was never on the chain.
  const child = plan.method === "eth_getBlockByNumber" ? readHeader(parsedBlock(text)) : undefined;
  if (!child || child.number > finalAt + 1) return undefined;
  const parent = witnesses.final(child.number - 1);
  const broken = parent && brokenLink(parent, child);
  if (!broken) return undefined;
  const because = broken === "parent" ? "its parent is not the final block before it" : "it is older than its parent";
  return { because, parent };
}

/** Is a block the one of the number or hash that was asked for? */
function isAsked(block: BlockObject, method: string, asked: unknown): boolean {
  if (method === "eth_getBlockByNumber") return quantityOf(block.number) === quantityOf(asked);
  return String(block.hash).toLowerCase() === String(asked).toLowerCase();
}
