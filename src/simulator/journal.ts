import type { Call, Priority } from "../core/call.ts";
import type { Attempt, AttemptReason, CallContext } from "../core/context.ts";
import type { Decision } from "../core/failover.ts";
import type { Change, Observer } from "../core/observer.ts";
import type { FaultKind, Outcome } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import { effortOf } from "./law.ts";
import type { Judgement } from "./traffic.ts";

/** One call as its client saw it; times in milliseconds of the virtual clock. */
export interface CallRecord {
  readonly at: number;
  readonly ms: number;
  readonly verdict: Judgement["verdict"];
}

/** One attempt as the proxy saw it. */
export interface AttemptRecord {
  readonly upstream: string;
  readonly provider: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly reason: AttemptReason;
  /** The class of the method. */
  readonly class: string;
  /** What it asks of the upstream, relative to reading one balance. */
  readonly work: number;
  readonly ok: boolean;
}

/** One call as the proxy answered it. */
interface ServedRecord {
  readonly at: number;
  readonly ms: number;
  readonly class: string;
  readonly priority: Priority;
  /** May a second copy of it race the first? */
  readonly hedged: boolean;
  readonly fault: FaultKind | undefined;
  /** The upstreams that it was sent to; nobody when it shared another one's answer. */
  readonly sentTo: readonly string[];
}

export interface ChangeRecord {
  readonly at: number;
  readonly upstream: string;
  readonly change: Change;
}

export interface DecisionRecord {
  readonly at: number;
  readonly decision: Decision;
}

/** More than these reasons for bad calls are not told apart. */
const reasonLimit = 50;

/** What happened in one run, as it happened: the report is read from this alone. */
export class Journal implements Observer {
  readonly calls: CallRecord[] = [];
  readonly attempts: AttemptRecord[] = [];
  readonly served: ServedRecord[] = [];
  readonly changes: ChangeRecord[] = [];
  readonly decisions: DecisionRecord[] = [];
  /** Why calls were failed or wrong, and how often. */
  readonly reasons = new Map<string, number>();
  wentBack = 0;
  #closed = false;
  readonly #clock: Clock;
  readonly #origin: number;

  /** `origin` is when the run begins by the clock: the 0 of all times written down. What was before is left out. */
  constructor(clock: Clock, origin: number) {
    this.#clock = clock;
    this.#origin = origin;
  }

  attempted({ method }: Pick<Call, "method">, attempt: Attempt): void {
    const { upstream, startedAt, endedAt, reason, outcome } = attempt;
    if (startedAt < this.#origin) return;
    this.attempts.push({
      upstream: upstream.id,
      provider: upstream.coordinates.provider,
      startedAt: startedAt - this.#origin,
      endedAt: endedAt - this.#origin,
      reason,
      class: attempt.class,
      work: effortOf(method),
      ok: outcome?.ok === true,
    });
  }

  answered({ traits }: Call, outcome: Outcome, { attempts }: CallContext, elapsedMs: number): void {
    this.served.push({
      at: this.#clock.now() - elapsedMs - this.#origin,
      ms: elapsedMs,
      class: traits.name,
      priority: traits.priority,
      hedged: traits.hedge,
      fault: outcome.ok ? undefined : outcome.kind,
      sentTo: attempts.map(({ upstream }) => upstream.id),
    });
  }

  changed(upstream: Upstream, change: Change): void {
    const at = this.#clock.now() - this.#origin;
    if (at >= 0 && !this.#closed) this.changes.push({ at, upstream: upstream.id, change });
  }

  decided(decision: Decision): void {
    const at = this.#clock.now() - this.#origin;
    if (at >= 0 && !this.#closed) this.decisions.push({ at, decision });
  }

  /** The run is over: only what becomes of calls under way is still written down. */
  close(): void {
    this.#closed = true;
  }

  /** Writes down a call that was asked at `at` and answered now, by the clock. */
  judged(at: number, { verdict, because, wentBack }: Judgement): void {
    this.calls.push({ at: at - this.#origin, ms: this.#clock.now() - at, verdict });
    if (wentBack) this.wentBack++;
    if (verdict === "answered") return;
    const known = this.reasons.has(because) || this.reasons.size < reasonLimit ? because : "other";
    this.reasons.set(known, (this.reasons.get(known) ?? 0) + 1);
  }
}
