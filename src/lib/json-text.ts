/**
 * Finding the parts of a JSON text without building values, so that ids and parameters can be passed on as they came.
 * All functions take text that `JSON.parse` has accepted: they look for structure and do not check it.
 * The text may be latin1 for bytes of UTF-8: every structural character is ASCII.
 */

const quote = 0x22;
const backslash = 0x5c;

/** The place of the next character that is not white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 32 || (code >= 9 && code <= 13); code = text.charCodeAt(at)) at++;
  return at;
}

/** The place after the string whose opening quote stands at `from`. */
export function skipString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** The place after the value that begins at `from`. */
export function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === quote) return skipString(text, from);
  if (first !== 0x7b && first !== 0x5b) return skipScalar(text, from);
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = skipString(text, at);
      continue;
    }
    at++;
    if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return at;
  }
  return text.length;
}

function skipScalar(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 32 || code === 0x2c || code === 0x7d || code === 0x5d) break;
  }
  return at;
}

/** Where a value lies: `text.slice(from, to)`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The spans of the elements of the array that begins at `from`. */
export function elements(text: string, from: number): Span[] {
  const spans: Span[] = [];
  let at = skipSpace(text, from + 1);
  while (at < text.length && text.charCodeAt(at) !== 0x5d) {
    const to = skipValue(text, at);
    spans.push({ from: at, to });
    at = skipSpace(text, to);
    if (text.charCodeAt(at) === 0x2c) at = skipSpace(text, at + 1);
  }
  return spans;
}

/** Calls `visit(key, from, to)` for each member of the object that begins at `from`; keys with escapes come undecoded. */
export function members(text: string, from: number, visit: (key: string, from: number, to: number) => void): void {
  let at = skipSpace(text, from + 1);
  while (at < text.length && text.charCodeAt(at) === quote) {
    const keyEnd = skipString(text, at);
    const key = text.slice(at + 1, keyEnd - 1);
    const valueAt = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const to = skipValue(text, valueAt);
    visit(key, valueAt, to);
    at = skipSpace(text, to);
    if (text.charCodeAt(at) === 0x2c) at = skipSpace(text, at + 1);
  }
}

/** Does the text nest arrays and objects deeper than `limit`? Works on any text, valid or not. */
export function deeperThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = skipString(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** Is the text one complete JSON value? */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value of a JSON text, or `undefined` (which no JSON text means) when it is not one. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
