import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import type { Audit } from "../core/observer.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { textOf } from "../lib/latin1.ts";
import type { Random } from "../lib/random.ts";
import type { TokenBucket } from "../lib/token-bucket.ts";
import { type Disputed, dispute, heightOf, known, type Sample } from "./dispute.ts";
import { type NewEvidence, testimony } from "./evidence-record.ts";
import { canonical } from "./evm/canonical.ts";
import { type Header, readHeader } from "./evm/header.ts";
import { type Check, type Plan, planOf } from "./evm/plan.ts";
import { signedTruth } from "./evm/truth.ts";
import { brokenChain, headerLie } from "./header-lies.ts";
import { convicted, later, passed } from "./quarantine.ts";
import type { Independent } from "./ruling.ts";
import { nextGap } from "./sampling.ts";
import type { VerificationOptions } from "./schema.ts";
import type { Subject } from "./subject.ts";
import type { Finding } from "./trust.ts";
import { parsedBlock, type Witnesses } from "./witnesses.ts";

export interface AuditorParts {
  readonly network: string;
  readonly subjects: ReadonlyMap<Upstream, Subject>;
  readonly witnesses: Witnesses;
  readonly independent: Independent;
  readonly options: VerificationOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: TokenBucket;
  /** The newest block that is final. */
  readonly finalized: () => number;
  /** Must checks stop, because calls need what they take? */
  readonly paused: () => boolean;
  readonly told: (upstream: Upstream, audit: Audit) => void;
  /** What is known of an upstream changed: what it may have of traffic, and what is kept. */
  readonly changed: (subject: Subject) => void;
  readonly evidence: (evidence: NewEvidence) => void;
  readonly crashed: (bug: unknown) => void;
}

/** Larger answers are not compared, in bytes. */
const mostBytes = 262_144;

/** Audits at once, those that wait for their time included; more are not begun. */
const mostAudits = 32;

/** Disputes that wait for their block to be final, how often that is looked at, and how long it may take, in milliseconds. */
const mostWaiting = 64;
const finalityLookMs = 5_000;
const longestWaitMs = 7_200_000;

/** What a dispute may cost, in calls: no audit begins with less left of the budget, or what it finds could not be settled. */
const disputeCalls = 8;

/**
 * Compares answers to a sample of clients' calls with what independent upstreams say. Those who are audited cannot know:
 * what is looked at is the answer that the client got; the same bytes are asked elsewhere, a while later.
 */
export class Auditor {
  readonly #parts: AuditorParts;
  /** Audits whose time has not come, and disputes about blocks that are not final. */
  readonly #delayed = new Set<Scheduled>();
  readonly #waiting = new Set<Scheduled>();
  #under = 0;
  #stopped = false;

  constructor(parts: AuditorParts) {
    this.#parts = parts;
    for (const subject of parts.subjects.values()) this.draw(subject);
  }

  /** On the path of each call: a look-up and a subtraction. */
  attempted(call: Call, attempt: Attempt): void {
    const subject = this.#parts.subjects.get(attempt.upstream);
    if (subject === undefined) return;
    subject.seen++;
    if (--subject.gap > 0) return;
    const rate = this.draw(subject);
    this.#consider(subject, call, attempt, rate);
  }

  /** Draws how many calls pass until the next look, at the rate of the kind of check that needs it most. */
  draw(subject: Subject): number {
    const { options, random, clock } = this.#parts;
    const now = clock.epoch();
    const probation = subject.custody.phase === "probation";
    const doubted = now < subject.doubtedUntil;
    const rate = probation ? 1 : Math.min(1, Math.max(options.newcomers, options.trusted) * (doubted ? 10 : 1));
    subject.gap = nextGap(rate, random);
    return rate;
  }

