import type { Call } from "../../core/call.ts";
import type { BlockFacts } from "../../core/duty.ts";
import type { Answer } from "../../core/outcome.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { headerOf, isSsz, rootOf, unsigned } from "./bodies.ts";
import { memberOf, reach, skipSpace, textAt } from "./json-scan.ts";
import { hexAt, offsetAt, partAt, uint64At } from "./offsets.ts";

/**
 * Blocks as far as they must be known to judge, pin and guard them, without decoding megabytes: in SSZ by following
 * offsets, in JSON by looking for six fields. The start of a body is enough, as long as it has them.
 *
 * What there may be: a block; a block with blobs and proofs (`BlockContents`, deneb to fulu); since gloas a block with
 * its payload's envelope and blobs (`BlockContents` of gloas); each of them signed, except the last; and blinded blocks.
 * Sources: consensus-specs a08d8a6, `beacon-chain.md` of each fork, `validator.md` of deneb; beacon-APIs 7a58b5a,
 * `types/{deneb,fulu,gloas}/block_contents.yaml`.
 */

/** The bytes of a block before its body: slot, proposer, parent, state, and the body's offset. */
const blockHead = 84;
/** What precedes a signed block: its offset and a signature. */
const signedHead = 100;
/** The bytes of a body before its first offset: randao reveal, eth1 data, graffiti. */
const bodyHead = 200;
/** The fixed part of contents, which is where the block begins: two or three other parts beside it. */
const contentsHeads = [12, 16];

/**
 * How many bytes before the end of a body's fixed part the offset of the execution payload stands, and since gloas that
 * of the signed bid: what follows it are offsets only. (Before it is the sync aggregate, whose length depends on the
 * preset.)
 */
const payloadFromEnd: Readonly<Record<string, number>> = {
  bellatrix: 4,
  capella: 8,
  deneb: 12,
  electra: 16,
  fulu: 16,
  gloas: 12,
  heze: 12,
};
/** Forks whose blocks have a bid for a payload in place of the payload. */
const bidding: readonly (string | undefined)[] = ["gloas", "heze"];

/** Where an execution payload has the offset of its extra data, which is the length of its fixed part. */
const extraDataAt = 436;
/** That length for the header of a payload (bellatrix; capella adds 32 bytes; deneb 16 more); of a payload it is less. */
const headerLength = 536;

/** The `builder_index` of a proposer that builds its payload itself. Source: consensus-specs, gloas, `BUILDER_INDEX_SELF_BUILD`. */
const selfBuild = "18446744073709551615";

/** The block in an answer of `/eth/v2`, `v3` or `v4/validator/blocks/{slot}`, or of one that shows a block. */
export function blockOf(answer: Answer): BlockFacts | undefined {
  if (answer.failed || answer.status !== 200) return undefined;
  const bytes = asBuffer(answer.payload);
  const ssz = isSsz(answer.headers);
  const top = skipSpace(bytes, 0);
  const says = (name: string) =>
    headerOf(answer.headers, `eth-${name.replaceAll("_", "-")}`) ?? (ssz ? undefined : flagIn(bytes, top, name));
  const blinded = says("execution_payload_blinded") === "true";
  const block = ssz
    ? factsOfSsz(bytes, headerOf(answer.headers, "eth-consensus-version"), blinded)
    : factsOfJson(bytes, reach(bytes, top, "data"), blinded);
  return block && says("execution_payload_included") === "false" ? { ...block, blinded: true } : block;
}

/** The block in the body of a publish. */
export function publishedBlockOf({ wire }: Call): BlockFacts | undefined {
  if (!wire.body) return undefined;
  const bytes = asBuffer(wire.body);
  const blinded = /\/blinded_blocks(?:$|\?)/.test(wire.path);
  return isSsz(wire.headers)
    ? factsOfSsz(bytes, headerOf(wire.headers, "eth-consensus-version"), blinded)
    : factsOfJson(bytes, skipSpace(bytes, 0), blinded);
}

/** What a member of the top object says, if it stands before the data: after that only headers are looked at. */
function flagIn(bytes: Buffer, top: number, name: string): string | undefined {
  const found = memberOf(bytes, top, [name, "data"]);
  return found?.name === name ? textAt(bytes, found.at, 5) : undefined;
}

