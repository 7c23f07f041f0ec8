import type { Answer } from "../../core/outcome.ts";
import { parseJson } from "../../lib/json-text.ts";
import { asBuffer } from "../../lib/latin1.ts";

/** Reading bodies of the beacon API: which encoding they have, and the values of which their JSON is made. */

export const jsonType = "application/json";
export const sszType = "application/octet-stream";

type Headers = Readonly<Record<string, string>>;

/** Is a body with these headers SSZ? What is not said to be is JSON. Source: beacon-APIs, README, content types. */
export function isSsz(headers: Headers | undefined): boolean {
  return headers?.["content-type"]?.trimStart().toLowerCase().startsWith(sszType) ?? false;
}

/** A header in small letters without space around; `undefined` when there is none. */
export function headerOf(headers: Headers | undefined, name: string): string | undefined {
  return headers?.[name]?.trim().toLowerCase();
}

/** Is an answer good enough to read a duty from it? */
export function isUsable(answer: Answer): boolean {
  return !answer.failed && answer.status === 200 && answer.rest === undefined;
}

/** Answers that are read whole have at most some kilobytes; an aggregate with all committees has 40. */
const mostParsed = 1 << 20;

/** The JSON object of a small body, or an empty one, in which nothing is found. */
export function objectOf(body: Uint8Array | undefined, most = mostParsed): Readonly<Record<string, unknown>> {
  if (body === undefined || body.length > most) return {};
  return asObject(parseJson(asBuffer(body).toString("utf8")));
}

/** The value as an object, or an empty one. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** A number as the API writes it: decimal digits in quotes; `undefined` when it is none, or above 2^53-1. */
export function unsigned(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string" || !/^[0-9]{1,16}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A root as the API writes it, in small letters. */
export function rootOf(value: unknown): string | undefined {
  return typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value) ? value.toLowerCase() : undefined;
}

/** Hex digits as bytes, at most `most`. */
export function bytesOfHex(value: unknown, most: number): Buffer | undefined {
  if (typeof value !== "string" || value.length > 2 + 2 * most || !/^0x(?:[0-9a-fA-F]{2})*$/.test(value)) {
    return undefined;
  }
  return Buffer.from(value.slice(2), "hex");
}
