import type { Subscription } from "../core/stream.ts";

type Hear = (text: string) => void;

/** Who in this process listens to which channel. */
export class Channels {
  readonly #listeners = new Map<string, Set<Hear>>();

  /** `first` and `last` are told when a channel gets its first listener and loses its last. */
  listen(channel: string, hear: Hear, first: () => void = () => {}, last: () => void = () => {}): Subscription {
    const listeners = this.#listeners.get(channel) ?? new Set();
    // The same function may listen twice.
    const own: Hear = (text) => hear(text);
    listeners.add(own);
    this.#listeners.set(channel, listeners);
    if (listeners.size === 1) first();
    return {
      close: () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        this.#listeners.delete(channel);
        last();
      },
    };
  }

  tell(channel: string, text: string): void {
    for (const hear of [...(this.#listeners.get(channel) ?? [])]) hear(text);
  }

  names(): readonly string[] {
    return [...this.#listeners.keys()];
  }
}
