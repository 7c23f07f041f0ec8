import type { Upstream } from "../core/upstream.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Draft } from "./decisions.ts";
import { coincidenceMs, type Explanation, openAbove } from "./inference.ts";

/** For so long after we were cut off no domain is taken out: two windows of coincidence, in milliseconds. */
const echoMs = 2 * coincidenceMs;

/** Whether this process itself is cut off: while nobody answers at all, nobody else is blamed for it. */
export class Ourselves {
  #since = Number.NaN;
  /** When we were last cut off. */
  #until = Number.NEGATIVE_INFINITY;

  get cutOff(): boolean {
    return !Number.isNaN(this.#since);
  }

  /** Are we cut off, or were until just now? Calls from then still come to nothing. */
  isDoubtful(now: number): boolean {
    return this.cutOff || now - this.#until < echoMs;
  }

  /** Why we are cut off, for people; `undefined` while we are not. */
  because(upstreams: readonly Upstream[], now: number): string | undefined {
    if (!this.cutOff) return undefined;
    return `not one of ${upstreams.length} upstreams has answered for ${formatDuration(Math.round(now - this.#since))}`;
  }

  /** Judges by the best explanation of what is suspect; what is to be told when that changes anything. */
  judge(
    best: Explanation | undefined,
    upstreams: readonly Upstream[],
    now: number,
  ): Pick<Draft, "because" | "logOdds"> | undefined {
    if (!this.cutOff) {
      if (best?.group.kind !== "self" || best.logOdds <= openAbove) return undefined;
      // With many packets lost, some answers come through: nobody is to blame for that either, but we are not cut off.
      if (upstreams.some(({ status }) => status.goodAt > best.firstAt)) return undefined;
      this.#since = best.firstAt;
      const because = `not one of ${upstreams.length} upstreams answers; nobody is taken out`;
      return { because, logOdds: best.logOdds };
    }
    if (!upstreams.some(({ status }) => status.goodAt > this.#since)) return undefined;
    const lasted = formatDuration(Math.round(now - this.#since));
    this.#since = Number.NaN;
    this.#until = now;
    return { because: `upstreams answer again after ${lasted}` };
  }
}
