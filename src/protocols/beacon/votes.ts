import type { Vote } from "../../core/duty.ts";
import type { Answer } from "../../core/outcome.ts";
import { attestationDataOf } from "./attestation-data.ts";
import { asObject, isSsz, isUsable, objectOf, rootOf, unsigned } from "./bodies.ts";
import { dependenceOf, headRootOf } from "./dependence.ts";
import { hexAt, uint64At } from "./offsets.ts";

/** The slot of a head by its root, as far as it was heard of. */
export type HeadSlot = (root: string) => number | undefined;

/** The bytes of `PayloadAttestationData` in SSZ. Source: consensus-specs, gloas: root, slot, two booleans. */
const payloadAttestationBytes = 42;

/**
 * What attestation data votes for. Of two heads whose slots nobody knows the one that is also the target is the older:
 * with the same source and target, the other can only have come after it.
 */
export function attestationVote(answer: Answer, headSlot: HeadSlot): Vote | undefined {
  const data = attestationDataOf(answer);
  if (!data) return undefined;
  const { slot, index, head, source, target } = data;
  return {
    base: `${slot}/${source.epoch}:${source.root}/${target.epoch}:${target.root}`,
    choice: `${head}/${index}`,
    weight: headSlot(head) ?? (head === target.root ? 0 : 1),
  };
}

/** What an answer about the head votes for; an optimistic node has no vote. */
export function headVote(answer: Answer, headSlot: HeadSlot): Vote | undefined {
  const root = isUsable(answer) ? headRootOf(answer) : undefined;
  if (root === undefined || dependenceOf(answer)?.optimistic) return undefined;
  return { base: "head", choice: root, weight: slotOfHeader(answer) ?? headSlot(root) ?? 0 };
}

/** The slot in an answer that is a header and not only a root; in SSZ after the root and a flag. */
function slotOfHeader({ headers, payload }: Answer): number | undefined {
  if (isSsz(headers)) return uint64At(payload, 33);
  const { header } = asObject(objectOf(payload)["data"]);
  return unsigned(asObject(asObject(header)["message"])["slot"]);
}

/** What payload attestation data votes for: a block and what was seen of its payload, or (204) that no block was seen. */
export function payloadVote(answer: Answer): Vote | undefined {
  if (!answer.failed && answer.status === 204) return { base: "no block", choice: "", weight: 0 };
  if (!isUsable(answer)) return undefined;
  const data = isSsz(answer.headers) ? payloadDataOfSsz(answer.payload) : payloadDataOfJson(answer.payload);
  if (!data) return undefined;
  const { slot, root, present, available } = data;
  return { base: `${slot}/${root}`, choice: `${present}/${available}`, weight: Number(present) + Number(available) };
}

interface PayloadData {
  readonly slot: number;
  readonly root: string;
  readonly present: boolean;
  readonly available: boolean;
}

function payloadDataOfSsz(bytes: Uint8Array): PayloadData | undefined {
  const root = hexAt(bytes, 0, 32);
  const slot = uint64At(bytes, 32);
  const [present, available] = [bytes[40], bytes[41]];
  if (bytes.length !== payloadAttestationBytes || root === undefined || slot === undefined) return undefined;
  if (!isBit(present) || !isBit(available)) return undefined;
  return { slot, root, present: present === 1, available: available === 1 };
}

function isBit(byte: number | undefined): boolean {
  return byte === 0 || byte === 1;
}

function payloadDataOfJson(bytes: Uint8Array): PayloadData | undefined {
  const { slot, beacon_block_root, payload_present, blob_data_available } = asObject(objectOf(bytes)["data"]);
  const at = unsigned(slot);
  const root = rootOf(beacon_block_root);
  if (at === undefined || root === undefined) return undefined;
  if (typeof payload_present !== "boolean" || typeof blob_data_available !== "boolean") return undefined;
  return { slot: at, root, present: payload_present, available: blob_data_available };
}
