import type { Call } from "../core/call.ts";
import type { Upstream } from "../core/upstream.ts";
import { canonical } from "./evm/canonical.ts";
import { quantityOf, readHeader } from "./evm/header.ts";
import type { Plan } from "./evm/plan.ts";
import type { Truth } from "./evm/proving.ts";
import { provingOf, signedTruth } from "./evm/truth.ts";
import { type Independent, ruling, type Vote } from "./ruling.ts";
import type { Finding } from "./trust.ts";
import type { Vouched, Witnesses } from "./witnesses.ts";

/** An answer to a client's call that is looked at. */
export interface Sample {
  readonly call: Call;
  readonly plan: Plan;
  readonly suspect: Upstream;
  /** The answer: JSON, one character for each byte. */
  readonly text: string;
  /** The newest final block when it was given. */
  readonly finalAt: number;
}

interface Said {
  readonly upstream: Upstream;
  readonly text: string;
}

/** How a dispute ended, and for whom. */
export interface Settled {
  readonly finding: Exclude<Finding, "unanswered">;
  readonly against: Upstream;
  /** What that one said. */
  readonly text: string;
  readonly because: string;
  readonly others: readonly { readonly upstream: Upstream; readonly says: string }[];
  readonly header: Vouched | undefined;
  readonly truth: string | undefined;
}

/** Two answers to one call that differ. */
export interface Disputed {
  readonly sample: Sample;
  /** Who answered the same call otherwise. */
  readonly reference: Said;
}

interface DisputeParts extends Disputed {
  readonly witnesses: Witnesses;
  readonly independent: Independent;
}

/** Others who are asked, at most. */
const mostOthers = 3;

/**
 * Settles who is wrong when two upstreams answer one call about a final block differently.
 *
 * First the block is found that they must have meant: the header at that height for which a light client, or two
 * independent upstreams, vouch.
 * An answer about a block that was final when it was given cannot have meant another. One about a newer block may have
 * meant a block that is gone by now: so the suspect is asked the same once more, and an answer that it does not repeat is
 * held against it only a little. Then what can be proven is proven against the header; what cannot is asked of others,
 * pinned to the hash of the block, and only the one that stands alone is blamed.
 */
export async function dispute(parts: DisputeParts): Promise<Settled> {
  const { sample, reference, witnesses } = parts;
  const { plan, suspect } = sample;
  const open = (because: string): Settled => ({
    finding: "undecided",
    against: suspect,
    text: sample.text,
    because,
    others: [{ upstream: reference.upstream, says: canonical(plan.method, reference.text) ?? "" }],
    header: undefined,
    truth: undefined,
  });
  const height = heightOf(parts);
  if (height === undefined) return open("nobody says which block it is about");
  const header = await witnesses.vouched(height, suspect);
  if (!header) return open(`no two independent upstreams agree on block ${height}`);
  // Some nodes keep blocks that the chain has left, and others do not.
  const asked = plan.method === "eth_getBlockByHash" ? String(plan.params[0]).toLowerCase() : header.hash;
  if (asked !== header.hash) return open("the block is not on the chain");
  const settled = height <= sample.finalAt;
  const again = settled ? sample.text : (await witnesses.ask(suspect, sample.call))?.text;
  if (again === undefined) return open("it does not answer again");
  const truth = await provenBy(sample, reference.text, witnesses, header);
  if (truth) return byProof(parts, { header, again, truth }, open);
  // What honest nodes differ in is not put to the vote.
  if (plan.proof === "transaction") return open("the transaction is of a kind that proves nothing");
  return byVotes(parts, { header, again, settled }, open);
}

interface Known {
  readonly header: Vouched;
  /** What the suspect says when asked once more. */
  readonly again: string;
}

/** What is proven of an answer that nobody else gives, where another one is not needed to find out. */
export async function known(sample: Sample, witnesses: Witnesses): Promise<Truth | undefined> {
  const { height } = sample.plan;
  const header = height === undefined ? undefined : await witnesses.vouched(height, sample.suspect);
  return header && provenBy(sample, sample.text, witnesses, header);
}

/** Looks for a proof, at whoever has one: who gives it does not matter, and the suspect may be the only one that will. */
async function provenBy(
  sample: Sample,
  other: string,
  witnesses: Witnesses,
  header: Vouched,
): Promise<Truth | undefined> {
  const { plan, suspect, call } = sample;
  if (plan.check === "header") return headerTruth(header, [sample.text, other]);
  const proving = safely(() => provingOf(plan, header, [sample.text, other]));
  if (!proving) return undefined;
  const base = proving.height === header.number ? header : await witnesses.vouched(proving.height, suspect);
  if (!base) return undefined;
  const question = witnesses.question(proving.method, proving.params, call);
  const able = witnesses.references(question, proving.height, [suspect]).slice(0, mostOthers);
  for (const one of [...able, suspect]) {
    const told = await witnesses.ask(one, question);
    const truth = told && (await proving.read(parsed(told.text), base));
    if (truth) return truth;
  }
  return undefined;
}

/** A light client's word settles which of two blocks is on the chain, and nothing where both show that one. */
function headerTruth(header: Vouched, pair: readonly [string, string]): Truth | undefined {
  const shown = pair.map((text) => readHeader(parsed(text)));
  const settles = shown[0]?.hash !== shown[1]?.hash && shown.every((one) => one?.number === header.number);
  return header.by === "light_client" && settles ? signedTruth(header) : undefined;
}

