import type { Call } from "../../core/call.ts";
import type { Answer } from "../../core/outcome.ts";
import type { Preset } from "../../lib/consensus-types.ts";
import { deeperThan, parseJson } from "../../lib/json-text.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { asObject, headerOf, isSsz, jsonType, sszType } from "./bodies.ts";
import { type Fork, forkOf, since } from "./forks.ts";
import { type Codec, codecOf, committeeSubscriptions, listCodecOf, syncSubscriptions, uint64List } from "./ssz.ts";

/**
 * The same in the other encoding, for nodes that know only one: a publish whose SSZ a node refuses (415), or a read that
 * it cannot answer as asked (406). What was transcoded is transcoded back and compared before it is used: these are
 * messages that somebody signed, or will, and rather none is sent than another one.
 */

/** What decides which container a body is. */
interface About {
  readonly preset: Preset;
  /** From `Eth-Consensus-Version`. */
  readonly fork: Fork | undefined;
  /** A header that is `true`. */
  says(header: string): boolean;
}

type Choice = (about: About) => Codec | undefined;

const one =
  (name: string, fork?: Fork): Choice =>
  (about) =>
    pick(codecOf, about, name, fork);
const several =
  (name: string, fork?: Fork): Choice =>
  (about) =>
    pick(listCodecOf, about, name, fork);

/** `fork` where the container is the same in all, so that it need not be named. */
function pick(codec: typeof codecOf, about: About, name: string, fork = about.fork): Codec | undefined {
  return fork && codec(about.preset, fork, name);
}

/** From deneb to fulu blocks travel with their blobs. */
function withBlobs(fork: Fork | undefined): boolean {
  return fork !== undefined && since(fork, "deneb") && !since(fork, "gloas");
}

const envelope: Choice = (about) =>
  one(
    about.says("eth-blob-data-included") ? "SignedExecutionPayloadEnvelopeContents" : "SignedExecutionPayloadEnvelope",
  )(about);

/** The containers of requests, by class of endpoint; those of Lodestar's own making too. */
const requests: Readonly<Record<string, Choice>> = {
  attestations: (about) =>
    several(about.fork && since(about.fork, "electra") ? "SingleAttestation" : "Attestation")(about),
  aggregate_and_proofs: several("SignedAggregateAndProof"),
  sync_committees: several("SyncCommitteeMessage", "altair"),
  contribution_and_proofs: several("SignedContributionAndProof", "altair"),
  publish_block: (about) => one(withBlobs(about.fork) ? "SignedBlockContents" : "SignedBeaconBlock")(about),
  publish_blinded_block: one("SignedBlindedBeaconBlock"),
  register_validator: several("SignedValidatorRegistrationV1", "bellatrix"),
  proposer_preferences: several("SignedProposerPreferences", "gloas"),
  payload_attestations: several("PayloadAttestationMessage", "gloas"),
  publish_execution_payload_envelope: envelope,
  publish_execution_payload_envelope_at_producer: envelope,
  publish_execution_payload_bid: one("SignedExecutionPayloadBid"),
  attester_duties: () => uint64List,
  sync_duties: () => uint64List,
  ptc_duties: () => uint64List,
  liveness: () => uint64List,
  beacon_committee_subscriptions: () => committeeSubscriptions,
  sync_committee_subscriptions: () => syncSubscriptions,
};

/** The containers of answers that are signed, or help to. */
const answers: Readonly<Record<string, Choice>> = {
  attestation_data: one("AttestationData", "phase0"),
  aggregate_attestation: one("Attestation"),
  sync_committee_contribution: one("SyncCommitteeContribution", "altair"),
  payload_attestation_data: one("PayloadAttestationData", "gloas"),
  execution_payload_envelope: one("ExecutionPayloadEnvelope"),
  execution_payload_bid: one("ExecutionPayloadBid"),
  produce_block(about) {
    if (about.says("eth-execution-payload-blinded")) return one("BlindedBeaconBlock")(about);
    const contents = withBlobs(about.fork) || about.says("eth-execution-payload-included");
    return one(contents ? "BlockContents" : "BeaconBlock")(about);
  },
};

/** What an answer in JSON says beside its data, and an answer in SSZ in headers. */
const meta = {
  version: "eth-consensus-version",
  execution_payload_blinded: "eth-execution-payload-blinded",
  execution_payload_included: "eth-execution-payload-included",
  execution_payload_value: "eth-execution-payload-value",
  consensus_block_value: "eth-consensus-block-value",
  dependent_root: "eth-consensus-dependent-root",
  execution_optimistic: "eth-execution-optimistic",
} as const;

/** Nothing that is signed nests deeper. */
const deepest = 24;

type Headers = Readonly<Record<string, string>>;

/**
 * A call of the class `name` in the other encoding; `undefined` when there is none. A body in SSZ becomes JSON; otherwise
 * the answer is asked for in JSON; and a body in JSON, whose sender takes JSON, becomes SSZ.
 */
