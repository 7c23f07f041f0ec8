import type { StateStore } from "../core/store.ts";
import type { Clock } from "../lib/clock.ts";
import { Channels } from "./channels.ts";

/** More entries than this push out the oldest. */
const mostEntries = 100_000;

/** A store that lives as long as the process: for one instance that nothing needs to survive, and for tests. */
export function createMemoryStore(clock: Clock): StateStore {
  const kept = new Map<string, { readonly text: string; readonly until: number }>();
  const channels = new Channels();
  const read = (key: string): string | undefined => {
    const entry = kept.get(key);
    if (entry && entry.until <= clock.now()) kept.delete(key);
    return entry && entry.until > clock.now() ? entry.text : undefined;
  };
  const write = (key: string, text: string, ttlMs: number): void => {
    kept.delete(key);
    kept.set(key, { text, until: clock.now() + ttlMs });
    if (kept.size <= mostEntries) return;
    const oldest = kept.keys().next();
    if (!oldest.done) kept.delete(oldest.value);
  };
  return {
    get: (key) => Promise.resolve(read(key)),
    set(key, text, ttlMs) {
      write(key, text, ttlMs);
      return Promise.resolve(true);
    },
    add(key, text, ttlMs) {
      if (read(key) !== undefined) return Promise.resolve(false);
      write(key, text, ttlMs);
      return Promise.resolve(true);
    },
    remove(key) {
      kept.delete(key);
      return Promise.resolve(true);
    },
    publish: (channel, text) => channels.tell(channel, text),
    subscribe: (channel, hear) => channels.listen(channel, hear),
    trouble: undefined,
    close: () => Promise.resolve(),
  };
}
