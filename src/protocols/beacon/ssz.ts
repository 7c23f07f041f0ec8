import { type ConsensusType, consensusTypes, type Preset } from "../../lib/consensus-types.ts";
import type { Fork } from "./forks.ts";
import { itemsOf, listOf } from "./offsets.ts";

/** Makes JSON values of SSZ bytes and back. Both throw at what they cannot read. */
export interface Codec {
  toJson(bytes: Uint8Array): unknown;
  toSsz(value: unknown): Uint8Array;
}

/** The codec of a container of a fork; `undefined` when it has none of that name, or the preset cannot be had. */
export function codecOf(preset: Preset, fork: Fork, name: string): Codec | undefined {
  const type = consensusTypes(preset)?.[fork]?.[name];
  return type && { toJson: (bytes) => type.toJson(type.deserialize(bytes)), toSsz: (value) => serialized(type, value) };
}

/** The codec of a list of such containers. */
export function listCodecOf(preset: Preset, fork: Fork, name: string): Codec | undefined {
  const type = consensusTypes(preset)?.[fork]?.[name];
  if (!type) return undefined;
  const size = type.fixedSize ?? undefined;
  return {
    toJson: (bytes) => known(itemsOf(bytes, size)).map((item) => type.toJson(type.deserialize(item))),
    toSsz: (value) =>
      listOf(
        array(value).map((item) => serialized(type, item)),
        size,
      ),
  };
}

function serialized(type: ConsensusType, value: unknown): Uint8Array {
  return type.serialize(type.fromJson(value));
}

function array(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("not an array");
  return value;
}

function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("not a list");
  return value;
}

/** A list of `uint64`: validators, which Lodestar sends as SSZ too when it asks for duties. */
export const uint64List: Codec = {
  toJson: (bytes) => known(itemsOf(bytes, 8)).map((item) => uint64(item, 0)),
  toSsz: (value) => Buffer.concat(array(value).map(ofUint64)),
};

/**
 * Subscriptions, for which neither specification has a container: as Lodestar defines and sends them.
 * Source: ChainSafe/lodestar at 6de0736, `packages/api/src/beacon/routes/validator.ts`; a recorded validator client.
 */
export const committeeSubscriptions: Codec = {
  toJson: (bytes) =>
    known(itemsOf(bytes, 33)).map((item) => ({
      validator_index: uint64(item, 0),
      committee_index: uint64(item, 8),
      committees_at_slot: uint64(item, 16),
      slot: uint64(item, 24),
      is_aggregator: item[32] === 1,
    })),
  toSsz: (value) =>
    Buffer.concat(
      array(value).map((item) => {
        const { validator_index, committee_index, committees_at_slot, slot, is_aggregator } = item as Fields;
        const numbers = [validator_index, committee_index, committees_at_slot, slot].map(ofUint64);
        return Buffer.concat([...numbers, Buffer.of(is_aggregator === true ? 1 : 0)]);
      }),
    ),
};

export const syncSubscriptions: Codec = {
  toJson: (bytes) =>
    known(itemsOf(bytes, undefined)).map((item) => ({
      validator_index: uint64(item, 0),
      sync_committee_indices: uint64List.toJson(item.subarray(20)),
      until_epoch: uint64(item, 12),
    })),
  toSsz: (value) =>
    listOf(
      array(value).map((item) => {
        const { validator_index, sync_committee_indices, until_epoch } = item as Fields;
        const offset = Buffer.from([20, 0, 0, 0]);
        const indices = uint64List.toSsz(sync_committee_indices);
        return Buffer.concat([ofUint64(validator_index), offset, ofUint64(until_epoch), indices]);
      }),
      undefined,
    ),
};

type Fields = Readonly<Record<string, unknown>>;

function uint64(bytes: Uint8Array, at: number): string {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(at, true).toString();
}

function ofUint64(value: unknown): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value as string));
  return bytes;
}
