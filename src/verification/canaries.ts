import type { Call } from "../core/call.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { jittered, type Random } from "../lib/random.ts";
import type { Auditor } from "./auditor.ts";
import { Claims } from "./claims.ts";
import type { BlockObject } from "./evm/header.ts";
import { planOf } from "./evm/plan.ts";
import type { Subject } from "./subject.ts";
import { type Traceable, tryTrace } from "./trace-canary.ts";
import { parsedBlock, toldBy, type Witnesses } from "./witnesses.ts";

export interface CanaryParts {
  readonly subjects: ReadonlyMap<Upstream, Subject>;
  readonly auditor: Pick<Auditor, "check">;
  readonly witnesses: Witnesses;
  readonly clock: Clock;
  readonly random: Random;
  readonly everyMs: number;
  readonly head: () => number;
  readonly finalized: () => number;
  readonly paused: () => boolean;
  /** Time may have ended something for this upstream. */
  readonly looked: (subject: Subject) => void;
  readonly crashed: (bug: unknown) => void;
}

/**
 * What is asked: a recent block, its logs, a receipt in it, a balance at it; of archives a balance at an old one, and
 * of those who are said to serve traces the trace of a transaction.
 */
const common = ["header", "logs", "receipt", "balance"] as const;
type Kind = (typeof common)[number] | "archive" | "trace";

/** How far back blocks and logs are asked for, and how old the state is that only an archive has. */
const recentBlocks = 1_000;
const oldBlocks = 256;
/**
 * How many newest states are surely kept, and how many are kept by all who keep as many as geth (128), less some room.
 */
const fullStates = 64;
const usualStates = 100;

/**
 * Asks each upstream now and then what two others know, so that one without traffic is checked as well, and one that is
 * said to keep old state shows that it does. The questions look like clients', at times that nobody can foresee.
 */
export class Canaries {
  readonly #parts: CanaryParts;
  readonly #timers = new Map<Upstream, Scheduled>();
  readonly #claims = new Claims();

  constructor(parts: CanaryParts) {
    this.#parts = parts;
  }

  start(): void {
    for (const subject of this.#parts.subjects.values()) this.#next(subject);
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #next(subject: Subject): void {
    const { clock, random, everyMs, looked, crashed } = this.#parts;
    const timer = clock.schedule(jittered(random, everyMs, 0.5), () => {
      looked(subject);
      this.#next(subject);
      this.#ask(subject).catch(crashed);
    });
    this.#timers.set(subject.upstream, timer);
  }

  /** Asks an upstream so many questions at once after another, of each kind in turn. */
  async examine(subject: Subject, questions: number): Promise<void> {
    const kinds = kindsFor(subject.upstream);
    for (let count = 0; count < questions; count++) await this.#try(subject, kinds[count % kinds.length] as Kind);
  }

  async #ask(subject: Subject): Promise<void> {
    const { upstream, custody } = subject;
    const { random, paused, head } = this.#parts;
    const { status } = upstream;
    if (paused() || head() < 1 || !status.confirmed || custody.phase === "held") return;
    if (status.breaker !== "closed" || status.verdict === "ejected" || status.verdict === "drained") return;
    const kinds = kindsFor(upstream);
    await this.#try(subject, kinds[under(random, kinds.length)] as Kind);
  }

