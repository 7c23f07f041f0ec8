import { seededRandom } from "../../src/lib/random.ts";
import type { Fork } from "../../src/protocols/beacon/forks.ts";
import { committeeSubscriptions, syncSubscriptions, uint64List } from "../../src/protocols/beacon/ssz.ts";
import { randomJson, shapeOf, sszOf } from "../../src/protocols/beacon/testing.ts";
import { type Reaction, rootOf, type ScriptedNode, slot, source, target } from "./validator-endpoints-nodes.ts";
import type { Request } from "./validator-endpoints-stage.ts";

/** Bodies of requests and answers for each endpoint, in both encodings where it has two. */

export const sszType = "application/octet-stream";
export const jsonType = "application/json";

/** What a client that prefers SSZ accepts, as Lighthouse and Prysm write it. */
export const prefersSsz = `${sszType};q=1.0,${jsonType};q=0.9`;

export const feeRecipient = `0x${"fe".repeat(20)}`;

/** A value with some of its parts replaced, by their path. */
function changed(value: unknown, changes: Readonly<Record<string, unknown>>): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  for (const [path, part] of Object.entries(changes)) {
    const names = path.split(".");
    const last = names.pop() as string;
    let at: Record<string, unknown> = copy;
    for (const name of names) at = at[name] as Record<string, unknown>;
    if (!(last in at)) throw new Error(`nothing at ${path}`);
    at[last] = part;
  }
  return copy;
}

const known = new Map<string, unknown>();

/** A random value of a container, with these parts; the same one for the same seed. */
function made(fork: Fork, name: string, changes: Readonly<Record<string, unknown>> = {}, seed = 7): unknown {
  const key = JSON.stringify([fork, name, changes, seed]);
  const value = known.get(key) ?? changed(randomJson(shapeOf(fork, name), seededRandom(seed)), changes);
  known.set(key, value);
  return value;
}

/** What a client sends, and what of it is there in SSZ. */
export interface Bodies {
  readonly json: string;
  readonly ssz?: Buffer;
  readonly version?: Fork;
}

/** One container. */
function one(fork: Fork, name: string, changes: Readonly<Record<string, unknown>> = {}): Bodies {
  const value = made(fork, name, changes);
  return { json: JSON.stringify(value), ssz: Buffer.from(sszOf(shapeOf(fork, name), value)), version: fork };
}

/** Three of a container of fixed size or not, each another. */
function three(fork: Fork, name: string, changes: (index: number) => Readonly<Record<string, unknown>>): Bodies {
  const shape = shapeOf(fork, name);
  const values = [0, 1, 2].map((index) => made(fork, name, changes(index), 11 + index));
  const items = values.map((value) => Buffer.from(sszOf(shape, value)));
  const fixed = new Set(items.map(({ length }) => length)).size === 1 && !variable.has(name);
  const offsets = Buffer.alloc(fixed ? 0 : 4 * items.length);
  let at = offsets.length;
  for (const [index, item] of fixed ? [] : items.entries()) {
    offsets.writeUInt32LE(at, 4 * index);
    at += item.length;
  }
  return { json: JSON.stringify(values), ssz: Buffer.concat([offsets, ...items]), version: fork };
}

const variable: ReadonlySet<string> = new Set(["SignedAggregateAndProof"]);

const at = `${slot}`;
const vote = { "data.slot": at, "data.index": "0", "data.source": source, "data.target": target };
const aggregateVote = Object.fromEntries(
  Object.entries(vote).map(([path, value]) => [`message.aggregate.${path}`, value]),
);

const committees = [0, 1].map((index) => ({
  validator_index: `${index}`,
  committee_index: "3",
  committees_at_slot: "64",
  slot: `${slot + 2}`,
  is_aggregator: true,
}));
const syncCommittees = [{ validator_index: "1", sync_committee_indices: ["0", "7"], until_epoch: "300" }];
const indices = ["1", "2", "3"];

const text = (value: unknown): Bodies => ({ json: JSON.stringify(value) });

/** A block of the slot upon the head, paid to whom validators want. */
const blockParts = (prefix: string, payload: string) => ({
  [`${prefix}slot`]: at,
  [`${prefix}proposer_index`]: "7",
  [`${prefix}parent_root`]: rootOf(slot),
  ...(payload !== "" && { [`${prefix}body.${payload}.fee_recipient`]: feeRecipient }),
});

