import type { Call } from "../core/call.ts";
import { Attempt, CallContext } from "../core/context.ts";
import { fault, type Outcome } from "../core/outcome.ts";
import { mayReside } from "../core/residency.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Voucher } from "../core/verification.ts";
import { Cancellation } from "../lib/cancellation.ts";
import type { Clock } from "../lib/clock.ts";
import { textOf } from "../lib/latin1.ts";
import type { Random } from "../lib/random.ts";
import type { TokenBucket } from "../lib/token-bucket.ts";
import { type BlockObject, Calibration, checkHeader, type Header, headerHash, readHeader } from "./evm/header.ts";
import { farthest, type SignedHeaders } from "./light-client/signed-headers.ts";
import type { Independent } from "./ruling.ts";

export interface WitnessParts {
  readonly upstreams: readonly Upstream[];
  readonly independent: Independent;
  /** Builds a question of our own. */
  readonly question: (method: string, params: readonly unknown[]) => Call;
  readonly clock: Clock;
  readonly random: Random;
  /** What checks may ask, in calls; shared by all networks. */
  readonly budget: TokenBucket;
  /** The newest block that is final. */
  readonly finalized: () => number;
  /** What a light client knows to be final, where there is one. */
  readonly signed?: SignedHeaders | undefined;
  /** Two upstreams vouched for another header than the one that was signed. */
  readonly contradicted?: ((signed: Header, vouchers: readonly Upstream[]) => void) | undefined;
}

/** A header, and who vouches for it. */
export type Vouched = Header & { readonly by: Voucher };

/** States that a full node keeps, less some room. Source: geth keeps the last 128. */
const recentStates = 100;

/** How many headers are remembered. */
const mostHeaders = 1_024;

/** How many are asked for a header before it is given up. */
const mostVouchers = 4;

/**
 * Larger answers are none, in bytes: they are read in one go, while traffic waits. All receipts of a full block take some
 * two megabytes.
 */
const mostBytes = 4_194_304;

/** The answer's text, or that there was none. */
export type Told = { readonly text: string } | undefined;

/**
 * Those who can be asked what is so: picks them, asks them, and knows for which headers a light client, or two independent
 * ones of them, vouch.
 */
export class Witnesses {
  /** Calls made so far. */
  asked = 0;
  readonly calibration = new Calibration();
  readonly #parts: WitnessParts;
  readonly #headers = new Map<number, Agreed>();
  /** The newest block of the light client's that anybody has shown. */
  #shown: Header | undefined;

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /** Asks one upstream within its own limits. Only a definitive answer counts; an error of the node's is none. */
  async ask(upstream: Upstream, call: Call): Promise<Told> {
    return toldBy(await this.outcome(upstream, call));
  }

  async outcome(upstream: Upstream, call: Call): Promise<Outcome> {
    if (!upstream.hasRoom(call)) return busy;
    const { clock, budget } = this.#parts;
    this.asked++;
    budget.spend();
    const context = new CallContext(new Cancellation(), clock.now() + call.traits.timeoutMs);
    // All of the answer is wanted.
    context.shared = true;
    return upstream.send(call, context, new Attempt(upstream, "confirm", clock.now(), call.traits.name));
  }

  question(method: string, params: readonly unknown[], like?: Call): Call {
    const call = this.#parts.question(method, params);
    return like?.residency === undefined ? call : { ...call, residency: like.residency };
  }