function factsOfSsz(bytes: Buffer, version: string | undefined, blinded: boolean): BlockFacts | undefined {
  // A plain block begins with its slot, whose upper half is 0; contents with two offsets, of which none is.
  const inContents = contentsHeads.includes(offsetAt(bytes, 0)) && offsetAt(bytes, 4) > 0;
  const outer = inContents ? offsetAt(bytes, 0) : 0;
  const isBare = offsetAt(bytes, outer + 4) === 0 && offsetAt(bytes, outer + 80) === blockHead;
  const isSigned = offsetAt(bytes, outer) === signedHead && !isBare;
  const at = isSigned ? outer + signedHead : outer;
  if (offsetAt(bytes, at + 80) !== blockHead) return undefined;
  const slot = uint64At(bytes, at);
  const proposer = uint64At(bytes, at + 8);
  const parent = hexAt(bytes, at + 16, 32);
  const state = hexAt(bytes, at + 48, 32);
  if (slot === undefined || proposer === undefined || parent === undefined || state === undefined) return undefined;
  const paid = bidding.includes(version)
    ? bidOfSsz(bytes, at + blockHead, inContents ? partAt(bytes, 0, 4) : undefined)
    : payloadOfSsz(bytes, at + blockHead, version);
  return facts(slot, proposer, parent, state, paid, blinded);
}

/** Who is paid, as far as the block shows it, and whether it has a payload's header in place of the payload. */
interface Paid {
  readonly feeRecipient: string | undefined;
  readonly header: boolean;
}

const unpaid: Paid = { feeRecipient: undefined, header: false };

function payloadOfSsz(bytes: Buffer, body: number, version: string | undefined): Paid {
  const fromEnd = payloadFromEnd[version ?? ""];
  if (fromEnd === undefined) return unpaid;
  const payload = partAt(bytes, body, offsetAt(bytes, body + bodyHead) - fromEnd);
  if (offsetAt(bytes, payload + extraDataAt) >= headerLength) return { feeRecipient: undefined, header: true };
  return { feeRecipient: hexAt(bytes, payload + 32, 20), header: false };
}

/** `envelope` is where the payload's envelope begins, if it comes along. */
function bidOfSsz(bytes: Buffer, body: number, envelope: number | undefined): Paid {
  const signedBid = partAt(bytes, body, offsetAt(bytes, body + bodyHead) - (payloadFromEnd["gloas"] ?? 0));
  const bid = partAt(bytes, signedBid, 0);
  const builder = hexAt(bytes, bid + 156, 8);
  if (builder !== "0xffffffffffffffff") return { feeRecipient: hexAt(bytes, bid + 128, 20), header: false };
  if (envelope === undefined) return unpaid;
  return { feeRecipient: hexAt(bytes, partAt(bytes, envelope, 0) + 32, 20), header: false };
}

function factsOfJson(bytes: Buffer, data: number, blinded: boolean): BlockFacts | undefined {
  const at = blockInJson(bytes, data);
  const field = (name: string) => textAt(bytes, reach(bytes, at, name), 66);
  const slot = unsigned(field("slot"));
  const proposer = unsigned(field("proposer_index"));
  const parent = rootOf(field("parent_root"));
  const state = rootOf(field("state_root"));
  if (slot === undefined || proposer === undefined || parent === undefined || state === undefined) return undefined;
  return facts(slot, proposer, parent, state, paidInJson(bytes, reach(bytes, at, "body"), data), blinded);
}

/** Where the block itself stands: bare, signed, in contents, or signed in contents. */
function blockInJson(bytes: Buffer, data: number): number {
  const outer = memberOf(bytes, data, ["slot", "message", "block", "signed_block"]);
  if (outer?.name === "signed_block") return reach(bytes, outer.at, "message");
  return outer === undefined || outer.name === "slot" ? data : outer.at;
}

function paidInJson(bytes: Buffer, body: number, data: number): Paid {
  const address = (at: number) => addressOf(textAt(bytes, at, 42));
  const found = memberOf(bytes, body, [
    "execution_payload",
    "execution_payload_header",
    "signed_execution_payload_bid",
  ]);
  if (!found) return unpaid;
  if (found.name === "execution_payload") {
    return { feeRecipient: address(reach(bytes, found.at, "fee_recipient")), header: false };
  }
  if (found.name === "execution_payload_header") return { feeRecipient: undefined, header: true };
  const bid = reach(bytes, found.at, "message");
  if (textAt(bytes, reach(bytes, bid, "builder_index"), 20) !== selfBuild) {
    return { feeRecipient: address(reach(bytes, bid, "fee_recipient")), header: false };
  }
  const payload = reach(bytes, data, "execution_payload_envelope", "payload");
  return { feeRecipient: address(reach(bytes, payload, "fee_recipient")), header: false };
}

function addressOf(text: string | undefined): string | undefined {
  return text !== undefined && /^0x[0-9a-fA-F]{40}$/.test(text) ? text.toLowerCase() : undefined;
}

function facts(
  slot: number,
  proposer: number,
  parent: string,
  state: string,
  { feeRecipient, header }: Paid,
  blinded: boolean,
): BlockFacts {
  return { slot, proposer, parent, state, feeRecipient, blinded: blinded || header };
}
