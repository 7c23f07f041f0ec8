import { z } from "zod";
import type { Upstream } from "../core/upstream.ts";
import { parseJson } from "../lib/json-text.ts";
import { type Check, checks } from "./evm/plan.ts";
import { atLiberty, type Custody, confines, later, longestHoldMs, newer } from "./quarantine.ts";
import {
  auditRate,
  type Finding,
  faded,
  joined,
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
  /** The kinds of check of which there is evidence since it was convicted. */
  readonly #shown = new Set<Check>();

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

  /**
   * Is it to be shown how it lied? While it is held once for each kind of check: where upstreams are only observed, one
   * that goes on would leave no room for what others are found to do.
   */
  isNews(check: Check, now: number): boolean {
    if (later(this.custody, now).phase !== "held") this.#shown.clear();
    if (this.#shown.has(check)) return false;
    this.#shown.add(check);
    return true;
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
      posteriors: [...this.#posteriors].sort(([a], [b]) => (a < b ? -1 : 1)),
      doubtedUntil: this.doubtedUntil,
    });
  }

  /**
   * Takes in what an earlier process wrote, or another one, as far as that knows better; whatever is not that says
   * nothing. True when it changed anything. What is said to be known since later than `now`, in wall-clock milliseconds,
   * is by a clock that is wrong: by it all else would be long forgotten.
   */
  read(text: string, now: number): boolean {
    const { data } = keptSchema.safeParse(parseJson(text));
    if (!data) return false;
    const before = this.write();
    const { term = data.custody.strikes } = data.custody;
    const until = data.custody.until === undefined ? undefined : Math.min(data.custody.until, now + longestHoldMs);
    this.custody = newer(this.custody, { ...data.custody, until, term });
    this.doubtedUntil = Math.max(this.doubtedUntil, Math.min(data.doubtedUntil, now + doubtMs));
    for (const [check, told] of data.posteriors) {
      const posterior = { ...told, at: Math.min(told.at, now) };
      const known = this.#posteriors.get(check);
      this.#posteriors.set(check, known ? joined(known, posterior) : posterior);
    }
    return this.write() !== before;
  }
}

/** What {@link Subject.write} writes; an older one had no terms. */
const keptSchema = z.object({
  custody: z.object({
    phase: z.enum(["clear", "held", "trial", "probation"]),
    because: z.string(),
    since: z.number(),
    until: z.number().optional(),
    strikes: z.number(),
    passed: z.number(),
    term: z.number().optional(),
  }),
  posteriors: z.array(z.tuple([z.enum(checks), z.object({ good: z.number(), bad: z.number(), at: z.number() })])),
  doubtedUntil: z.number(),
});
