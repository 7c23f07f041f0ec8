/** One event as it was read: its type (`message` where the sender names none) and its data, lines joined by LF. */
export type HearEvent = (event: string, data: string) => void;

const lf = 0x0a;
const cr = 0x0d;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/**
 * Reads a stream of server-sent events from chunks of bytes that may be cut anywhere. Source: WHATWG HTML, "Interpreting an
 * event stream". `id` and `retry` mean nothing between servers and are left out; an event without data is none; an event
 * that the stream breaks off in is never told.
 *
 * Neither a line nor the lines of one event together are kept beyond `mostBytes`: an event that is larger is left out, and
 * the stream goes on after it.
 */
export class EventParser {
  /** Events that were left out because of their size. */
  dropped = 0;
  readonly #hear: HearEvent;
  readonly #mostBytes: number;
  /** A line whose end has not come: what is kept of it, and how long it is. */
  #parts: Uint8Array[] = [];
  #lineBytes = 0;
  #event = "";
  #data: string[] = [];
  /** Bytes of the present event's lines, and whether they were too many. */
  #eventBytes = 0;
  #spoiled = false;
  /** The last byte was CR: an LF that follows belongs to it. */
  #afterCr = false;
  /** How much of a byte order mark was seen at the very beginning; -1 when that is over. */
  #mark = 0;

  constructor(hear: HearEvent, mostBytes: number) {
    this.#hear = hear;
    this.#mostBytes = mostBytes;
  }

  push(chunk: Uint8Array): void {
    let from = this.#mark < 0 ? 0 : this.#begin(chunk);
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === lf && this.#afterCr) from = at + 1;
      else if (byte === lf || byte === cr) {
        this.#line(chunk.subarray(from, at));
        from = at + 1;
      }
      this.#afterCr = byte === cr;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** Skips a byte order mark, which may come in pieces; gives where the first line begins. */
  #begin(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== byteOrderMark[this.#mark]) {
        // What began like one was not.
        if (this.#mark > 0) this.#keep(Uint8Array.from(byteOrderMark.slice(0, this.#mark)));
        this.#mark = -1;
        return at;
      }
      if (++this.#mark === byteOrderMark.length) {
        this.#mark = -1;
        return at + 1;
      }
    }
    return chunk.length;
  }

  /** Keeps the start of a line; as a copy, for the chunk may be a small part of a large buffer. */
  #keep(part: Uint8Array): void {
    this.#lineBytes += part.length;
    if (this.#lineBytes > this.#mostBytes) this.#parts = [];
    else this.#parts.push(part.slice());
  }

  #line(end: Uint8Array): void {
    const bytes = this.#lineBytes + end.length;
    const parts = this.#parts;
    this.#parts = [];
    this.#lineBytes = 0;
    if (bytes === 0) this.#dispatch();
    else if (bytes > this.#mostBytes) this.#spoil();
    else this.#field(Buffer.concat([...parts, end]).toString(), bytes);
  }

  #field(line: string, bytes: number): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    // Comments, and fields that mean nothing here.
    if (name !== "data" && name !== "event") return;
    this.#eventBytes += bytes;
    if (this.#eventBytes > this.#mostBytes) this.#spoil();
    if (this.#spoiled) return;
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (name === "data") this.#data.push(value);
    else this.#event = value;
  }

  #spoil(): void {
    this.#spoiled = true;
    this.#data = [];
  }

  #dispatch(): void {
    const event = this.#event || "message";
    const data = this.#data;
    const spoiled = this.#spoiled;
    this.#event = "";
    this.#data = [];
    this.#eventBytes = 0;
    this.#spoiled = false;
    if (spoiled) this.dropped++;
    else if (data.length > 0) this.#hear(event, data.join("\n"));
  }
}

/**
 * An event as bytes that every validator client reads. Prysm's reader knows only `event: ` and `data: `, with the space,
 * and an event that ends with an empty line. Line breaks in the type are taken out: they would end the field.
 */
export function eventText(event: string, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `event: ${event.replace(/[\r\n]/g, "")}\n${lines.join("")}\n`;
}

/** A comment that says nothing: it shows that the stream is alive, and clients pass over it. */
export const keepAliveText = ":\n\n";
