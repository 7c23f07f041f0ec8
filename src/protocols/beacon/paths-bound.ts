import type { WireRequest } from "../../core/call.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { headerOf, isSsz, unsigned } from "./bodies.ts";
import { reach, skipSpace, textAt } from "./json-scan.ts";
import { offsetAt, uint64At } from "./offsets.ts";
import { parameter, type Route } from "./paths.ts";

/** The slot that a call is about, where its endpoint says that it has one. */
export function slotOf({ endpoint, value }: Route, query: string, wire: WireRequest): number | undefined {
  if (endpoint.slot === "path") return unsigned(value("slot"));
  if (endpoint.slot === "query") return unsigned(parameter(query, "slot"));
  return endpoint.slot === "body" ? slotOfBody(endpoint.traits.name, wire) : undefined;
}

/** The epoch that a call is about. */
export function epochOf({ endpoint, value }: Route): number | undefined {
  return endpoint.epoch === "path" ? unsigned(value("epoch")) : undefined;
}

type Place = (bytes: Uint8Array, version: string | undefined) => number;

/** The start of a signed message, behind its offset and the signature: 4 + 96 bytes. */
const message = 100;

/** The block in a publish: alone, or behind the offsets of block, proofs and blobs. */
const block: Place = (bytes) => {
  const first = offsetAt(bytes, 0);
  return first === message ? message : offsetAt(bytes, first) === message ? first + message : Number.NaN;
};

/** Forks whose attestations have variable size; the first version of the endpoint names none. */
const beforeElectra: readonly (string | undefined)[] = [undefined, "phase0", "altair", "bellatrix", "capella", "deneb"];

/**
 * Where the slot of the first message stands, in JSON and in SSZ.
 * Source: the containers of consensus-specs (phase0 to gloas) in the order of their fields; attestations have a fixed
 * size since electra, before which their list begins with offsets.
 */
const places: Readonly<Record<string, { readonly json: readonly string[]; readonly ssz: Place }>> = {
  attestations: {
    json: ["data", "slot"],
    ssz: (bytes, version) => (beforeElectra.includes(version) ? offsetAt(bytes, 0) + 4 : 16),
  },
  aggregate_and_proofs: {
    json: ["message", "aggregate", "data", "slot"],
    ssz: (bytes) => offsetAt(bytes, 0) + message + 8 + 4 + 96 + 4,
  },
  sync_committees: { json: ["slot"], ssz: () => 0 },
  contribution_and_proofs: { json: ["message", "contribution", "slot"], ssz: () => 8 },
  payload_attestations: { json: ["data", "slot"], ssz: () => 8 + 32 },
  publish_block: { json: ["message", "slot"], ssz: block },
  publish_blinded_block: { json: ["message", "slot"], ssz: block },
};

/** The slot of a body of messages: that of the first, as all are of one. */
function slotOfBody(name: string, { body, headers }: WireRequest): number | undefined {
  const place = places[name];
  if (!place || !body) return undefined;
  if (isSsz(headers)) {
    const at = place.ssz(body, headerOf(headers, "eth-consensus-version"));
    return Number.isNaN(at) ? undefined : uint64At(body, at);
  }
  const bytes = asBuffer(body);
  const start = skipSpace(bytes, 0);
  const first = bytes[start] === 0x5b ? skipSpace(bytes, start + 1) : start;
  const inner = reach(bytes, first, "signed_block");
  return unsigned(textAt(bytes, reach(bytes, inner < 0 ? first : inner, ...place.json), 20));
}