/** Bodies of requests, by name. */
export const sent = {
  indices: { json: JSON.stringify(indices), ssz: Buffer.from(uint64List.toSsz(indices)) },
  ids: text({ ids: ["1", "2"], statuses: ["active"] }),
  list: text([]),
  wish: text({ include_payload: true }),
  committees: { json: JSON.stringify(committees), ssz: Buffer.from(committeeSubscriptions.toSsz(committees)) },
  syncCommittees: { json: JSON.stringify(syncCommittees), ssz: Buffer.from(syncSubscriptions.toSsz(syncCommittees)) },
  attestations: three("electra", "SingleAttestation", (index) => ({ ...vote, attester_index: `${40 + index}` })),
  aggregates: three("electra", "SignedAggregateAndProof", () => aggregateVote),
  syncMessages: three("altair", "SyncCommitteeMessage", (index) => ({ slot: at, validator_index: `${50 + index}` })),
  contributions: three("altair", "SignedContributionAndProof", () => ({ "message.contribution.slot": at })),
  preparation: text([
    { validator_index: "7", fee_recipient: feeRecipient },
    { validator_index: "8", fee_recipient: feeRecipient },
  ]),
  registrations: three("bellatrix", "SignedValidatorRegistrationV1", () => ({})),
  preferences: three("gloas", "SignedProposerPreferences", (index) => ({
    "message.proposal_slot": `${slot + 40 + index}`,
  })),
  builderPreferences: text([{ proposer_pubkey: `0x${"ab".repeat(48)}`, url: "https://builder.test" }]),
  block: one("electra", "SignedBlockContents", blockParts("signed_block.message.", "execution_payload")),
  blinded: one("electra", "SignedBlindedBeaconBlock", blockParts("message.", "execution_payload_header")),
  envelope: one("gloas", "SignedExecutionPayloadEnvelopeContents"),
  bareEnvelope: one("gloas", "SignedExecutionPayloadEnvelope"),
  bid: one("gloas", "SignedExecutionPayloadBid"),
  payloadVotes: three("gloas", "PayloadAttestationMessage", () => ({ "data.slot": at })),
  selections: text([{ validator_index: "1", slot: at, selection_proof: `0x${"ab".repeat(96)}` }]),
  exit: one("phase0", "SignedVoluntaryExit"),
  changes: text([made("capella", "SignedBLSToExecutionChange")]),
  proposerSlashing: one("phase0", "ProposerSlashing"),
  attesterSlashing: one("electra", "AttesterSlashing"),
} satisfies Record<string, Bodies>;

/** What a node answers, in the encoding that it is asked for; bytes differ from node to node in JSON's white space. */
export type Answering = (node: ScriptedNode, accept: string | undefined) => Reaction;

/** White space at the end, by which a node's answer is told from another's. */
function signedBy(node: ScriptedNode, value: object): string {
  return `${JSON.stringify(value)}${" ".repeat(node.id.charCodeAt(0) - 96)}`;
}

export function wantsSsz(accept: string | undefined): boolean {
  return accept?.startsWith(sszType) ?? false;
}

/** Any data. */
export const anything: Answering = (node, accept) =>
  wantsSsz(accept)
    ? { headers: { "content-type": sszType, "eth-consensus-version": "electra" }, body: Buffer.of(0, 255, 128, 10) }
    : {
        headers: { "content-type": jsonType, "eth-consensus-version": "electra" },
        body: signedBy(node, { execution_optimistic: false, finalized: false, data: { big: "18446744073709551615" } }),
      };

/** Headers that answers carry; they must reach the client. */
type Headers = Readonly<Record<string, string>>;

/** A container, with what stands beside it in JSON and in headers in SSZ. */
function container(
  fork: Fork,
  name: string,
  value: (node: ScriptedNode) => unknown,
  headers: (node: ScriptedNode) => Headers = () => ({}),
): Answering {
  return (node, accept) => {
    const data = value(node);
    const all = { "eth-consensus-version": fork, ...headers(node) };
    return wantsSsz(accept)
      ? { headers: { ...all, "content-type": sszType }, body: Buffer.from(sszOf(shapeOf(fork, name), data)) }
      : { headers: { ...all, "content-type": jsonType }, body: signedBy(node, { version: fork, data }) };
  };
}

export const attestationDataWith = (changes: Readonly<Record<string, unknown>>): Answering =>
  container("phase0", "AttestationData", (node) => changed(node.attestationData(slot), changes));

export const attestationData = attestationDataWith({});

export const headRootOf =
  (root?: string): Answering =>
  (node) => ({
    headers: { "content-type": jsonType },
    body: signedBy(node, { execution_optimistic: node.state.optimistic, data: { root: root ?? node.headRoot } }),
  });

export const headRoot = headRootOf();

export const headHeader: Answering = (node) => ({
  headers: { "content-type": jsonType },
  body: signedBy(node, {
    execution_optimistic: node.state.optimistic,
    data: { root: node.headRoot, canonical: true, header: { message: { slot: `${node.head}` } } },
  }),
});

