import type { Attempt } from "./context.ts";

/** How much one attempt changes what is thought of their usual number and time: a memory of 200, an even average at first. */
const learning = 1 / 200;

/**
 * The attempts that still wait at one upstream, oldest first. Linked through the attempts themselves, so that adding
 * and removing cost few writes; the age of the oldest is evidence before any timeout is, and what one has ahead of it
 * says how much of its age is no evidence.
 */
export class Waiting {
  oldest: Attempt | undefined;
  #newest: Attempt | undefined;
  size = 0;
  /** When the upstream last answered one, in the clock's milliseconds. */
  answeredAt = Number.NEGATIVE_INFINITY;
  /** health: told each time that the list stops being empty, so that nobody need look at idle upstreams. */
  wake: (() => void) | undefined;
  /** How many usually wait when another one comes, and how long an answer usually takes, in milliseconds: means. */
  #usual = 0;
  #added = 0;
  #usualMs = 0;
  #answers = 0;

  add(attempt: Attempt): void {
    attempt.older = this.#newest;
    if (this.#newest) {
      this.#newest.newer = attempt;
    } else {
      this.oldest = attempt;
      this.wake?.();
    }
    this.#newest = attempt;
    attempt.ahead = this.size++;
    attempt.turn = this.#answers + attempt.ahead;
    this.#usual += Math.max(learning, 1 / ++this.#added) * (attempt.ahead - this.#usual);
  }

  /** Takes out an attempt that was added and not yet removed. */
  remove(attempt: Attempt): void {
    const { older, newer } = attempt;
    if (older) older.newer = newer;
    else this.oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    attempt.older = undefined;
    attempt.newer = undefined;
    this.size--;
  }

  /** fleet: one was answered, after so many milliseconds. */
  answered({ startedAt, endedAt }: Attempt): void {
    this.answeredAt = endedAt;
    this.#usualMs += Math.max(learning, 1 / ++this.#answers) * (endedAt - startedAt - this.#usualMs);
  }

  /**
   * How much longer than usual an attempt takes for having more ahead of it than is usual, in milliseconds, if the upstream
   * answers as many a second as ever; 0 when its turn has passed. By Little's law (Little 1961, Operations Research 9) those under way are that rate times
   * the time of each, so k times as many take k times as long.
   */
  behindMs({ ahead, turn }: Attempt): number {
    if (this.#answers > turn) return 0;
    return (Math.max(0, ahead - this.#usual) / (this.#usual + 1)) * this.#usualMs;
  }
}
