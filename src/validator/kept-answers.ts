import { createHash } from "node:crypto";
import type { Call } from "../core/call.ts";
import type { Answer } from "../core/outcome.ts";
import { residencyInWords } from "../core/residency.ts";

/** So many answers are kept, and so many bytes of them: duties of 100,000 validators take some 20 MB an epoch. */
const mostAnswers = 512;
const mostBytes = 64 * 1_024 * 1_024;
/** Answers about epochs longer ago than this are of no use. */
const epochsKept = 2;

interface Kept {
  readonly answer: Answer;
  readonly epoch: number;
  readonly root: string;
}

/**
 * Answers about an epoch's duties, for as long as the block that they depend on has not changed: who is on duty is
 * settled by then.
 */
export class KeptAnswers {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** The answer to a call, if it still depends on `root`; one that depends on another is dropped. */
  get(call: Call, root: string | undefined): Answer | undefined {
    const key = keyOf(call);
    const kept = this.#kept.get(key);
    if (!kept || root === undefined) return undefined;
    if (kept.root === root) return kept.answer;
    this.#drop(key, kept);
    return undefined;
  }

  /** Keeps an answer that came whole and depends on `root`. */
  keep(call: Call, answer: Answer, epoch: number, root: string): void {
    if (answer.rest !== undefined || answer.payload.length > mostBytes / 8) return;
    const key = keyOf(call);
    const before = this.#kept.get(key);
    // It was given from here.
    if (before?.root === root && before.answer.payload === answer.payload) return;
    if (before) this.#drop(key, before);
    this.#kept.set(key, { answer, epoch, root });
    this.#bytes += answer.payload.length;
    for (const [oldKey, kept] of this.#kept) {
      const fits = this.#kept.size <= mostAnswers && this.#bytes <= mostBytes;
      if (fits && kept.epoch >= epoch - epochsKept) break;
      this.#drop(oldKey, kept);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  get size(): number {
    return this.#kept.size;
  }

  #drop(key: string, { answer }: Kept): void {
    if (this.#kept.delete(key)) this.#bytes -= answer.payload.length;
  }
}

/** A call is looked up, and kept when it was answered: lists of validators are hashed once. */
const keys = new WeakMap<Call, string>();

function keyOf(call: Call): string {
  const known = keys.get(call);
  if (known !== undefined) return known;
  const fresh = freshKeyOf(call);
  keys.set(call, fresh);
  return fresh;
}

/** Calls of one method and path with one body and wish for an encoding have one answer, where the same nodes may give it. */
function freshKeyOf({ wire, residency = [] }: Call): string {
  const accept = wire.headers["accept"] ?? "";
  const body = wire.body && wire.body.length > 0 ? createHash("sha256").update(wire.body).digest("base64") : "";
  return `${wire.method} ${wire.path} ${accept} ${body} ${residencyInWords(residency)}`;
}
