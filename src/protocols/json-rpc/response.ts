import type { ByteReader, ByteStream } from "../../core/bytes.ts";
import { type Fault, fault } from "../../core/outcome.ts";
import { isJson, members, parseJson, skipSpace } from "../../lib/json-text.ts";
import { asBuffer, bytesOf, textOf } from "../../lib/latin1.ts";
import { codes } from "./message.ts";

/**
 * What an upstream's response body says. `result` and `error` payloads are the bytes of the value alone.
 * `none`: it is not a JSON-RPC response. `undecided`: more of the body is needed to tell.
 */
export type RpcResponse =
  | { readonly kind: "result"; readonly payload: Uint8Array; readonly rest: ByteStream | undefined }
  | {
      readonly kind: "error";
      readonly payload: Uint8Array;
      readonly code: number;
      readonly message: string;
      readonly data: unknown;
    }
  | { readonly kind: "none"; readonly problem: string }
  | { readonly kind: "undecided" };

/** How nearly every node begins the answer to a call with id 1; found with one comparison. */
const usualHead = '{"jsonrpc":"2.0","id":1,"result":';

const scalar = String.raw`(?:"[^"]*"|null|true|false|-?[\d.eE+]+)`;
const head = new RegExp(
  String.raw`^\s*\{\s*(?:"(?:jsonrpc|id)"\s*:\s*${scalar}\s*,\s*|"error"\s*:\s*null\s*,\s*)*"result"\s*:\s*`,
);
const tail = new RegExp(String.raw`\s*(?:,\s*"(?:jsonrpc|id)"\s*:\s*${scalar}\s*|,\s*"error"\s*:\s*null\s*)*\}\s*$`);

/** The longest head or tail of an envelope that is looked for, in bytes. */
const envelopeBytes = 256;
/** Up to this size a result is checked to be JSON to the last byte; beyond it, only that its brackets pair at the ends. */
const checkedBytes = 1_024;

/**
 * Reads the response to a single call. Only the two ends of the body are looked at, so that its size costs nothing;
 * a body whose ends are not those of a result is parsed whole.
 */
export function readResponse(body: Uint8Array, rest: ByteStream | undefined): RpcResponse {
  const bytes = withoutMark(asBuffer(body));
  const usual = textOf(bytes, 0, usualHead.length) === usualHead;
  const from = usual ? usualHead.length : resultStart(bytes);
  if (from < 0) return rest ? { kind: "undecided" } : readWhole(bytes);
  if (rest) {
    // Nothing but the end of the stream may be missing, so what came may have some of the envelope's end already.
    const sure = Math.max(from, bytes.length - envelopeBytes);
    return { kind: "result", payload: bytes.subarray(from, sure), rest: new Trimmed(rest, bytes.subarray(sure)) };
  }
  // An envelope that began with the id does not end with it.
  const last = lastByte(bytes);
  const to = usual && bytes[last] === 0x7d ? last : resultEnd(bytes, from);
  if (to < 0 || !looksWhole(bytes, from, to)) return readWhole(bytes);
  return { kind: "result", payload: bytes.subarray(from, to), rest: undefined };
}

/** The body without a byte order mark. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Where the result begins, or -1 when the body does not begin like a response with a result. */
function resultStart(bytes: Buffer): number {
  const match = head.exec(textOf(bytes, 0, envelopeBytes));
  return match ? match[0].length : -1;
}

/** Where the last byte is that is not white space; some nodes end a response with a new line. */
function lastByte(bytes: Buffer): number {
  let last = bytes.length - 1;
  while (isSpace(bytes[last])) last--;
  return last;
}

/** Where the result ends, or -1 when the body does not end like a response. */
function resultEnd(bytes: Buffer, from: number): number {
  const last = lastByte(bytes);
  if (bytes[last] === 0x7d && !isIdTail(bytes, last)) return last;
  const tailFrom = Math.max(from, bytes.length - envelopeBytes);
  const match = tail.exec(textOf(bytes, tailFrom));
  return match ? tailFrom + match.index : -1;
}