/** Duties that depend on a block. */
export const duties =
  (root: string): Answering =>
  (node, accept) => ({
    headers: {
      "content-type": wantsSsz(accept) ? sszType : jsonType,
      "eth-consensus-dependent-root": root,
      "eth-execution-optimistic": "false",
    },
    body: wantsSsz(accept)
      ? Buffer.alloc(64, 3)
      : signedBy(node, { dependent_root: root, execution_optimistic: false, data: [{ validator_index: "1" }] }),
  });

/** The node with the last letter knows most: that is the best answer. */
const places = (node: ScriptedNode) => node.id.charCodeAt(0) - 96;

export const aggregate = container("electra", "Attestation", (node) =>
  made("electra", "Attestation", {
    ...vote,
    aggregation_bits: `0x${"ff".repeat(places(node))}${"00".repeat(6 - places(node))}01`,
  }),
);

export const contribution = container("altair", "SyncCommitteeContribution", (node) =>
  made("altair", "SyncCommitteeContribution", {
    slot: at,
    aggregation_bits: `0x${"ff".repeat(places(node))}${"00".repeat(16 - places(node))}`,
  }),
);

const values = (more: Headers) => (node: ScriptedNode) => ({
  "eth-execution-payload-value": `${1_000_000_000_000_000_000n * BigInt(places(node))}`,
  "eth-consensus-block-value": "12345",
  ...more,
});

/** A block of electra with its blobs; the parts may be replaced. */
export const block = (changes: Readonly<Record<string, unknown>> = {}): Answering =>
  container(
    "electra",
    "BlockContents",
    (node) =>
      made("electra", "BlockContents", {
        ...blockParts("block.", "execution_payload"),
        "block.state_root": stateOf(node),
        ...changes,
      }),
    values({ "eth-execution-payload-blinded": "false" }),
  );

/** Each node's block is another: by its state. */
const stateOf = ({ id }: ScriptedNode) => `0x${id.repeat(64)}`;

export const blindedBlock: Answering = container(
  "electra",
  "BlindedBeaconBlock",
  (node) =>
    made("electra", "BlindedBeaconBlock", {
      ...blockParts("", "execution_payload_header"),
      state_root: stateOf(node),
    }),
  values({ "eth-execution-payload-blinded": "true" }),
);

/** The blinded block of a node, signed, as its client sends it. */
export function signedBlindedOf(node: ScriptedNode): Bodies {
  const value = made("electra", "SignedBlindedBeaconBlock", {
    ...blockParts("message.", "execution_payload_header"),
    "message.state_root": stateOf(node),
  });
  return { json: JSON.stringify(value), version: "electra" };
}

const bidParts = (prefix: string) => ({
  [`${prefix}body.signed_execution_payload_bid.message.builder_index`]: "5",
  [`${prefix}body.signed_execution_payload_bid.message.fee_recipient`]: feeRecipient,
});

export const gloasBlock: Answering = container(
  "gloas",
  "BeaconBlock",
  (node) => made("gloas", "BeaconBlock", { ...blockParts("", ""), ...bidParts(""), state_root: stateOf(node) }),
  values({ "eth-execution-payload-included": "false", "eth-builder-url": "https://builder.test/b" }),
);

export const envelope = container("gloas", "ExecutionPayloadEnvelope", () => made("gloas", "ExecutionPayloadEnvelope"));

export const bid = container("gloas", "ExecutionPayloadBid", () => made("gloas", "ExecutionPayloadBid"));

export const payloadDataOf = (root?: string): Answering =>
  container("gloas", "PayloadAttestationData", (node) => ({
    beacon_block_root: root ?? node.headRoot,
    slot: at,
    payload_present: true,
    blob_data_available: true,
  }));

export const payloadData = payloadDataOf();

/** What nodes saw of three validators: node a the first, b the second; so none is enough alone. */
export const seen: Answering = (node) => ({
  headers: { "content-type": jsonType },
  body: signedBy(node, {
    data: indices.map((index) => ({ index, is_live: Number(index) === places(node) && places(node) < 3 })),
  }),
});

/** Taken: nothing to say. */
export const taken: Answering = () => ({ status: 200 });

/** A request with a body in an encoding. */
export function posting(path: string, { json, ssz, version }: Bodies, encoding: "json" | "ssz" = "json"): Request {
  const body = encoding === "ssz" ? ssz : json;
  if (body === undefined) throw new Error(`${path} has no body in SSZ`);
  return {
    verb: "POST",
    path,
    headers: {
      "content-type": encoding === "ssz" ? sszType : jsonType,
      ...(version !== undefined && { "eth-consensus-version": version }),
    },
    body,
  };
}
