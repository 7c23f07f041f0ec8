import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import type { Observer } from "../core/observer.ts";
import { type Outcome, ruleOf } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";

/** Which plain breakers: by failures in a row, or by the share of failures in a window that slides. */
export type PlainBreakers = "consecutive" | "window";

/** So many failures in a row take an upstream out. Source: Envoy's outlier detection, `consecutive_5xx`. */
const failuresInRow = 5;

/** How long an upstream stays out, in milliseconds. Source: Envoy's outlier detection, `base_ejection_time`. */
const ejectionMs = 30_000;

/** So many calls within so many milliseconds, of which so many failed. Source: Hystrix, `circuitBreaker.*` defaults. */
const window = { calls: 20, ms: 10_000, failedShare: 0.5 };

/** What an outcome says of its upstream: the reason to take it out, or `undefined`. */
interface Breaker {
  heard(failed: boolean, now: number): string | undefined;
}

const kinds: Readonly<Record<PlainBreakers, () => Breaker>> = {
  consecutive() {
    let inRow = 0;
    return {
      heard(failed) {
        inRow = failed ? inRow + 1 : 0;
        if (inRow < failuresInRow) return undefined;
        inRow = 0;
        return `${failuresInRow} failures in a row`;
      },
    };
  },
  window() {
    let seen: { readonly at: number; readonly failed: boolean }[] = [];
    let failures = 0;
    let oldest = 0;
    return {
      heard(failed, now) {
        seen.push({ at: now, failed });
        if (failed) failures++;
        for (let first = seen[oldest]; first && first.at <= now - window.ms; first = seen[oldest]) {
          if (first.failed) failures--;
          oldest++;
        }
        const calls = seen.length - oldest;
        const opens = calls >= window.calls && failures >= window.failedShare * calls;
        const because = `${failures} of ${calls} calls failed`;
        // What has left the window is dropped when it is most of the list.
        if (opens || oldest > calls) {
          seen = opens ? [] : seen.slice(oldest);
          oldest = 0;
          if (opens) failures = 0;
        }
        return opens ? because : undefined;
      },
    };
  },
};

/**
 * Takes upstreams out when their breaker says so, whatever the kind of the failures, and back in after 30 s. Tells
 * `told` of it, and `refresh` that the order of upstreams has changed.
 */
export function plainBreakers(kind: PlainBreakers, clock: Clock, told: Observer, refresh: () => void): Observer {
  const breakers = new Map<Upstream, Breaker>();
  const judge = (upstream: Upstream, to: "ejected" | "healthy", because: string) => {
    const from = upstream.status.verdict;
    upstream.status.verdict = to;
    upstream.status.because = because;
    refresh();
    told.changed?.(upstream, { what: "verdict", from, to, because });
  };
  return {
    attempted(_call: Call, { upstream, outcome }: Attempt) {
      if (!outcome || !saysSomething(outcome)) return;
      const breaker = breakers.get(upstream) ?? kinds[kind]();
      breakers.set(upstream, breaker);
      const because = breaker.heard(!outcome.ok, clock.now());
      if (because === undefined || upstream.status.verdict === "ejected") return;
      judge(upstream, "ejected", because);
      clock.schedule(ejectionMs, () => judge(upstream, "healthy", `${ejectionMs / 1_000} s are over`));
    },
  };
}

function saysSomething(outcome: Outcome): boolean {
  return outcome.ok || ruleOf(outcome.kind).blame === "upstream";
}
