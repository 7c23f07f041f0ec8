import { z } from "zod";
import type { StateStore } from "../core/store.ts";
import type { Subscription } from "../core/stream.ts";
import type { Clock } from "../lib/clock.ts";
import { parseJson } from "../lib/json-text.ts";
import { oneAtATime } from "../lib/one-at-a-time.ts";
import type { Custody } from "./quarantine.ts";
import type { Subject } from "./subject.ts";

export interface KeepingParts {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly network: string;
  readonly subjects: Iterable<Subject>;
  /** Something was learned of it from an earlier process, or from another one. */
  readonly learned: (subject: Subject) => void;
  readonly crashed: (bug: unknown) => void;
}

/** How long what is known of an upstream is kept beyond the process, in milliseconds. */
const keepMs = 120 * 86_400_000;

/** No message is longer, in characters. */
const longest = 65_536;

const messageSchema = z.object({ upstream: z.string(), kept: z.string() });

/**
 * Keeps what is known of a network's upstreams beyond the process, and shares it with instances that have the same
 * store. Where an upstream stands is told at once; trust may be as old as the last look. What is read is joined with
 * what is known, and only then written, so that a stale writer undoes nothing for longer than until the next look of
 * somebody who knows better.
 */
export class Keeping {
  readonly #parts: KeepingParts;
  readonly #subjects: ReadonlyMap<string, Subject>;
  /** Makes the store's word and ours the same, by subject. */
  readonly #keeps: ReadonlyMap<Subject, () => void>;
  /** Where each stands as far as others were told. */
  readonly #told = new Map<Subject, Custody>();
  #hearing: Subscription | undefined;

  constructor(parts: KeepingParts) {
    this.#parts = parts;
    const subjects = [...parts.subjects];
    this.#subjects = new Map(subjects.map((one) => [one.upstream.id, one]));
    this.#keeps = new Map(subjects.map((one) => [one, oneAtATime(() => this.#keep(one), parts.crashed)]));
    for (const one of subjects) this.#told.set(one, one.custody);
  }

  start(): void {
    const { store } = this.#parts;
    this.#hearing = store.subscribe(this.#channel, (text) => this.#hear(text));
    for (const subject of this.#subjects.values()) this.look(subject);
  }

  stop(): void {
    this.#hearing?.close();
  }

  /** It may stand elsewhere now: then that is told, and kept. */
  changed(subject: Subject): void {
    if (this.#told.get(subject) === subject.custody) return;
    this.#told.set(subject, subject.custody);
    const message = { upstream: subject.upstream.id, kept: subject.write() } satisfies z.output<typeof messageSchema>;
    this.#parts.store.publish(this.#channel, JSON.stringify(message));
    this.look(subject);
  }

  /** Reads what others kept of it, and keeps what is known here. */
  look(subject: Subject): void {
    this.#keeps.get(subject)?.();
  }

  get #channel(): string {
    return `verification/${this.#parts.network}`;
  }

  async #keep(subject: Subject): Promise<void> {
    const { store, network } = this.#parts;
    const key = `verification/${network}/${subject.upstream.id}`;
    const text = await store.get(key);
    if (store.trouble !== undefined) return;
    if (text !== undefined) this.#read(subject, text);
    const own = subject.write();
    if (own !== text) await store.set(key, own, keepMs);
  }

  #hear(text: string): void {
    const { data } = messageSchema.safeParse(text.length > longest ? undefined : parseJson(text));
    const subject = data && this.#subjects.get(data.upstream);
    if (data && subject) this.#read(subject, data.kept);
  }

  #read(subject: Subject, text: string): void {
    if (!subject.read(text, this.#parts.clock.epoch())) return;
    // Whoever it was heard from has told the others.
    this.#told.set(subject, subject.custody);
    this.#parts.learned(subject);
  }
}
