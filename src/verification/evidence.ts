import type { StateStore } from "../core/store.ts";
import type { Subscription } from "../core/stream.ts";
import type { EvidenceRecord } from "../core/verification.ts";
import { type Clock, repeat, type Scheduled, timestamp } from "../lib/clock.ts";
import { oneAtATime } from "../lib/one-at-a-time.ts";
import type { Random } from "../lib/random.ts";
import { type NewEvidence, recordIn, requestLength } from "./evidence-record.ts";

/** How many records are kept. */
const mostRecords = 200;

/** How long they are kept beyond the process, in milliseconds. */
const keepMs = 90 * 86_400_000;

/** How often it is looked whether others wrote, though nobody was heard to, in milliseconds. */
const lookMs = 60_000;

const channel = "evidence";
/** Where it stands which place is the last that is taken; it may be behind. */
const lastKey = "evidence/last";

const keyOf = (place: number) => `evidence/${place}`;

export interface EvidenceParts {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly crashed: (bug: unknown) => void;
}

/**
 * What was found out about upstreams, the newest records, in the store as well, where several instances may share them.
 *
 * In the store each record has a place of its own: 1, 2, 3, ... Who writes takes the first that is free, which the
 * store gives to one only, so nobody overwrites anybody. Who wrote says so, and the others read on from the last place
 * that they know; what was not heard is found by a look each minute. What the store does not take is written later.
 */
export class EvidenceBook {
  readonly #parts: EvidenceParts;
  /** The oldest first. */
  #records: readonly EvidenceRecord[] = [];
  /** Those that are not in the store yet. */
  #unwritten: EvidenceRecord[] = [];
  /** The last place in the store that was read or written. */
  #place = 0;
  /** Reads and writes what there is to be. */
  readonly #sync: () => void;
  #hearing: Subscription | undefined;
  #looking: Scheduled | undefined;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
    this.#sync = oneAtATime(async () => {
      await this.#read();
      await this.#write();
    }, parts.crashed);
  }

  /** Reads what an earlier process or another one wrote, now and from now on. */
  start(): void {
    const { store, clock } = this.#parts;
    this.#hearing = store.subscribe(channel, this.#sync);
    this.#looking = repeat(clock, () => lookMs, this.#sync);
    this.#sync();
  }

  stop(): void {
    this.#hearing?.close();
    this.#looking?.cancel();
  }

  add(evidence: NewEvidence): void {
    const { method, params } = evidence.request;
    const record: EvidenceRecord = {
      id: this.#newId(),
      at: timestamp(this.#parts.clock.epoch()),
      ...evidence,
      request: { method, params: params.slice(0, requestLength) },
    };
    this.#take(record);
    this.#unwritten = [...this.#unwritten, record].slice(-mostRecords);
    this.#sync();
  }

  list(): readonly EvidenceRecord[] {
    return this.#records;
  }

  /** 64 bits of chance, so that no two instances give the same. */
  #newId(): string {
    const word = () => Math.floor(this.#parts.random() * 2 ** 32);
    return [word(), word()].map((one) => one.toString(16).padStart(8, "0")).join("");
  }

  #take(record: EvidenceRecord): void {
    if (this.#records.some(({ id }) => id === record.id)) return;
    const inOrder = [...this.#records, record].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    this.#records = inOrder.slice(-mostRecords);
  }

  async #read(): Promise<void> {
    const { store } = this.#parts;
    const last = placeIn(await store.get(lastKey));
    if (store.trouble !== undefined) return;
    // Who finds fewer places taken than it knew of has a store before it that was emptied, or a note that is late.
    let place = Math.max(0, last - mostRecords, last < this.#place ? 0 : this.#place);
    for (;;) {
      const text = await store.get(keyOf(place + 1));
      // A place before the last that has nothing any more is passed over.
      if (text === undefined && (place >= last || store.trouble !== undefined)) break;
      place++;
      const record = text === undefined ? undefined : recordIn(text);
      if (record) this.#take(record);
    }
    this.#place = place;
    if (place > last) await store.set(lastKey, `${place}`, keepMs);
  }

  async #write(): Promise<void> {
    const { store } = this.#parts;
    for (let record = this.#unwritten[0]; record !== undefined; record = this.#unwritten[0]) {
      const place = this.#place + 1;
      const taken = await store.add(keyOf(place), JSON.stringify(record), keepMs);
      if (taken === true) {
        this.#unwritten = this.#unwritten.filter((one) => one !== record);
        this.#place = place;
        await store.set(lastKey, `${place}`, keepMs);
        if (place > mostRecords) await store.remove(keyOf(place - mostRecords));
        store.publish(channel, "");
      } else {
        // Somebody else was first, or the store fails: then it waits for the next look.
        if (taken === false) await this.#read();
        if (this.#place < place) return;
      }
    }
  }
}

/** The place that a note in the store names; 0 where there is none. */
function placeIn(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
