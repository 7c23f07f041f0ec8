import type { ChainSpec } from "../../core/duty.ts";
import { knownPreset, type Preset } from "../../lib/consensus-types.ts";

/** Slots of an epoch, epochs of a sync committee's period, and members of a sync committee. */
interface Sizes {
  readonly slotsPerEpoch: number;
  readonly epochsPerPeriod: number;
  readonly members: number;
}

/**
 * By preset. They are not taken from what a node says: a period that is too long would have a committee believed after its
 * time. The two with as many members have periods of as many slots. Source: consensus-specs a08d8a6, `presets/*`;
 * gnosischain/specs for the last.
 */
const sizes: Readonly<Record<Preset, Sizes>> = {
  mainnet: { slotsPerEpoch: 32, epochsPerPeriod: 256, members: 512 },
  minimal: { slotsPerEpoch: 8, epochsPerPeriod: 8, members: 32 },
  gnosis: { slotsPerEpoch: 16, epochsPerPeriod: 512, members: 512 },
};

/** A fork of the consensus layer: its name in small letters, and the version that signatures are made for. */
export interface Fork {
  readonly name: string;
  readonly epoch: number;
  /** Four bytes. */
  readonly version: Uint8Array;
}

/** What must be known of a beacon chain to check what its sync committees signed. */
export interface Chain extends Sizes {
  readonly preset: Preset;
  /** By epoch, never empty. */
  readonly forks: readonly Fork[];
  /** 32 bytes. */
  readonly genesisValidatorsRoot: Uint8Array;
  /** How long a slot lasts, in milliseconds; only for the pace of questions. */
  readonly slotMs: number;
}

/** Forks that may begin in one epoch, in their order; what is not in it comes after them. Source: consensus-specs a08d8a6. */
const order = ["phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu"];

/** More forks than there will be for a long time. */
const mostForks = 64;

/**
 * Reads what a node says of its chain; a sentence when it cannot be used. Nothing of it need be trusted: sizes follow from
 * the preset, whose committee has as many members as the trusted block says, and with other forks or another genesis no
 * signature verifies.
 */
export function chainOf(
  { genesisValidatorsRoot, genesisForkVersion }: Omit<ChainSpec, "values" | "genesisTime">,
  values: ChainSpec["values"],
): Chain | string {
  const preset = knownPreset(values["PRESET_BASE"]);
  if (preset === undefined) return "its preset is not known";
  const genesis: Fork = { name: "phase0", epoch: 0, version: bytesOf(genesisForkVersion) };
  const later = Object.entries(values).flatMap(([key, value]) => {
    const name = /^([A-Z0-9]{1,32})_FORK_EPOCH$/.exec(key)?.[1];
    const version = values[`${name}_FORK_VERSION`];
    // A fork that nobody has set a date for is at 2^64 - 1.
    if (name === undefined || !/^\d{1,15}$/.test(value) || !/^0x[0-9a-f]{8}$/i.test(version ?? "")) return [];
    return [{ name: name.toLowerCase(), epoch: Number(value), version: bytesOf(version as string) }];
  });
  const forks = [genesis, ...later.slice(0, mostForks)].sort((a, b) => a.epoch - b.epoch || rank(a) - rank(b));
  const slotMs = Number(values["SLOT_DURATION_MS"] ?? Number(values["SECONDS_PER_SLOT"]) * 1_000);
  return {
    ...sizes[preset],
    preset,
    forks,
    genesisValidatorsRoot: bytesOf(genesisValidatorsRoot),
    slotMs: slotMs >= 100 && slotMs <= 60_000 ? slotMs : 12_000,
  };
}

function rank({ name }: Fork): number {
  const place = order.indexOf(name);
  return place === -1 ? order.length : place;
}

/** The fork that a slot is in. */
export function forkAt({ forks, slotsPerEpoch }: Chain, slot: number): Fork {
  const epoch = Math.floor(slot / slotsPerEpoch);
  return forks.findLast((fork) => fork.epoch <= epoch) ?? (forks[0] as Fork);
}

/** The period of the sync committee that signs in a slot. */
export function periodAt({ slotsPerEpoch, epochsPerPeriod }: Chain, slot: number): number {
  return Math.floor(slot / (slotsPerEpoch * epochsPerPeriod));
}

/** Hex digits as bytes. */
export function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.slice(2), "hex");
}

/** Bytes as `0x` and hex digits. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
}