  #consider(subject: Subject, call: Call, { upstream, outcome }: Attempt, drawn: number): void {
    const { options, random, clock, paused, finalized } = this.#parts;
    if (!outcome?.ok || outcome.failed || outcome.rest || outcome.payload.length > mostBytes) return;
    if (call.traits.access !== "read" || this.#under >= mostAudits || this.#stopped || paused()) return;
    const plan = planOf(call.wire.body);
    if (!plan) return;
    const rates = { newcomer: options.newcomers, trusted: options.trusted };
    if (random() * drawn >= subject.rate(plan.check, rates, clock.epoch())) return;
    if (!this.#parts.budget.has(1 + disputeCalls)) return;
    const sample: Sample = { call, plan, suspect: upstream, text: textOf(outcome.payload), finalAt: finalized() };
    this.#under++;
    const timer = clock.schedule(random() * options.delay, () => {
      this.#delayed.delete(timer);
      this.#run(sample);
    });
    this.#delayed.add(timer);
  }

  #run(sample: Sample): void {
    this.check(sample, true)
      .catch(this.#parts.crashed)
      .finally(() => {
        this.#under--;
      });
  }

  /** One audit, from the first look to the finding; with `tryOut` those on trial are asked the same. */
  async check(sample: Sample, tryOut = false): Promise<Finding> {
    const { plan, text } = sample;
    if (this.#parts.paused()) return "unanswered";
    const own = canonical(plan.method, text);
    if (own === undefined) return this.find(sample, "unanswered", "the answer is no JSON");
    if (plan.check === "header") {
      const forged = headerLie(sample, this.#parts.witnesses);
      if (forged !== undefined) return this.#convict(sample, "proved", forged, own, [], undefined, undefined);
      const broken = brokenChain(sample, this.#parts.witnesses);
      if (broken) {
        const how = broken.parent.by === "light_client" ? "proved" : "outvoted";
        return this.#convict(sample, how, broken.because, own, [], broken.parent, undefined);
      }
    }
    const [reference, told] = await this.#reference(sample);
    if (!reference || !told) return this.#alone(sample);
    const other = canonical(plan.method, told.text);
    if (other === own) {
      const finding = this.find(sample, "agreed", undefined);
      if (tryOut) await this.#tryOut(sample, own);
      return finding;
    }
    if (other === undefined) return this.find(sample, "unanswered", "the other answer is no JSON");
    const said: Disputed = { sample, reference: { upstream: reference, text: told.text } };
    const height = heightOf(said);
    if (height === undefined) return this.find(sample, "undecided", "nobody says which block it is about");
    return height <= this.#parts.finalized() ? this.#settle(said) : this.#postpone(said, height);
  }

  /**
   * Nobody else answers. A trace can still be held against its transaction; but whether this chain's traces begin with
   * their transactions nobody else has shown, so one that does not is no lie yet.
   */
  async #alone(sample: Sample): Promise<Finding> {
    const truth = sample.plan.proof === "transaction" && (await known(sample, this.#parts.witnesses));
    if (!truth) return this.find(sample, "unanswered", "no independent upstream answers");
    if (!(await truth.contradicts(sample.text))) return this.find(sample, "agreed", undefined);
    return this.find(sample, "undecided", `nobody else answers, and what it says is not ${truth.shown}`);
  }

  /** Nobody can be blamed for another answer about a block that may yet go: it is settled when the block is final. */
  #postpone(said: Disputed, height: number): Finding {
    const { clock, finalized, crashed } = this.#parts;
    if (this.#waiting.size >= mostWaiting) {
      return this.find(said.sample, "unanswered", "too many answers wait for their block to be final");
    }
    if (this.#stopped) return "unanswered";
    const since = clock.now();
    const look = () => {
      this.#waiting.delete(timer);
      if (height <= finalized()) this.#settle(said).catch(crashed);
      else if (clock.now() - since > longestWaitMs) this.find(said.sample, "unanswered", "its block was never final");
      else wait();
    };
    let timer = clock.schedule(finalityLookMs, look);
    const wait = () => {
      timer = clock.schedule(finalityLookMs, look);
      this.#waiting.add(timer);
    };
    this.#waiting.add(timer);
    return "unanswered";
  }

  /** Finds out who is wrong about a block that is final, and books it. */
  async #settle(said: Disputed): Promise<Finding> {
    const { witnesses, independent, budget } = this.#parts;
    const { sample } = said;
    if (!budget.has(disputeCalls)) {
      return this.find(sample, "unanswered", "they differ, and there is no budget to settle it");
    }
    const verdict = await dispute({ ...said, witnesses, independent });
    const accused =
      verdict.against === sample.suspect ? sample : { ...sample, suspect: verdict.against, text: verdict.text };
    if (accused !== sample) this.find(sample, "agreed", undefined);
    const { finding, because, others, header, truth } = verdict;
    if (finding !== "proved" && finding !== "outvoted") return this.find(accused, finding, because);
    const own = canonical(accused.plan.method, accused.text) ?? accused.text;
    // Those who were asked may have shown only now how this chain hashes.
    const forged = accused.plan.check === "header" ? headerLie(accused, witnesses) : undefined;
    if (forged !== undefined) return this.#convict(accused, "proved", forged, own, others, header, truth);
    return this.#convict(accused, finding, because, own, others, header, truth);
  }

  /** Those who vouched for another final header than the one that was signed are asked again; who repeats it lied. */
  async confront(signed: Header, vouchers: readonly Upstream[]): Promise<void> {
    const { witnesses, finalized } = this.#parts;
    const call = witnesses.question("eth_getBlockByNumber", [`0x${signed.number.toString(16)}`, false]);
    const plan = planOf(call.wire.body) as Plan;
    const truth = signedTruth(signed).shown;
    for (const suspect of vouchers) {
      const text = (await witnesses.ask(suspect, call))?.text ?? "null";
      const said = readHeader(parsedBlock(text));
      if (said?.number !== signed.number || said.hash === signed.hash) continue;
      const sample: Sample = { call, plan, suspect, text, finalAt: finalized() };
      const header = { ...signed, by: "light_client" } as const;
      const own = canonical(plan.method, text) ?? text;
      this.#convict(sample, "proved", `it vouches for ${said.hash}, and ${truth}`, own, [], header, truth);
    }
  }

  /** Audits again after a stop. */
  start(): void {
    this.#stopped = false;
  }

  /** What waits for its time, or for a block to be final, is given up. */
  stop(): void {
    this.#stopped = true;
    for (const timer of [...this.#delayed, ...this.#waiting]) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
  }

  /** The first independent upstream that answers the same bytes. */
  async #reference({ call, plan, suspect }: Sample) {
    const { witnesses } = this.#parts;
    for (const one of witnesses.references(call, plan.height, [suspect]).slice(0, 2)) {
      const told = await witnesses.ask(one, call);
      if (told) return [one, told] as const;
    }
    return [undefined, undefined] as const;
  }

  /** Gives those on trial the same to answer, out of clients' sight. */
  async #tryOut({ call, plan, finalAt }: Sample, agreed: string): Promise<void> {
    const { subjects, witnesses, budget } = this.#parts;
    for (const { upstream, custody } of subjects.values()) {
      if (custody.phase !== "trial" || upstream.status.head < (plan.height ?? 0) || !budget.has()) continue;
      const told = await witnesses.ask(upstream, call);
      if (!told) continue;
      const sample = { call, plan, suspect: upstream, text: told.text, finalAt };
      if (canonical(plan.method, told.text) === agreed) this.find(sample, "agreed", undefined);
      else await this.check(sample);
    }
  }

  /** Books a finding. */
  find({ plan, suspect }: Pick<Sample, "plan" | "suspect">, finding: Finding, because: string | undefined): Finding {
    return this.#book(suspect, plan.check, finding, because);
  }

  #book(upstream: Upstream, check: Check, finding: Finding, because: string | undefined): Finding {
    const { subjects, clock, told, changed } = this.#parts;
    const subject = subjects.get(upstream) as Subject;
    const now = clock.epoch();
    subject.learn(check, finding, now);
    const wrong = finding === "proved" || finding === "outvoted";
    let custody = later(subject.custody, now);
    if (finding === "agreed") custody = passed(custody, now);
    if (wrong) custody = convicted(custody, because ?? finding, now);
    const turned = custody !== subject.custody;
    subject.custody = custody;
    if (wrong && turned) subject.convictions++;
    if (wrong || turned || finding === "unstable" || finding === "undecided") this.draw(subject);
    told(upstream, { check, finding, because, convicted: wrong && turned });
    changed(subject);
    return finding;
  }

  #convict(
    { plan, suspect }: Sample,
    finding: "proved" | "outvoted",
    how: string,
    said: string,
    others: readonly { readonly upstream: Upstream; readonly says: string }[],
    header: NewEvidence["header"],
    truth: string | undefined,
  ): Finding {
    const at = plan.height === undefined ? "" : ` at block ${plan.height}`;
    const because = `${plan.method}${at}: ${how}`;
    const { network, subjects, clock, evidence } = this.#parts;
    const record: NewEvidence = {
      network,
      upstream: suspect.id,
      check: plan.check,
      finding,
      because,
      request: { method: plan.method, params: JSON.stringify(plan.params) },
      answer: testimony(suspect.id, said),
      references: others.map(({ upstream, says }) => testimony(upstream.id, says)),
      header,
      truth,
    };
    if (subjects.get(suspect)?.isNews(plan.check, clock.epoch())) evidence(record);
    return this.#book(suspect, plan.check, finding, because);
  }
}
