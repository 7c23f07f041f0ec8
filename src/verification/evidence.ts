import { hash } from "node:crypto";
import type { StateStore } from "../core/store.ts";
import type { EvidenceRecord, Testimony } from "../core/verification.ts";
import { type Clock, timestamp } from "../lib/clock.ts";

/** How many records are kept, and how much of an answer and of a request each shows, in characters. */
const mostRecords = 200;
const excerptLength = 400;
const requestLength = 1_000;

/** How long they are kept beyond the process, in milliseconds. */
const keepMs = 90 * 86_400_000;

const key = "verification/evidence";

export type NewEvidence = Omit<EvidenceRecord, "id" | "at">;

/** What was found out about upstreams, the newest records, in the store as well. */
export class EvidenceBook {
  readonly #store: StateStore;
  readonly #clock: Clock;
  #records: EvidenceRecord[] = [];
  #lastId = 0;
  #loaded: Promise<void> | undefined;

  constructor(store: StateStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Reads what an earlier process wrote. */
  load(): Promise<void> {
    this.#loaded ??= this.#store.get(key).then((text) => {
      const kept = text === undefined ? [] : recordsIn(text);
      const last = kept.at(-1)?.id ?? 0;
      this.#records = [...kept, ...this.#records.map((one) => ({ ...one, id: one.id + last }))];
      this.#lastId += last;
    });
    return this.#loaded;
  }

  async add(evidence: NewEvidence): Promise<void> {
    await this.load();
    const { method, params } = evidence.request;
    const record: EvidenceRecord = {
      id: ++this.#lastId,
      at: timestamp(this.#clock.epoch()),
      ...evidence,
      request: { method, params: params.slice(0, requestLength) },
    };
    this.#records = [...this.#records, record].slice(-mostRecords);
    await this.#store.set(key, JSON.stringify(this.#records), keepMs);
  }

  list(): readonly EvidenceRecord[] {
    return this.#records;
  }
}

/** An answer as evidence shows it; `form` is what it was compared by. */
export function testimony(upstream: string, form: string): Testimony {
  return { upstream, digest: hash("sha256", form), excerpt: form.slice(0, excerptLength) };
}

/** What was kept; nothing where that is not what this wrote. */
function recordsIn(text: string): EvidenceRecord[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((one) => typeof one?.id === "number") ? value : [];
  } catch {
    return [];
  }
}
