/**
 * Finding values in the bytes of a JSON text without building the rest: a block with blobs is megabytes of which six
 * fields are wanted. Works on any bytes and always ends: what is not JSON is found nowhere. Nothing is recursive.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openObject = 0x7b;
const openArray = 0x5b;

/** Strings longer than this are searched for their end natively, which costs more for short ones. */
const shortString = 64;

/** Where a value lies: `bytes.subarray(from, to)`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** The place of the next byte that is not white space. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 32 || byte === 10 || byte === 13 || byte === 9; byte = bytes[at]) at++;
  return at;
}

/** The place of the value of the first member of the object at `object` that has one of the names, and its name. */
export function memberOf(
  bytes: Buffer,
  object: number,
  names: readonly string[],
): { readonly name: string; readonly at: number } | undefined {
  if (bytes[object] !== openObject) return undefined;
  let at = skipSpace(bytes, object + 1);
  while (bytes[at] === quote) {
    const keyEnd = skipString(bytes, at);
    if (keyEnd < 0) return undefined;
    const colonAt = skipSpace(bytes, keyEnd);
    if (bytes[colonAt] !== colon) return undefined;
    const valueAt = skipSpace(bytes, colonAt + 1);
    const name = names.find(
      (one) => one.length === keyEnd - at - 2 && bytes.toString("latin1", at + 1, keyEnd - 1) === one,
    );
    if (name !== undefined) return { name, at: valueAt };
    const end = skipValue(bytes, valueAt);
    if (end < 0) return undefined;
    at = skipSpace(bytes, end);
    if (bytes[at] !== comma) return undefined;
    at = skipSpace(bytes, at + 1);
  }
  return undefined;
}

/** The place of what is reached from the value at `from` by these names one after the other, or -1. */
export function reach(bytes: Buffer, from: number, ...path: readonly string[]): number {
  let at = from;
  for (const name of path) {
    const found = memberOf(bytes, at, [name]);
    if (!found) return -1;
    at = found.at;
  }
  return at;
}

/** The text of the string or scalar at `at`, when it has at most `most` bytes and no escapes. */
export function textAt(bytes: Buffer, at: number, most: number): string | undefined {
  if (at < 0 || at >= bytes.length) return undefined;
  const isString = bytes[at] === quote;
  const end = skipValue(bytes, at);
  if (end < 0 || bytes[at] === openObject || bytes[at] === openArray) return undefined;
  const [from, to] = isString ? [at + 1, end - 1] : [at, end];
  if (to - from > most) return undefined;
  const text = bytes.toString("latin1", from, to);
  return text.includes("\\") ? undefined : text;
}

/** Where the elements of the array at `array` lie; `undefined` when it is none, does not end, or has more than `most`. */
export function elementsOf(bytes: Buffer, array: number, most: number): Span[] | undefined {
  if (bytes[array] !== openArray) return undefined;
  const spans: Span[] = [];
  let at = skipSpace(bytes, array + 1);
  if (bytes[at] === 0x5d) return spans;
  while (spans.length < most) {
    const to = skipValue(bytes, at);
    if (to < 0) return undefined;
    spans.push({ from: at, to });
    at = skipSpace(bytes, to);
    if (bytes[at] === 0x5d) return spans;
    if (bytes[at] !== comma) return undefined;
    at = skipSpace(bytes, at + 1);
  }
  return undefined;
}

/** The place after the string that begins at `from`, or -1 when it does not end. */
function skipString(bytes: Buffer, from: number): number {
  let at = from + 1;
  for (const near = at + shortString; at < near; at++) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    if (byte === undefined) return -1;
    if (byte === backslash) at++;
  }
  for (let end = bytes.indexOf(quote, at); end !== -1; end = bytes.indexOf(quote, end + 1)) {
    let slashes = 0;
    while (end - 1 - slashes >= at && bytes[end - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return -1;
}

/** The place after the value that begins at `from`, or -1 when there is none or it does not end. */
function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === quote) return skipString(bytes, from);
  if (first === openObject || first === openArray) return skipNested(bytes, from);
  let at = from;
  for (let byte = bytes[at]; isScalar(byte); byte = bytes[at]) at++;
  return at > from ? at : -1;
}

function skipNested(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; ) {
    const byte = bytes[at];
    if (byte === quote) {
      at = skipString(bytes, at);
      if (at < 0) return -1;
      continue;
    }
    at++;
    if (byte === openObject || byte === openArray) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return at;
  }
  return -1;
}

/** May the byte be part of a number, `true`, `false` or `null`? */
function isScalar(byte: number | undefined): boolean {
  return byte !== undefined && byte > 32 && byte !== comma && byte !== 0x7d && byte !== 0x5d && byte !== quote;
}
