import type { AttestationData, Checkpoint } from "../../core/duty.ts";
import type { Answer } from "../../core/outcome.ts";
import { asObject, isSsz, isUsable, objectOf, rootOf, unsigned } from "./bodies.ts";
import { hexAt, uint64At } from "./offsets.ts";

/** Its bytes in SSZ. Source: consensus-specs, phase0, `AttestationData`: 8 + 8 + 32 + (8 + 32) + (8 + 32). */
export const attestationDataBytes = 128;

/** An answer is asked for it several times: whether it may be used, what it votes for, what was served. */
const known = new WeakMap<Answer, { readonly data: AttestationData | undefined }>();

/** What an answer to `/eth/v1/validator/attestation_data` says. */
export function attestationDataOf(answer: Answer): AttestationData | undefined {
  let read = known.get(answer);
  if (!read) {
    read = { data: readData(answer) };
    known.set(answer, read);
  }
  return read.data;
}

function readData(answer: Answer): AttestationData | undefined {
  if (!isUsable(answer)) return undefined;
  if (!isSsz(answer.headers)) return attestationDataOfJson(objectOf(answer.payload)["data"]);
  return answer.payload.length === attestationDataBytes ? attestationDataAt(answer.payload, 0) : undefined;
}

/** The attestation data that begins at `at`. */
export function attestationDataAt(bytes: Uint8Array, at: number): AttestationData | undefined {
  return complete(
    uint64At(bytes, at),
    uint64At(bytes, at + 8),
    hexAt(bytes, at + 16, 32),
    checkpoint(uint64At(bytes, at + 48), hexAt(bytes, at + 56, 32)),
    checkpoint(uint64At(bytes, at + 88), hexAt(bytes, at + 96, 32)),
  );
}

export function attestationDataOfJson(value: unknown): AttestationData | undefined {
  const { slot, index, beacon_block_root, source, target } = asObject(value);
  return complete(
    unsigned(slot),
    unsigned(index),
    rootOf(beacon_block_root),
    checkpointOfJson(source),
    checkpointOfJson(target),
  );
}

export function checkpointOfJson(value: unknown): Checkpoint | undefined {
  const { epoch, root } = asObject(value);
  return checkpoint(unsigned(epoch), rootOf(root));
}

/** The data as SSZ, so that the same is recognised whichever way it was sent. */
export function attestationDataBytesOf({ slot, index, head, source, target }: AttestationData): Buffer {
  const bytes = Buffer.alloc(attestationDataBytes);
  writeUint64(bytes, 0, slot);
  writeUint64(bytes, 8, index);
  bytes.write(head.slice(2), 16, "hex");
  writeUint64(bytes, 48, source.epoch);
  bytes.write(source.root.slice(2), 56, "hex");
  writeUint64(bytes, 88, target.epoch);
  bytes.write(target.root.slice(2), 96, "hex");
  return bytes;
}

function writeUint64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

function checkpoint(epoch: number | undefined, root: string | undefined): Checkpoint | undefined {
  return epoch === undefined || root === undefined ? undefined : { epoch, root };
}

function complete(
  slot: number | undefined,
  index: number | undefined,
  head: string | undefined,
  source: Checkpoint | undefined,
  target: Checkpoint | undefined,
): AttestationData | undefined {
  if (slot === undefined || index === undefined || head === undefined || !source || !target) return undefined;
  return { slot, index, head, source, target };
}
