import type { Attempt } from "./context.ts";

/**
 * The attempts that still wait at one upstream, oldest first. Linked through the attempts themselves, so that adding
 * and removing cost two writes; the age of the oldest is evidence before any timeout is.
 */
export class Waiting {
  oldest: Attempt | undefined;
  #newest: Attempt | undefined;
  size = 0;
  /** health: told each time that the list stops being empty, so that nobody need look at idle upstreams. */
  wake: (() => void) | undefined;

  add(attempt: Attempt): void {
    attempt.older = this.#newest;
    if (this.#newest) {
      this.#newest.newer = attempt;
    } else {
      this.oldest = attempt;
      this.wake?.();
    }
    this.#newest = attempt;
    this.size++;
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
}
