import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { ssz as LodestarTypes } from "@lodestar/types";

/** The sizes that a chain's containers are built with. */
const presets = ["mainnet", "minimal", "gnosis"] as const;
export type Preset = (typeof presets)[number];

/** The preset of that name; `undefined` for one that the library does not have. */
export function knownPreset(name: string | undefined): Preset | undefined {
  return presets.find((preset) => preset === name);
}

/** What is used of the library's containers. All but `hashTreeRoot` and `serialize` throw at what they cannot read. */
export interface ConsensusType {
  readonly fixedSize: number | null;
  deserialize(bytes: Uint8Array): unknown;
  serialize(value: unknown): Uint8Array;
  toJson(value: unknown): unknown;
  fromJson(json: unknown): unknown;
  hashTreeRoot(value: unknown): Uint8Array;
}

/** Containers by fork and by name, as the consensus specification names both. */
export type ConsensusTypes = Readonly<Record<string, Readonly<Record<string, ConsensusType>>>>;

let loaded: { readonly preset: Preset; readonly types: ConsensusTypes } | undefined;

/**
 * The containers of all forks of Ethereum's consensus layer, from `@lodestar/types`. Loaded when they are needed first:
 * that takes the process 0.1 to 0.25 s and some 32 MB once (measured on a core shared with others), and most never need it.
 *
 * The library knows one preset per process, read from `LODESTAR_PRESET` when it is loaded: the one that is asked for
 * first. For another preset this is `undefined` then.
 */
export function consensusTypes(preset: Preset): ConsensusTypes | undefined {
  loaded ??= { preset, types: load(preset) };
  return loaded.preset === preset ? loaded.types : undefined;
}

/** The same for containers that are equal in all presets; `preset` is loaded where none is yet. */
export function presetFreeTypes(preset: Preset): ConsensusTypes {
  loaded ??= { preset, types: load(preset) };
  return loaded.types;
}

/** Loads it at once, for who asks cannot wait. By its file, as the package's exports know only `import`. */
function load(preset: Preset): ConsensusTypes {
  const before = process.env["LODESTAR_PRESET"];
  process.env["LODESTAR_PRESET"] = preset;
  try {
    const file = fileURLToPath(import.meta.resolve("@lodestar/types"));
    const library = createRequire(import.meta.url)(file) as { readonly ssz: typeof LodestarTypes };
    return library.ssz as unknown as ConsensusTypes;
  } finally {
    if (before === undefined) delete process.env["LODESTAR_PRESET"];
    else process.env["LODESTAR_PRESET"] = before;
  }
}
