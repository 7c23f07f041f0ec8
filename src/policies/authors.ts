import type { Answer, Outcome } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";

/**
 * Who gave an answer, known by the answer itself, so that it is right whichever of several was chosen on the way: who
 * produced a block is who must publish it.
 */
export class Authors {
  readonly #authors = new WeakMap<Outcome, Upstream>();

  /** Notes who gave an answer, and gives the answer to pass on: another object where this one stands for several. */
  credit(answer: Answer, upstream: Upstream): Answer {
    const noted = this.#authors.has(answer) ? { ...answer } : answer;
    this.#authors.set(noted, upstream);
    return noted;
  }

  of(outcome: Outcome): Upstream | undefined {
    return this.#authors.get(outcome);
  }
}
