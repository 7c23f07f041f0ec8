import type { Call } from "../core/call.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { textOf } from "../lib/latin1.ts";
import { jittered, type Random } from "../lib/random.ts";
import type { Auditor } from "./auditor.ts";
import type { BlockObject } from "./evm/header.ts";
import { planOf } from "./evm/plan.ts";
import type { Subject } from "./subject.ts";
import { parsedBlock, type Witnesses } from "./witnesses.ts";

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

/** What is asked: a recent block, its logs, a receipt in it, a balance at it; and of archives a balance at an old one. */
const kinds = ["header", "logs", "receipt", "balance", "archive"] as const;
type Kind = (typeof kinds)[number];

/** How far back blocks and logs are asked for, and how old the state is that only an archive has. */
const recentBlocks = 1_000;
const oldBlocks = 256;
/** How many newest states are surely kept. */
const fullStates = 64;

/** Failures in a row after which an archive is taken for none. */
const failuresToRelabel = 3;

/**
 * Asks each upstream now and then what two others know, so that one without traffic is checked as well, and one that is
 * said to keep old state shows that it does. The questions look like clients', at times that nobody can foresee.
 */
export class Canaries {
  readonly #parts: CanaryParts;
  readonly #timers = new Map<Upstream, Scheduled>();
  readonly #failures = new Map<Upstream, number>();

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
    for (let count = 0; count < questions; count++) await this.#try(subject, kinds[count % kinds.length] as Kind);
  }

  async #ask(subject: Subject): Promise<void> {
    const { upstream, custody } = subject;
    const { random, paused, head } = this.#parts;
    const { status } = upstream;
    if (paused() || head() < 1 || !status.confirmed || custody.phase === "held") return;
    if (status.breaker !== "closed" || status.verdict === "ejected" || status.verdict === "drained") return;
    await this.#try(subject, kinds[under(random, kinds.length)] as Kind);
  }

  async #try({ upstream }: Subject, kind: Kind): Promise<void> {
    const call = await this.#question(kind, upstream);
    if (call) await this.#put(call, upstream, kind === "archive");
  }

  async #question(kind: Kind, upstream: Upstream): Promise<Call | undefined> {
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
      const transactions = (await this.#block(recent, upstream))?.["transactions"];
      const one = Array.isArray(transactions) ? transactions[under(random, transactions.length)] : undefined;
      return typeof one === "string" ? witnesses.question("eth_getTransactionReceipt", [one]) : undefined;
    }
    const oldest = top - oldBlocks;
    const isOld = kind === "archive";
    if (isOld && (oldest < 1 || !(upstream.archive || upstream.status.forgetful))) return undefined;
    // What every full node still has, or what only an archive does.
    const number = isOld ? 1 + under(random, oldest) : top - under(random, Math.min(fullStates, top));
    const miner = (await this.#block(number, upstream))?.["miner"];
    return typeof miner === "string" ? witnesses.question("eth_getBalance", [miner, hex(number)]) : undefined;
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
    if (archive)
      this.#relabel(upstream, outcome.ok ? !outcome.failed : outcome.kind === "missing_data" ? false : undefined);
    const plan = planOf(call.wire.body);
    if (!plan || !outcome.ok || outcome.failed || outcome.rest) return;
    await auditor.check({ call, plan, suspect: upstream, text: textOf(outcome.payload), finalAt: finalized() });
  }

  /** Whoever says that it has forgotten old state is honest, only no archive. One answer makes it one again. */
  #relabel(upstream: Upstream, has: boolean | undefined): void {
    if (has === undefined) return;
    const failures = has ? 0 : (this.#failures.get(upstream) ?? 0) + 1;
    this.#failures.set(upstream, failures);
    upstream.status.forgetful = failures >= failuresToRelabel;
  }
}

/** A whole number from 0 up to but not including `most`, which is at least 1. */
function under(random: Random, most: number): number {
  return Math.floor(random() * Math.max(1, most));
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
