/**
 * Bytes as text and back, one character per byte, so that nothing is lost or checked on the way.
 * JSON may be read this way although it is UTF-8: all its structure is ASCII.
 */

/** The same bytes as a Buffer, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The bytes from `from` up to `to` as text. */
export function textOf(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return asBuffer(bytes).toString("latin1", from, to);
}

/** Text in which each character stands for one byte, as bytes. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
