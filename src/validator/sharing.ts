import { randomUUID } from "node:crypto";
import type { ControlEntry, Signed } from "../core/duty.ts";
import type { StateStore } from "../core/store.ts";
import type { Subscription } from "../core/stream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { parseJson } from "../lib/json-text.ts";
import type { Pin } from "./pins.ts";
import { asArray, asFields } from "./records.ts";
import { type SharingHearer, take } from "./sharing-items.ts";
import type { ServedTarget } from "./surround.ts";

export interface SharingParts {
  readonly store: Pick<StateStore, "publish" | "subscribe">;
  readonly network: string;
  readonly clock: Clock;
  readonly hears: SharingHearer;
}

/** A message goes out at most so often, in milliseconds, and has about so many characters. */
const spacingMs = 50;
const messageLength = 65_536;
/** No message of ours is longer than that, whatever its last item is. */
const longest = 4 * 1_024 * 1_024;
/** So many items wait to be told; beyond it the oldest are lost, as they would be without a store. */
const mostWaiting = 65_536;
/** So many votes for the same, or entries of control state, are one item. */
const mostVotes = 2_048;
const mostEntries = 64;

type Item = readonly [tag: string, ...parts: unknown[]];

/**
 * Tells other instances that share the store what they must know soon: who produced a block, what was let out, what was
 * served, what validators told. Best effort: nobody waits for it, what cannot be told is lost, and what two instances let
 * out within the time that a message takes is not prevented, though told of. One that begins later reads the records
 * that are kept, see `Memory`.
 */
export class Sharing {
  readonly #parts: SharingParts;
  readonly #id = randomUUID();
  #channel: string | undefined;
  #subscription: Subscription | undefined;
  /** What must not wait, and what may grow with the number of validators. */
  #urgent: Item[] = [];
  #bulk: Item[] = [];
  #timer: Scheduled | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** What was served last: all clients get the same. */
  #lastServed = "";

  constructor(parts: SharingParts) {
    this.#parts = parts;
  }

  /** Tells of this chain, by its genesis validators root, and hears of it. */
  open(chain: string): void {
    this.close();
    this.#channel = `validators/${this.#parts.network}/${chain}`;
    this.#subscription = this.#parts.store.subscribe(this.#channel, (text) => this.#hear(text));
  }

  close(): void {
    while (this.#urgent.length > 0 && this.#channel !== undefined) this.#send();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#channel = undefined;
    this.#urgent = [];
    this.#bulk = [];
    this.#lastServed = "";
  }

  pinned(pin: Pin): void {
    this.#tell(this.#urgent, ["pin", ...pin]);
  }

  served(target: ServedTarget): void {
    const text = target.join();
    if (text !== this.#lastServed) this.#tell(this.#urgent, ["served", ...target]);
    this.#lastServed = text;
  }

  /** Nearly all votes of a request are for the same, so these are told once with all who cast them. */
  signed(messages: readonly Signed[]): void {
    const alike = new Map<string, number[]>();
    for (const message of messages) {
      const { kind, key, content, validator, source, target } = message;
      if (kind !== "attestation" || validator === undefined || source === undefined || target === undefined) {
        this.#tell(this.#urgent, ["signed", kind, key, content]);
        continue;
      }
      const same = `${source} ${target} ${content}`;
      let validators = alike.get(same);
      if (!validators || validators.length >= mostVotes) {
        validators = [];
        alike.set(same, validators);
        this.#tell(this.#urgent, ["votes", source, target, content, validators]);
      }
      validators.push(validator);
    }
  }

  forgotten(messages: readonly Signed[]): void {
    for (const { kind, key, content, validator, source, target } of messages) {
      this.#tell(this.#urgent, ["forgotten", kind, key, content, validator, source, target]);
    }
  }

  told(kind: string, entries: readonly ControlEntry[]): void {
    for (let from = 0; from < entries.length; from += mostEntries) {
      const some = entries.slice(from, from + mostEntries);
      this.#tell(this.#bulk, ["told", kind, some.map(({ key, text, untilEpoch }) => [key, text, untilEpoch ?? null])]);
    }
  }

  #tell(queue: Item[], item: Item): void {
    if (this.#channel === undefined) return;
    queue.push(item);
    if (queue.length > mostWaiting) queue.splice(0, mostWaiting >> 3);
    this.#plan();
  }

  #plan(): void {
    const { clock } = this.#parts;
    this.#timer ??= clock.schedule(Math.max(0, this.#sentAt + spacingMs - clock.now()), () => {
      this.#timer = undefined;
      this.#send();
      if (this.#urgent.length + this.#bulk.length > 0) this.#plan();
    });
  }

  #send(): void {
    const { store, clock } = this.#parts;
    const texts: string[] = [];
    let length = 0;
    for (const queue of [this.#urgent, this.#bulk]) {
      let taken = 0;
      while (taken < queue.length && length < messageLength) {
        const text = JSON.stringify(queue[taken++]);
        texts.push(text);
        length += text.length;
      }
      queue.splice(0, taken);
    }
    this.#sentAt = clock.now();
    if (this.#channel !== undefined && texts.length > 0) {
      store.publish(this.#channel, `${this.#signature}"items":[${texts.join(",")}]}`);
    }
  }

  /** Each message begins with who sent it: one's own comes back, too. */
  get #signature(): string {
    return `{"from":"${this.#id}",`;
  }

  #hear(text: string): void {
    if (text.length > longest || text.startsWith(this.#signature)) return;
    for (const item of asArray(asFields(parseJson(text))["items"])) take(asArray(item), this.#parts.hears);
  }
}
