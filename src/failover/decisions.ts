import type { Decision } from "../core/failover.ts";
import type { Clock } from "../lib/clock.ts";

/** How many decisions are remembered. */
const most = 200;

/** A decision before it is written down: what was not a matter of odds, evidence or moving is absent. */
export type Draft = Pick<Decision, "action" | "subject" | "because"> & Partial<Omit<Decision, "id" | "at">>;

/** The decisions of this process, the last ones. */
export class Decisions {
  readonly #clock: Clock;
  readonly #told: (decision: Decision) => void;
  readonly #remembered: Decision[] = [];
  #lastId = 0;

  /** `told` hears each. */
  constructor(clock: Clock, told: (decision: Decision) => void) {
    this.#clock = clock;
    this.#told = told;
  }

  write(draft: Draft): void {
    const decision: Decision = {
      logOdds: undefined,
      evidence: [],
      rivals: [],
      spared: [],
      moved: [],
      shadow: false,
      ...draft,
      id: ++this.#lastId,
      at: this.#clock.epoch(),
    };
    this.#remembered.unshift(decision);
    if (this.#remembered.length > most) this.#remembered.pop();
    this.#told(decision);
  }

  /** Newest first. */
  list(): readonly Decision[] {
    return this.#remembered;
  }
}
