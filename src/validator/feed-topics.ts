/** How long a topic that a node refused is not asked of it again, in milliseconds: nodes are upgraded. */
const refusedMs = 600_000;

/** Which topics are wanted of a node, and which of them it has, as far as that is known. */
export class FeedTopics {
  wanted: ReadonlySet<string>;
  readonly #accepted = new Set<string>();
  readonly #refused = new Set<string>();
  #refusedAt = 0;

  constructor(wanted: ReadonlySet<string>) {
    this.wanted = wanted;
  }

  /** What to ask for. */
  get usable(): ReadonlySet<string> {
    return new Set([...this.wanted].filter((topic) => !this.#refused.has(topic)));
  }

  /** What is wanted in vain. */
  get lacking(): readonly string[] {
    return [...this.wanted].filter((topic) => this.#refused.has(topic));
  }

  /** Those of which it is not known whether the node has them. */
  unknown(topics: ReadonlySet<string>): readonly string[] {
    return [...topics].filter((topic) => !this.#accepted.has(topic));
  }

  accepted(topics: Iterable<string>): void {
    for (const topic of topics) this.#accepted.add(topic);
  }

  /** `now` in the clock's milliseconds. */
  refused(topic: string, now: number): void {
    this.#refused.add(topic);
    this.#refusedAt = now;
  }

  /** Before an attempt: what was refused long ago may be there by now. */
  review(now: number): void {
    if (now - this.#refusedAt >= refusedMs) this.#refused.clear();
  }

  /** The node refused what it once took: nothing is taken for granted the next time. */
  doubt(): void {
    this.#accepted.clear();
  }

  /** Does a stream of these topics carry all that is to be asked for (`fits`), more than that, or not all? */
  compare(topics: ReadonlySet<string>): "fits" | "more" | "less" {
    const { usable } = this;
    if ([...usable].some((topic) => !topics.has(topic))) return "less";
    return usable.size > 0 && usable.size < topics.size ? "more" : "fits";
  }
}
