import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import type { Change, Observer } from "../core/observer.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
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
  readonly hedge: boolean;
  readonly ok: boolean;
}

export interface ChangeRecord {
  readonly at: number;
  readonly upstream: string;
  readonly change: Change;
}

/** More than these reasons for bad calls are not told apart. */
const reasonLimit = 50;

/** What happened in one run, as it happened: the report is read from this alone. */
export class Journal implements Observer {
  readonly calls: CallRecord[] = [];
  readonly attempts: AttemptRecord[] = [];
  readonly changes: ChangeRecord[] = [];
  /** Why calls were failed or wrong, and how often. */
  readonly reasons = new Map<string, number>();
  wentBack = 0;
  readonly #clock: Clock;
  readonly #origin: number;

  /** `origin` is when the run begins by the clock: the 0 of all times written down. What was before is left out. */
  constructor(clock: Clock, origin: number) {
    this.#clock = clock;
    this.#origin = origin;
  }

  attempted(_call: Call, { upstream, startedAt, endedAt, reason, outcome }: Attempt): void {
    if (startedAt < this.#origin) return;
    this.attempts.push({
      upstream: upstream.id,
      provider: upstream.coordinates.provider,
      startedAt: startedAt - this.#origin,
      endedAt: endedAt - this.#origin,
      hedge: reason === "hedge",
      ok: outcome?.ok === true,
    });
  }

  changed(upstream: Upstream, change: Change): void {
    const at = this.#clock.now() - this.#origin;
    if (at >= 0) this.changes.push({ at, upstream: upstream.id, change });
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
