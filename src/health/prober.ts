import { type Fault, fault, type Outcome } from "../core/outcome.ts";
import type { ProbeReading, ProbeStep } from "../core/protocol.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";

/** How often an upstream is asked again who it is, and what changes slowly, in milliseconds. */
const identityMs = 300_000;
const slowMs = 15_000;

/** When it is urgent, or something just happened, the questions beside the main one may wait so long, in milliseconds. */
const restMs = 5_000;

/** The least time between the starts of two rounds at one upstream, in milliseconds. */
const leastPauseMs = 200;

/**
 * A probe is given up after this many times its usual latency, and this many milliseconds at least: with the full
 * timeout a silent upstream without traffic would be found three times later. Of one that is under suspicion already
 * no more is needed than a call may take that waits too long. One that is out already gets the full timeout, or whoever
 * became slow could never come back.
 */
const patience = 4;
const leastPatienceMs = 500;
const leastSuspectPatienceMs = 250;

/** Weight of a new probe in the average of their latency. */
const learning = 0.2;

/** What the prober tells and asks. */
interface ProbeListener {
  /** Something was learned, in the middle of a round. */
  read(reading: Partial<ProbeReading>): void;
  /** A round went well that began at `askedAt`, the clock's milliseconds. */
  passed(askedAt: number): void;
  /** A round ended with this fault. */
  failed(fault: Fault): void;
  /** The pause in milliseconds from the start of this round to the start of the next. */
  pause(): number;
  /** Must it be quick? Then a round mostly asks only the one question that shows life. */
  urgent(): boolean;
  /** How much later than usual all answers come there of late, in milliseconds. */
  lateMs(): number;
}

export interface ProberParts {
  /** Its `status.probeMs` is written here. */
  readonly upstream: Upstream;
  readonly steps: readonly ProbeStep[];
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly listener: ProbeListener;
}

/**
 * Asks one upstream the questions of its protocol, round after round, one round at a time.
 *
 * A round asks for the identity when that is due, and ends there when the answer has the upstream quarantined; then the
 * main question, which shows life (`head` where there is one); then the others that are due, unless it is urgent.
 */
export class Prober {
  readonly #parts: ProberParts;
  readonly #identity: readonly ProbeStep[];
  readonly #main: ProbeStep | undefined;
  readonly #frequent: readonly ProbeStep[];
  readonly #all: readonly ProbeStep[];
  #next: Scheduled | undefined;
  #nextAt = Number.POSITIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #identifiedAt = Number.NEGATIVE_INFINITY;
  #restAt = Number.NEGATIVE_INFINITY;
  #slowAt = Number.NEGATIVE_INFINITY;
  #nudged = false;
  #suspected = false;
  #hasty = false;
  #stopped = false;

  constructor(parts: ProberParts) {
    const { steps } = parts;
    const frequent = steps.filter(({ every }) => every === "probe");
    this.#parts = parts;
    this.#identity = steps.filter(({ every }) => every === "rare");
    this.#main = frequent.find(({ name }) => name === "head") ?? frequent.find(({ optional }) => !optional);
    this.#frequent = frequent.filter((step) => step !== this.#main);
    this.#all = [...this.#frequent, ...steps.filter(({ every }) => every === "slow")];
  }

  /** Starts the first round in `delayMs` milliseconds. */
  start(delayMs: number): void {
    this.#schedule(delayMs);
  }

  /** Nothing is asked or told any more. */
  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
  }

  /**
   * Brings the next round forward, to `delayMs` milliseconds from now but not sooner than 200 ms after the start of the
   * last. While a round is under way: another follows it.
   */
  nudge(delayMs = 0): void {
    if (this.#stopped) return;
    this.#nudged = true;
    const now = this.#parts.clock.now();
    const at = Math.max(now + delayMs, this.#startedAt + leastPauseMs);
    // While a round is under way the next has no time yet: `#nextAt` is when this one began.
    if (at < this.#nextAt) this.#schedule(at - now);
  }

  /** The same when it may have failed. */
  suspect(): void {
    this.#suspected = true;
    this.nudge();
  }

  /** Asks for the identity in the next round. */
  doubtIdentity(): void {
    this.#identifiedAt = Number.NEGATIVE_INFINITY;
  }

  #schedule(delayMs: number): void {
    this.#next?.cancel();
    this.#nextAt = this.#parts.clock.now() + delayMs;
    this.#next = this.#parts.clock.schedule(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { clock, listener } = this.#parts;
    this.#hasty = this.#suspected || listener.urgent();
    const urgent = this.#nudged || this.#hasty;
    this.#nudged = this.#suspected = false;
    this.#startedAt = clock.now();
    const failure = await this.#round(urgent);
    if (this.#stopped) return;
    if (failure) listener.failed(failure);
    else listener.passed(this.#startedAt);
    const pause = this.#nudged ? leastPauseMs : listener.pause();
    this.#schedule(Math.max(0, this.#startedAt + pause - clock.now()));
  }

  /** One round; the fault that ended it. */
  async #round(urgent: boolean): Promise<Fault | undefined> {
    const identify = this.#startedAt - this.#identifiedAt >= identityMs;
    if (identify) {
      const failure = await this.#askAll(this.#identity);
      if (failure) return failure;
      this.#identifiedAt = this.#startedAt;
      if (this.#parts.upstream.status.verdict === "quarantined") return undefined;
    }
    if (this.#main) {
      const askedAt = this.#parts.clock.now();
      const failure = await this.#ask(this.#main);
      if (failure) return failure;
      this.#learnLatency(this.#parts.clock.now() - askedAt);
    }
    if (urgent && !identify && this.#startedAt - this.#restAt < restMs) return undefined;
    this.#restAt = this.#startedAt;
    const slow = this.#startedAt - this.#slowAt >= slowMs;
    if (slow) this.#slowAt = this.#startedAt;
    return this.#askAll(slow ? this.#all : this.#frequent);
  }

  async #askAll(steps: readonly ProbeStep[]): Promise<Fault | undefined> {
    const failures = await Promise.all(steps.map((step) => this.#ask(step)));
    return failures.find((failure) => failure !== undefined);
  }

  /** Asks one question and tells what was read; a fault when that fails and matters. */
  async #ask(step: ProbeStep): Promise<Fault | undefined> {
    if (this.#stopped) return undefined;
    const { upstream, listener } = this.#parts;
    const outcome: Outcome = await upstream.probe(step.call, this.#patienceMs());
    if (this.#stopped) return undefined;
    if (!outcome.ok) return step.optional ? undefined : outcome;
    const reading = step.read(outcome);
    if (reading) listener.read(reading);
    return reading || step.optional ? undefined : fault("bad_result", `the ${step.name} probe was not answered usably`);
  }

  #patienceMs(): number {
    const { upstream, timeoutMs, listener } = this.#parts;
    const { probeMs, verdict } = upstream.status;
    if (Number.isNaN(probeMs) || verdict === "ejected") return timeoutMs;
    const least = this.#hasty ? leastSuspectPatienceMs : leastPatienceMs;
    return Math.min(timeoutMs, Math.max(least, patience * probeMs) + listener.lateMs());
  }

  #learnLatency(elapsed: number): void {
    const { status } = this.#parts.upstream;
    status.probeMs = Number.isNaN(status.probeMs) ? elapsed : status.probeMs + learning * (elapsed - status.probeMs);
  }
}
