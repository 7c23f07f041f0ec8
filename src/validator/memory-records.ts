import { parseJson } from "../lib/json-text.ts";
import type { ControlState } from "./control-state.ts";
import type { TripWire } from "./trip-wire.ts";

/** Records of another version are not read. */
const version = 2;

/**
 * One thing that is kept, in parts that are small enough to be made between two calls. What is read may be anything:
 * `import` leaves out what makes no sense.
 */
export interface Keepable {
  parts(): number;
  /** The parts that have changed since this was asked last. */
  changed(): readonly number[];
  export(part: number): unknown;
  import(kept: unknown): void;
  /** Small, so that it is kept soon; what grows with the number of validators waits for a calm moment. */
  readonly eager: boolean;
}

/** All that is kept. */
export const kinds = ["control", "pins", "surround", "tripWire"] as const;
export type Remembered = (typeof kinds)[number];

/** What was read. */
export interface Found {
  readonly name: Remembered;
  /** When it was written, in wall-clock milliseconds since 1970. */
  readonly at: number;
  readonly kept: unknown;
  /** In characters. */
  readonly size: number;
}

/** A record as text; `at` is when it is written, in wall-clock milliseconds since 1970. */
export function written(chain: string, at: number, kept: unknown): string {
  return JSON.stringify({ version, chain, at, kept });
}

/** What grows with the number of validators, and waits for a calm moment. */
export function inParts(of: ControlState | TripWire): Keepable {
  return {
    eager: false,
    parts: () => of.parts,
    changed: () => of.changedParts(),
    export: (part) => of.export(part),
    import: (kept) => of.import(kept),
  };
}

/** What is small, and kept soon. */
export function inOne(of: { export(): unknown; import(kept: unknown): void }): Keepable {
  return {
    eager: true,
    parts: () => 1,
    changed: () => [0],
    export: () => of.export(),
    import: (kept) => of.import(kept),
  };
}

/** A record; `undefined` for what is none, or is another chain's. */
export function read(text: string, name: Remembered, chain: string): Found | undefined {
  const record = parseJson(text) as { version?: unknown; chain?: unknown; at?: unknown; kept?: unknown } | undefined;
  if (typeof record !== "object" || record === null) return undefined;
  if (record.version !== version || record.chain !== chain || typeof record.at !== "number") return undefined;
  return { name, at: record.at, kept: record.kept, size: text.length };
}
