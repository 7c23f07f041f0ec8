import type { Upstream } from "../core/upstream.ts";
import type { Check } from "./evm/plan.ts";
import { atLiberty, type Custody, confines } from "./quarantine.ts";
import {
  auditRate,
  type Finding,
  faded,
  learned,
  type Posterior,
  pooled,
  type Rates,
  trustOf,
  unknown,
} from "./trust.ts";

/** How long a dispute that was not settled in its favour keeps an upstream under closer watch, in milliseconds. */
const doubtMs = 86_400_000;

/** All that verification knows of one upstream. */
export class Subject {
  readonly upstream: Upstream;
  /** Calls until the next one that is looked at. */
  gap = 1;
  custody: Custody = atLiberty;
  /** How often it was found to lie since the start. */
  convictions = 0;
  /** Answers that might have been looked at. */
  seen = 0;
  /** Wall-clock milliseconds. */
  doubtedUntil = 0;
  readonly #posteriors = new Map<Check, Posterior>();
  readonly #counts = new Map<string, number>();

  constructor(upstream: Upstream) {
    this.upstream = upstream;
  }

  get confined(): boolean {
    return confines(this.custody);
  }

  learn(check: Check, finding: Finding, now: number): void {
    this.#posteriors.set(check, learned(this.#posteriors.get(check) ?? unknown, finding, now));
    const name = `${check} ${finding}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (finding === "undecided" || finding === "unstable") this.doubtedUntil = now + doubtMs;
  }

  /** What all checks together say. */
  standing(now: number): Posterior {
    return pooled(this.#posteriors.values(), now);
  }

  /** The share of its calls of one kind that is audited. */
  rate(check: Check, rates: Rates, now: number): number {
    const trust = trustOf(faded(this.#posteriors.get(check) ?? unknown, now));
    return auditRate(trust, rates, now < this.doubtedUntil, this.custody.phase === "probation");
  }

  counts(): { readonly check: string; readonly finding: string; readonly count: number }[] {
    return [...this.#counts].map(([name, count]) => {
      const [check, finding] = name.split(" ") as [string, string];
      return { check, finding, count };
    });
  }

  /** What must outlive the process, as text. */
  write(): string {
    return JSON.stringify({
      custody: this.custody,
      posteriors: [...this.#posteriors],
      doubtedUntil: this.doubtedUntil,
    });
  }

  /** Takes in what an earlier process wrote; false when it is not that. */
  read(text: string): boolean {
    try {
      const { custody, posteriors, doubtedUntil } = JSON.parse(text) as {
        custody: Custody;
        posteriors: [Check, Posterior][];
        doubtedUntil: number;
      };
      if (typeof custody?.strikes !== "number" || !Array.isArray(posteriors)) return false;
      this.custody = custody;
      this.doubtedUntil = doubtedUntil;
      for (const [check, posterior] of posteriors) this.#posteriors.set(check, posterior);
      return true;
    } catch {
      return false;
    }
  }
}
