/** So many answers in a row must have waited, and so lately, in milliseconds, must the last of them have come. */
const answers = 3;
const freshMs = 250;

/** Answers that come this soon, in milliseconds, never waited for others to speak of. */
const quickMs = 50;

/**
 * How much later than usual all answers of one upstream come: one that goes on answering, only late, has too many calls
 * and is not silent. Whoever waits there is to be judged by his age beyond that.
 *
 * It is the least that one of the last three answers was late. A queue delays all, while an upstream that loses or delays
 * some of its calls still answers others in time. And it ends when no more answers come, so that a queue excuses no
 * silence. Source of the minimum: CoDel (Nichols and Jacobson, Controlling Queue Delay, ACM Queue 2012), which tells a
 * standing queue from a burst by it.
 */
export class Backlog {
  readonly #late = new Float64Array(answers);
  #next = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;

  /** An answer took `ms`. `usualMs` says what one of its class usually takes there, and is asked only where that matters. */
  answered(ms: number, usualMs: () => number | undefined, now: number): void {
    const usual = ms > quickMs ? usualMs() : ms;
    if (usual === undefined) return;
    this.#late[this.#next] = Math.max(0, ms - usual);
    this.#next = (this.#next + 1) % answers;
    this.#answeredAt = now;
  }

  /** How late all answers of late came, in milliseconds; 0 where nothing shows that they did. */
  lateMs(now: number): number {
    const least = Math.min(...this.#late);
    return now - this.#answeredAt > freshMs + least ? 0 : least;
  }
}