  /** Who may be asked the same as `suspect` was, in any order: well, far enough, and independent of all of `others`. */
  references(call: Call, height: number | undefined, others: readonly Upstream[]): Upstream[] {
    const { upstreams, independent, clock } = this.#parts;
    const fit = upstreams.filter(
      (one) =>
        others.every((other) => independent(one, other)) &&
        isWell(one, clock.now()) &&
        one.status.head >= (height ?? call.height ?? 0) &&
        !(call.needsState && !one.archive && one.status.head - (height ?? call.floor ?? 0) > recentStates) &&
        !(call.traits.traces && !one.traces) &&
        !one.lacks(call.method) &&
        one.hasRoom(call) &&
        (call.residency === undefined || mayReside(one.coordinates.jurisdiction, call.residency)),
    );
    return shuffled(fit, this.#parts.random);
  }

  /**
   * The header at a height: that of the light client where it reaches so far, else the one for which two upstreams vouch
   * that are independent of each other and of `suspect`; `undefined` when no two agree. What is final is asked once.
   */
  async vouched(height: number, suspect: Upstream): Promise<Vouched | undefined> {
    const signed = await this.#signed(height);
    if (signed) return signed;
    const known = this.final(height);
    if (known) return known;
    const { independent } = this.#parts;
    const call = this.question("eth_getBlockByNumber", [`0x${height.toString(16)}`, false]);
    const seen: { readonly voucher: Upstream; readonly header: Header }[] = [];
    for (const voucher of this.references(call, height, [suspect]).slice(0, mostVouchers)) {
      const told = await this.ask(voucher, call);
      const header = told && this.#read(told.text, voucher);
      if (header?.number !== height) continue;
      const other = seen.find((one) => isSame(one.header, header) && independent(one.voucher, voucher));
      if (other) return this.#agreed(header, [other.voucher, voucher]);
      seen.push({ voucher, header });
    }
    return undefined;
  }

  /**
   * Has anybody shown the newest block that the light client knows? Until then it may follow another chain than this one, or
   * a branch that left it: that they were one once says nothing of what comes later.
   */
  get recognised(): boolean {
    const newest = this.#parts.signed?.newest;
    return newest !== undefined && newest === this.#shown;
  }

  /** Has nobody shown a block that it knows, nor lately one of the newest? It takes a moment to ask for each. */
  get estranged(): boolean {
    const newest = this.#parts.signed?.newest;
    return newest !== undefined && !(this.#shown && this.#shown.number >= newest.number - farthest);
  }

  /** The header of a final block, as far as it is known by now. */
  final(height: number): Vouched | undefined {
    if (height > this.#parts.finalized()) return undefined;
    const signed = this.recognised ? this.#parts.signed?.known(height) : undefined;
    return signed ? { ...signed, by: "light_client" } : this.#headers.get(height)?.header;
  }

  /** The header that the light client knows, or comes to know by the hashes of parents; anybody may supply those. */
  async #signed(height: number): Promise<Vouched | undefined> {
    const { signed, contradicted } = this.#parts;
    await this.recognise();
    if (!this.recognised) return undefined;
    const header = await signed?.find(height, (hash) => this.#byHash(hash));
    if (!header) return undefined;
    const agreed = this.#headers.get(height);
    this.#headers.delete(height);
    if (agreed && agreed.header.hash !== header.hash) contradicted?.(header, agreed.vouchers);
    return { ...header, by: "light_client" };
  }

  /** Asks for the newest block that the light client knows, until somebody has shown it. */
  async recognise(): Promise<void> {
    const newest = this.#parts.signed?.newest;
    if (!newest || this.recognised) return;
    if (await this.#byHash(newest.hash)) this.#shown = newest;
  }

  /** A header by its hash, from whoever shows one that has it. */
  async #byHash(hash: string): Promise<Header | undefined> {
    const call = this.question("eth_getBlockByHash", [hash, false]);
    for (const one of this.references(call, undefined, []).slice(0, mostVouchers)) {
      const told = await this.ask(one, call);
      const block = told && parsedBlock(told.text);
      if (block && headerHash(block) === hash) return readHeader({ ...block, hash });
    }
    return undefined;
  }

  /** Reads a header that an upstream showed; not one that is known to be forged. */
  #read(text: string, voucher: Upstream): Header | undefined {
    const block = parsedBlock(text);
    if (!block) return undefined;
    const finding = checkHeader(block);
    const header = readHeader(block);
    if (header) this.calibration.heard(voucher.id, finding, header.number);
    return header && finding === "forged" && this.calibration.proves(header.number) ? undefined : header;
  }

  /** A block that is not final yet may be gone when it would be: then this one is remembered for nothing but a false blame. */
  #agreed(header: Header, vouchers: readonly Upstream[]): Vouched {
    const vouched = { ...header, by: "two_upstreams" } as const;
    if (header.number > this.#parts.finalized()) return vouched;
    this.#headers.delete(header.number);
    this.#headers.set(header.number, { header: vouched, vouchers });
    if (this.#headers.size > mostHeaders) {
      const [oldest] = this.#headers.keys();
      this.#headers.delete(oldest as number);
    }
    return vouched;
  }
}

/** What a definitive answer says. */
export function toldBy(outcome: Outcome): Told {
  const isTold = outcome.ok && !outcome.failed && !outcome.rest && outcome.payload.length <= mostBytes;
  return isTold ? { text: textOf(outcome.payload) } : undefined;
}

/** Are two headers one in all that is kept? That the hash is that of the rest not every header can be checked for. */
function isSame(a: Header, b: Header): boolean {
  return (
    a.number === b.number &&
    a.hash === b.hash &&
    a.parentHash === b.parentHash &&
    a.timestamp === b.timestamp &&
    a.stateRoot === b.stateRoot &&
    a.receiptsRoot === b.receiptsRoot
  );
}

interface Agreed {
  readonly header: Vouched;
  readonly vouchers: readonly Upstream[];
}

/** A block in JSON; `undefined` for null and for whatever else it may be. */
export function parsedBlock(text: string): BlockObject | undefined {
  try {
    const block: unknown = JSON.parse(text);
    return typeof block === "object" && block !== null && !Array.isArray(block) ? (block as BlockObject) : undefined;
  } catch {
    return undefined;
  }
}

function isWell({ status }: Upstream, now: number): boolean {
  return (
    status.confirmed &&
    status.disproved === undefined &&
    (status.verdict === "healthy" || status.verdict === "suspect") &&
    status.breaker === "closed" &&
    status.heldUntil <= now
  );
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const place = Math.floor(random() * (last + 1));
    [order[last], order[place]] = [order[place] as Item, order[last] as Item];
  }
  return order;
}

const busy = fault("busy", "no room for a check");
