import type { ControlEntry, Signed } from "../core/duty.ts";
import { entriesIn } from "./control-state.ts";
import type { Pin } from "./pins.ts";
import { asArray } from "./records.ts";
import { isServed, type ServedTarget } from "./surround.ts";

/** Who hears what other instances tell. Nothing of it is to be told on. */
export interface SharingHearer {
  /** Who produced a block. */
  pinned(pin: Pin): void;
  /** It was let out. */
  signed(message: Signed): void;
  /** Every node refused it. */
  forgotten(message: Signed): void;
  /** It was handed out to be attested to. */
  served(target: ServedTarget): void;
  /** Validators told it to their nodes. */
  told(kind: string, entries: readonly ControlEntry[]): void;
}

/** What each kind of item says; `parts` may be anything. */
const readers: Readonly<Record<string, (parts: readonly unknown[], hears: SharingHearer) => void>> = {
  pin([key, slot, upstream], hears) {
    if (isText(key) && isCount(slot) && isText(upstream)) hears.pinned([key, slot, upstream]);
  },
  served(parts, hears) {
    if (isServed(parts)) hears.served(parts);
  },
  votes([source, target, content, validators], hears) {
    if (!isCount(source) || !isCount(target) || !isText(content)) return;
    for (const validator of asArray(validators)) {
      if (isCount(validator)) hears.signed(voteOf(validator, source, target, content));
    }
  },
  signed(parts, hears) {
    const message = signedIn(parts);
    if (message) hears.signed(message);
  },
  forgotten(parts, hears) {
    const message = signedIn(parts);
    if (message) hears.forgotten(message);
  },
  told([kind, list], hears) {
    const entries = entriesIn(list);
    if (isText(kind) && entries.length > 0) hears.told(kind, entries);
  },
};

/** Takes in one item of a message; one that makes no sense is passed over. */
export function take([tag, ...parts]: readonly unknown[], hears: SharingHearer): void {
  if (isText(tag) && Object.hasOwn(readers, tag)) readers[tag]?.(parts, hears);
}

function voteOf(validator: number, source: number, target: number, content: string): Signed {
  return {
    index: 0,
    kind: "attestation",
    key: `attestation:${validator}:${target}`,
    content,
    validator,
    source,
    target,
  };
}

const kinds: readonly Signed["kind"][] = ["attestation", "block", "sync_message"];

function signedIn([named, key, content, validator, source, target]: readonly unknown[]): Signed | undefined {
  const kind = kinds.find((one) => one === named);
  if (kind === undefined || !isText(key) || !isText(content)) return undefined;
  const count = (value: unknown) => (isCount(value) ? value : undefined);
  return { index: 0, kind, key, content, validator: count(validator), source: count(source), target: count(target) };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= 4_096;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