/** Does what stands before the last brace look like a member of the envelope (`"id":1`), not like the end of a result? */
function isIdTail(bytes: Buffer, last: number): boolean {
  const before = bytes[last - 1] ?? 0;
  // A result ends in a quote, a bracket, a digit or a letter; an envelope's id in a digit, a quote or `null`.
  if (before === 0x7d || before === 0x5d) return false;
  return tail.exec(textOf(bytes, Math.max(0, last - envelopeBytes)))?.[0].includes(",") ?? false;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function looksWhole(bytes: Buffer, from: number, to: number): boolean {
  if (to - from <= checkedBytes) return isJson(textOf(bytes, from, to));
  const open = bytes[from];
  const close = bytes[to - 1];
  return (open === 0x7b && close === 0x7d) || (open === 0x5b && close === 0x5d) || (open === 0x22 && close === 0x22);
}

/** Reads a body that is an error, or has an unusual shape. */
function readWhole(bytes: Buffer): RpcResponse {
  if (bytes.length === 0) return { kind: "none", problem: "the body is empty" };
  const text = textOf(bytes);
  let value = parseJson(text);
  let from = skipSpace(text, 0);
  // Some endpoints answer a single call with a batch of one.
  if (Array.isArray(value) && value.length === 1) {
    value = value[0];
    from = skipSpace(text, from + 1);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "none", problem: "the body is not a JSON-RPC response, or cut short" };
  }
  const spans: Record<string, Uint8Array> = {};
  members(text, from, (key, start, end) => {
    spans[key] = bytes.subarray(start, end);
  });
  const { error, result } = value as { error?: unknown; result?: unknown };
  // Also `""` and `false` stand beside results.
  if (error) return readError(error, spans["error"] ?? bytes);
  if (result === undefined || !spans["result"])
    return { kind: "none", problem: "the response has neither result nor error" };
  return { kind: "result", payload: spans["result"], rest: undefined };
}

function readError(error: unknown, payload: Uint8Array): RpcResponse {
  if (typeof error !== "object" || error === null) {
    const message = typeof error === "string" ? error : "";
    const wrapped = JSON.stringify({ code: codes.internal, message });
    return { kind: "error", payload: bytesOf(wrapped), code: codes.internal, message, data: undefined };
  }
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  return { kind: "error", payload, code: Number(code) || 0, message: typeof message === "string" ? message : "", data };
}

/**
 * A streamed result without the end of its envelope. The last chunk is held back until it is known where the result
 * ends, because an upstream may write the id after it.
 */
class Trimmed implements ByteStream, ByteReader {
  /** With the end of the envelope. */
  readonly length: number | undefined;
  readonly #stream: ByteStream;
  #reader: ByteReader | undefined;
  #held: Uint8Array;

  /** `held` is what came last before the stream. */
  constructor(stream: ByteStream, held: Uint8Array) {
    this.length = stream.length === undefined ? undefined : held.length + stream.length;
    this.#stream = stream;
    this.#held = held;
  }

  read(reader: ByteReader): void {
    this.#reader = reader;
    this.#stream.read(this);
  }

  resume(): void {
    this.#stream.resume();
  }

  cancel(): void {
    this.#stream.cancel();
  }

  data(chunk: Uint8Array): boolean {
    const reader = this.#reader as ByteReader;
    if (chunk.length < envelopeBytes) {
      const joined = Buffer.concat([this.#held, chunk]);
      const cut = Math.max(0, joined.length - envelopeBytes);
      this.#held = joined.subarray(cut);
      return cut === 0 || reader.data(joined.subarray(0, cut));
    }
    const before = this.#held;
    this.#held = chunk;
    return before.length === 0 || reader.data(before);
  }

  end(): void {
    const held = asBuffer(this.#held);
    const end = resultEnd(held, 0);
    if (end < 0) {
      this.#reader?.fail(cutShort);
      return;
    }
    if (end > 0) this.#reader?.data(held.subarray(0, end));
    this.#reader?.end();
  }

  fail(why: Fault): void {
    this.#reader?.fail(why);
  }
}

const cutShort = fault("malformed", "the JSON of the answer is cut short");