  async #try({ upstream }: Subject, kind: Kind): Promise<void> {
    if (kind === "trace") {
      const one = await this.#traceable(upstream);
      if (one) this.#claims.heard(upstream, "traceless", await tryTrace(this.#parts, upstream, one));
      return;
    }
    const call = await this.#question(kind, upstream);
    if (call) await this.#put(call, upstream, kind === "archive");
  }

  async #question(kind: Exclude<Kind, "trace">, upstream: Upstream): Promise<Call | undefined> {
    const { witnesses, head, finalized, random } = this.#parts;
    const top = Math.min(head(), upstream.status.head);
    const final = Math.min(finalized(), top);
    const recent = final > 0 ? final - under(random, Math.min(recentBlocks, final)) : top;
    if (kind === "header") {
      const block = hex(top - under(random, Math.min(recentBlocks, top)));
      return witnesses.question("eth_getBlockByNumber", [block, false]);
    }
    if (kind === "logs") return witnesses.question("eth_getLogs", [{ fromBlock: hex(recent), toBlock: hex(recent) }]);
    if (kind === "receipt") {
      const hash = await this.#transaction(recent, upstream);
      return hash === undefined ? undefined : witnesses.question("eth_getTransactionReceipt", [hash]);
    }
    const oldest = top - oldBlocks;
    const isOld = kind === "archive";
    if (isOld && oldest < 1) return undefined;
    // What every full node still has, or what only an archive does.
    const number = isOld ? 1 + under(random, oldest) : top - under(random, Math.min(fullStates, top));
    const miner = (await this.#block(number, upstream))?.["miner"];
    return isBytes(miner, 20) ? witnesses.question("eth_getBalance", [miner, hex(number)]) : undefined;
  }

  /** A transaction whose state the upstream should still have, in a final block if there is one that is new enough. */
  async #traceable(upstream: Upstream): Promise<Traceable | undefined> {
    const { head, finalized, random } = this.#parts;
    const top = Math.min(head(), upstream.status.head);
    const final = Math.min(finalized(), top);
    const first = Math.max(1, upstream.archive ? final - recentBlocks : top - usualStates);
    const last = final < first ? top - fullStates : final;
    if (last < first) return undefined;
    const height = first + under(random, last - first + 1);
    const hash = await this.#transaction(height, upstream);
    return hash === undefined ? undefined : { hash, height };
  }

  /** The hash of a transaction in a block, as somebody else shows it. */
  async #transaction(height: number, upstream: Upstream): Promise<string | undefined> {
    const transactions = (await this.#block(height, upstream))?.["transactions"];
    const one = Array.isArray(transactions) ? transactions[under(this.#parts.random, transactions.length)] : undefined;
    return isBytes(one, 32) ? one : undefined;
  }

  /** A block as somebody else shows it, to have something to ask about. */
  async #block(number: number, upstream: Upstream): Promise<BlockObject | undefined> {
    const { witnesses } = this.#parts;
    const question = witnesses.question("eth_getBlockByNumber", [hex(number), false]);
    const [someone] = witnesses.references(question, number, [upstream]);
    const told = someone && (await witnesses.ask(someone, question));
    return told && parsedBlock(told.text);
  }

  async #put(call: Call, upstream: Upstream, archive: boolean): Promise<void> {
    const { witnesses, auditor, finalized } = this.#parts;
    const outcome = await witnesses.outcome(upstream, call);
    if (archive) {
      const has = outcome.ok ? !outcome.failed : outcome.kind === "missing_data" ? false : undefined;
      this.#claims.heard(upstream, "forgetful", has);
    }
    const plan = planOf(call.wire.body);
    const told = toldBy(outcome);
    if (plan && told) await auditor.check({ call, plan, suspect: upstream, text: told.text, finalAt: finalized() });
  }
}

/** Also of what it is found not to have, which may change. */
function kindsFor({ archive, traces, status }: Upstream): readonly Kind[] {
  return [
    ...common,
    ...(archive || status.forgetful ? (["archive"] as const) : []),
    ...(traces || status.traceless ? (["trace"] as const) : []),
  ];
}

/** A whole number from 0 up to but not including `most`, which is at least 1. */
function under(random: Random, most: number): number {
  return Math.floor(random() * Math.max(1, most));
}

/** Is it so many bytes in hex? What one upstream makes up must not be put to another. */
function isBytes(value: unknown, bytes: number): value is string {
  return typeof value === "string" && value.length === 2 + 2 * bytes && /^0x[0-9a-f]+$/i.test(value);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
