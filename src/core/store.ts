import type { Subscription } from "./stream.ts";

/**
 * Keeps small texts beyond the life of the process, and tells other processes that share it. Nothing here rejects, and
 * nothing waits long: while the store fails, what is asked of it is answered with `undefined` or false, and `trouble`
 * says why. It recovers by itself.
 */
export interface StateStore {
  /** What is kept under a key; `undefined` when there is nothing, or that cannot be told. */
  get(key: string): Promise<string | undefined>;
  /** Keeps a text for so many milliseconds; false when it could not. */
  set(key: string, text: string, ttlMs: number): Promise<boolean>;
  /** Keeps a text only where there is none: true if it did, false if there is one, `undefined` when that cannot be told. */
  add(key: string, text: string, ttlMs: number): Promise<boolean | undefined>;
  /** Keeps nothing under a key any more; false when that could not be done. */
  remove(key: string): Promise<boolean>;
  /** Tells everybody who subscribed, in this process and in others, at best once and perhaps never. */
  publish(channel: string, text: string): void;
  subscribe(channel: string, hear: (text: string) => void): Subscription;
  /** Why it does not work now, in a few words without secrets; `undefined` while it does. */
  readonly trouble: string | undefined;
  close(): Promise<void>;
}