async function byProof(
  parts: DisputeParts,
  { header, again, truth }: Known & { readonly truth: Truth },
  open: (because: string) => Settled,
): Promise<Settled> {
  const { sample, reference, witnesses } = parts;
  const { plan, suspect, text } = sample;
  const wrong = (said: string) => contradicted(truth, said);
  const others = [{ upstream: reference.upstream, says: canonical(plan.method, reference.text) ?? "" }];
  const shared = { others, header, truth: truth.shown };
  if (await wrong(text)) {
    // A proof that nobody's answer fits shows only that this chain counts in another way.
    if (await wrong(reference.text)) return open("the proof contradicts both");
    if (!(await isShared(parts, header, reference.upstream, wrong))) return open(unshared);
    const repeated = await wrong(again);
    return {
      ...shared,
      finding: repeated ? "proved" : "unstable",
      against: suspect,
      text,
      because: repeated ? `proven is ${truth.shown}` : "wrong, and right when asked again",
    };
  }
  if (!(await wrong(reference.text))) return open("both agree with what is proven");
  const told = await witnesses.ask(reference.upstream, sample.call);
  const repeated = told !== undefined && (await wrong(told.text));
  if (repeated && !(await isShared(parts, header, suspect, wrong))) return open(unshared);
  return {
    ...shared,
    others: [{ upstream: suspect, says: canonical(plan.method, text) ?? "" }],
    finding: repeated ? "proved" : "unstable",
    against: reference.upstream,
    text: reference.text,
    because: repeated ? `proven is ${truth.shown}` : "wrong, and right when asked again",
  };
}

const unshared = "nobody else answers as the proof says, and so it may be that this chain counts in another way";

/**
 * Does somebody else also answer as `right` does, where it takes two to show that a proof is one? On some chains traces do
 * not begin with their transactions, and on some (Polygon's state syncs, 0xPolygon/bor#93) blocks have receipts and logs
 * that are not under their root: there all who are honest seem to be wrong, and one that is not could have them condemned.
 * Chains that light clients follow are none of these, and state is what its root says on all.
 */
async function isShared(
  { sample, reference, witnesses }: DisputeParts,
  { by }: Vouched,
  right: Upstream,
  wrong: (said: string) => Promise<boolean>,
): Promise<boolean> {
  const { plan, suspect, call } = sample;
  if (by === "light_client" || (plan.proof !== "receipts" && plan.proof !== "transaction")) return true;
  const both = [suspect, reference.upstream];
  for (const one of witnesses.references(call, plan.height, [right]).slice(0, mostOthers + both.length)) {
    const told = both.includes(one) ? undefined : await witnesses.ask(one, call);
    if (told && canonical(plan.method, told.text) !== undefined && !(await wrong(told.text))) return true;
  }
  return false;
}

/** What the reference and some others say about the block with this hash. */
async function pinnedVotes(
  { plan, suspect, call }: Sample,
  reference: Upstream,
  witnesses: Witnesses,
  header: Vouched,
): Promise<readonly Vote[]> {
  const pinned = witnesses.question(plan.pinnedMethod, plan.pinned(header.hash), call);
  const others = witnesses.references(call, plan.height ?? header.number, [suspect]).filter((one) => one !== reference);
  const votes: Vote[] = [];
  for (const voter of [reference, ...others.slice(0, mostOthers)]) {
    // Not everybody takes a block's hash in place of its number.
    const told = (await witnesses.ask(voter, pinned)) ?? (await witnesses.ask(voter, call));
    const says = told && canonical(plan.method, told.text);
    if (says !== undefined) votes.push({ voter, says });
  }
  return votes;
}

async function byVotes(
  { sample, reference, witnesses, independent }: DisputeParts,
  { header, again, settled }: Known & { readonly settled: boolean },
  open: (because: string) => Settled,
): Promise<Settled> {
  const { plan, suspect, text } = sample;
  const form = (said: string) => canonical(plan.method, said);
  const votes = await pinnedVotes(sample, reference.upstream, witnesses, header);
  const others = votes.map(({ voter, says }) => ({ upstream: voter, says }));
  const said = form(again);
  if (said === undefined) return open("the answer is no JSON");
  const found = ruling([{ voter: suspect, says: said }, ...votes], independent, plan.check === "call");
  if (found.kind === "undecided") return { ...open(found.because), others, header };
  const base = { others, header, truth: undefined, against: suspect, text };
  if (found.kind === "agreed") {
    if (form(text) === said) return { ...base, finding: "agreed", because: "" };
    return { ...base, finding: "unstable", because: "wrong, and right when asked again" };
  }
  const by = found.by.map(({ id }) => id).join(", ");
  const against = found.voter;
  if (against === suspect)
    return { ...base, finding: "outvoted", because: `${by} say otherwise${settled ? "" : ", twice"}` };
  const own = votes.find(({ voter }) => voter === against)?.says ?? "";
  // It said so when asked first, and again when the block was pinned.
  if (form(reference.text) !== own || against !== reference.upstream)
    return { ...base, finding: "agreed", because: "" };
  const rest = [{ upstream: suspect, says: said }, ...others.filter(({ upstream }) => upstream !== against)];
  return { ...base, finding: "outvoted", against, text: reference.text, others: rest, because: `${by} say otherwise` };
}

/** The block that a dispute is about: as asked, or as one of the answers says. */
export function heightOf({ sample, reference }: Disputed): number | undefined {
  return sample.plan.height ?? heightIn(sample.text) ?? heightIn(reference.text);
}

/** The block that an answer belongs to, by what is in it. */
function heightIn(text: string): number | undefined {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { number, blockNumber } = value as { number?: unknown; blockNumber?: unknown };
  return quantityOf(number) ?? quantityOf(blockNumber);
}

function parsed(text: string): unknown {
  return safely(() => JSON.parse(text));
}

/** What upstreams answer may be anything: what cannot be read proves nothing, and as an answer it is wrong. */
function safely<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

async function contradicted(truth: Truth, text: string): Promise<boolean> {
  try {
    return await truth.contradicts(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return true;
    throw error;
  }
}