export function recodeCall(name: string, call: Call, preset: Preset): Call | undefined {
  const { wire } = call;
  const { headers, body } = wire;
  const asJson = { ...headers, accept: jsonType };
  if (!body || !isSsz(headers)) {
    if (!acceptsOnly(headers["accept"], jsonType)) return { ...call, wire: { ...wire, headers: asJson } };
    if (!body) return undefined;
  }
  const codec = requests[name]?.(about(preset, headers));
  const recoded = codec && (isSsz(headers) ? toJson(codec, body) : toSsz(codec, parsed(body)));
  if (!recoded) return undefined;
  const contentType = isSsz(headers) ? jsonType : sszType;
  return { ...call, wire: { ...wire, headers: { ...asJson, "content-type": contentType }, body: recoded } };
}

/**
 * The answer in an encoding that the sender of the call takes: itself when it is in one, `undefined` when it cannot be
 * made. Errors are JSON for everybody.
 */
export function recodeAnswerTo(name: string, call: Call, answer: Answer, preset: Preset): Answer | undefined {
  const ssz = isSsz(answer.headers);
  if (answer.failed || answer.payload.length === 0) return answer;
  if (accepts(call.wire.headers["accept"], ssz ? sszType : jsonType)) return answer;
  if (answer.rest) return undefined;
  const { headers = {}, payload } = answer;
  return ssz ? answerAsJson(name, answer, headers, preset) : answerAsSsz(name, answer, headers, payload, preset);
}

function answerAsJson(name: string, answer: Answer, headers: Headers, preset: Preset): Answer | undefined {
  const codec = answers[name]?.(about(preset, headers));
  const data = codec && toJson(codec, answer.payload);
  if (!data) return undefined;
  const told = Object.entries(meta).flatMap(([member, header]) => {
    const value = headers[header];
    return value === undefined ? [] : [[member, value === "true" || value === "false" ? value === "true" : value]];
  });
  const head = JSON.stringify(Object.fromEntries(told)).slice(0, -1);
  const payload = Buffer.concat([Buffer.from(`${head}${head === "{" ? "" : ","}"data":`), data, Buffer.from("}")]);
  return { ...answer, payload, headers: { ...headers, "content-type": jsonType } };
}

function answerAsSsz(
  name: string,
  answer: Answer,
  headers: Headers,
  body: Uint8Array,
  preset: Preset,
): Answer | undefined {
  const value = asObject(parsed(body));
  const told: Record<string, string> = {};
  for (const [member, header] of Object.entries(meta)) {
    const said = value[member];
    if (typeof said === "string" || typeof said === "boolean") told[header] = `${said}`;
  }
  const all = { ...told, ...headers, "content-type": sszType };
  const codec = answers[name]?.(about(preset, all));
  const payload = codec && toSsz(codec, value["data"]);
  return payload && { ...answer, payload, headers: all };
}

function about(preset: Preset, headers: Headers): About {
  return {
    preset,
    fork: forkOf(headerOf(headers, "eth-consensus-version")),
    says: (header) => headerOf(headers, header) === "true",
  };
}

function toJson(codec: Codec, bytes: Uint8Array): Buffer | undefined {
  return orNone(() => {
    const value = codec.toJson(bytes);
    return asBuffer(codec.toSsz(value)).equals(bytes) ? Buffer.from(JSON.stringify(value)) : undefined;
  });
}

function toSsz(codec: Codec, value: unknown): Uint8Array | undefined {
  return orNone(() => {
    const bytes = codec.toSsz(value);
    return same(codec.toJson(bytes), value) ? bytes : undefined;
  });
}

/** The library throws at bytes and values that are not what they should be; a node will judge them, not we. */
function orNone<Value>(attempt: () => Value | undefined): Value | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}

function parsed(body: Uint8Array): unknown {
  const text = asBuffer(body).toString("utf8");
  return deeperThan(text, deepest) ? undefined : parseJson(text);
}

/** Do two JSON values say the same? Numbers may be quoted or not, and hex digits may be capitals. */
function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (typeof a === "object" && a !== null) {
    if (typeof b !== "object" || b === null || Array.isArray(b)) return false;
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length && names.every((name) => same((a as Headers)[name], (b as Headers)[name]))
    );
  }
  return typeof b !== "object" && `${a}`.toLowerCase() === `${b}`.toLowerCase();
}

/** Would the sender take a body of this type? Source: RFC 9110, 12.5.1; without the header all are taken. */
export function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  const [family] = type.split("/");
  for (const pattern of [type, `${family}/*`, "*/*"]) {
    const quality = qualityOf(accept, pattern);
    if (quality !== undefined) return quality > 0;
  }
  return false;
}

function acceptsOnly(accept: string | undefined, type: string): boolean {
  return (
    accept !== undefined && accepts(accept, type) && ![jsonType, sszType].some((o) => o !== type && accepts(accept, o))
  );
}

/** The weight that the header gives to a pattern; `undefined` when it does not name it. */
function qualityOf(accept: string, pattern: string): number | undefined {
  for (const range of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim());
    if (name !== pattern) continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    const quality = weight === undefined ? 1 : Number(weight.slice(2));
    return Number.isNaN(quality) ? 1 : quality;
  }
  return undefined;
}
