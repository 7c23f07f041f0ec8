import type { Call, WireRequest } from "../../core/call.ts";
import type { ControlEntry } from "../../core/duty.ts";
import { parseJson } from "../../lib/json-text.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { asObject, headerOf, isSsz, jsonType, unsigned } from "./bodies.ts";
import { forkOf } from "./forks.ts";
import { elementsOf, skipSpace } from "./json-scan.ts";

/** Slots per epoch, once the chain told. */
export type SlotsPerEpoch = () => number | undefined;

/** How the elements of a kind of control state are told apart, and until when they matter. */
interface Kind {
  /** The members whose values make the key, as paths. */
  readonly key: readonly string[];
  /** The member that names a slot, or an epoch, after which the element is of no use. */
  readonly slot?: string;
  readonly epoch?: string;
  /** Nodes want the fork named with it. */
  readonly versioned: boolean;
}

/**
 * The kinds of control state, by the class of the endpoint that takes it. A preparation holds until the epoch after
 * next, a registration until a newer one: clients repeat both, so they have no end here.
 * Sources: beacon-APIs 7a58b5a, `apis/validator/*.yaml`; builder_preferences: pull request 630, with the proposer's key
 * in its body, as merged in August 2026 (clients of the draft had it in the path, and are not remembered).
 */
const kinds: Readonly<Record<string, Kind>> = {
  prepare_beacon_proposer: { key: ["validator_index"], versioned: false },
  register_validator: { key: ["message.pubkey"], versioned: false },
  beacon_committee_subscriptions: {
    key: ["validator_index", "slot", "committee_index"],
    slot: "slot",
    versioned: false,
  },
  sync_committee_subscriptions: {
    key: ["validator_index", "until_epoch"],
    epoch: "until_epoch",
    versioned: false,
  },
  proposer_preferences: {
    key: ["message.validator_index", "message.proposal_slot"],
    slot: "message.proposal_slot",
    versioned: true,
  },
  builder_preferences: {
    key: ["proposer_pubkey", "url", "auth.message.slot"],
    slot: "auth.message.slot",
    versioned: true,
  },
};

/** No element is longer; a sync committee's subscription has at most 512 places. */
const mostElement = 16_384;
const mostElements = 1 << 17;

/** Between the kind and the fork that its elements are of. */
const versionMark = "@";

/**
 * The control state in a call of the class `name`; `undefined` when it carries none. Elements that cannot be read are
 * left out: nodes judge them, and what they refuse is not worth repeating. With `toJson` a body in SSZ is made JSON.
 */
export function controlIn(
  name: string,
  call: Call,
  slotsPerEpoch: SlotsPerEpoch,
  toJson: (call: Call) => Call | undefined,
): { readonly kind: string; readonly entries: readonly ControlEntry[] } | undefined {
  const kind = kinds[name];
  const { wire } = (kind && isSsz(call.wire.headers) ? toJson(call) : call) ?? {};
  if (!kind || !wire?.body) return undefined;
  const body = asBuffer(wire.body);
  const spans = elementsOf(body, skipSpace(body, 0), mostElements);
  if (!spans) return undefined;
  const perEpoch = slotsPerEpoch();
  const entries = spans.flatMap(({ from, to }) => {
    if (to - from > mostElement) return [];
    const entry = entryOf(kind, body.toString("utf8", from, to), perEpoch);
    return entry ? [entry] : [];
  });
  const version = kind.versioned ? forkOf(headerOf(wire.headers, "eth-consensus-version")) : undefined;
  return { kind: version === undefined ? name : `${name}${versionMark}${version}`, entries };
}

function entryOf(kind: Kind, text: string, slotsPerEpoch: number | undefined): ControlEntry | undefined {
  const element = parseJson(text);
  const parts = kind.key.map((path) => at(element, path));
  if (parts.some((part) => typeof part !== "string" && typeof part !== "number")) return undefined;
  const epoch = kind.epoch === undefined ? undefined : unsigned(at(element, kind.epoch));
  const slot = kind.slot === undefined ? undefined : unsigned(at(element, kind.slot));
  const ofSlot = slot === undefined || slotsPerEpoch === undefined ? undefined : Math.floor(slot / slotsPerEpoch);
  const validator = unsigned(at(element, "validator_index") ?? at(element, "message.validator_index"));
  const key = parts.map((part) => String(part).toLowerCase()).join("/");
  return { key, text, untilEpoch: epoch ?? ofSlot, ...(validator !== undefined && { validator }) };
}

/** The value at a path of names with dots between. */
function at(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner, name) => asObject(inner)[name], value);
}

/** The request that tells a node these entries; `kind` is as {@link controlIn} gave it. */
export function controlRequest(kind: string, entries: readonly ControlEntry[]): WireRequest {
  const [name, version] = kind.split(versionMark);
  return {
    method: "POST",
    path: `/eth/v1/validator/${name}`,
    headers: {
      "content-type": jsonType,
      accept: jsonType,
      ...(version !== undefined && { "eth-consensus-version": version }),
    },
    body: Buffer.from(`[${entries.map(({ text }) => text).join(",")}]`),
  };
}
