import type { ByteReader, ByteStream } from "../core/bytes.ts";
import { type Fault, ruleOf } from "../core/outcome.ts";
import type { Breaker } from "./breaker.ts";

/** Something that counts the call as in flight: the upstream, the class of the method there. */
interface Place {
  inFlight: number;
}

/**
 * A stream keeps its places in the bulkhead until it ends. Breaking off is the upstream's failure, unless it was the
 * client that took nothing more.
 */
export class Streaming implements ByteStream, ByteReader {
  readonly #stream: ByteStream;
  readonly #places: readonly Place[];
  readonly #breaker: Breaker | undefined;
  readonly #startedAt: number;
  #reader: ByteReader | undefined;
  #flowing = false;
  #open = true;

  /** The places count the call already; `startedAt` is when it was sent, in the clock's milliseconds. */
  constructor(stream: ByteStream, places: readonly Place[], breaker: Breaker | undefined, startedAt: number) {
    this.#stream = stream;
    this.#places = places;
    this.#breaker = breaker;
    this.#startedAt = startedAt;
  }

  get length(): number | undefined {
    return this.#stream.length;
  }

  read(reader: ByteReader): void {
    this.#reader = reader;
    this.#flowing = true;
    this.#stream.read(this);
  }

  resume(): void {
    this.#flowing = true;
    this.#stream.resume();
  }

  cancel(): void {
    this.#close();
    this.#stream.cancel();
  }

  data(chunk: Uint8Array): boolean {
    this.#flowing = this.#reader?.data(chunk) ?? false;
    return this.#flowing;
  }

  end(): void {
    this.#close();
    this.#reader?.end();
  }

  fail(why: Fault): void {
    const blamed = this.#flowing && ruleOf(why.kind).health === "hard";
    if (this.#open && blamed) this.#breaker?.record("failure", this.#startedAt);
    this.#close();
    this.#reader?.fail(why);
  }

  #close(): void {
    if (this.#open) for (const place of this.#places) place.inFlight--;
    this.#open = false;
  }
}
