import { httpDate } from "./http-date.ts";

/**
 * How long a `retry-after` header asks for, in milliseconds: seconds or an HTTP date (RFC 9110 §10.2.3).
 * `epoch` is the present, in milliseconds since 1970. `undefined` when there is no such header or it makes no sense.
 */
export function retryAfterMs(value: string | undefined, epoch: number): number | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds < 0 ? undefined : seconds * 1_000;
  const at = httpDate(value);
  return at === undefined ? undefined : Math.max(0, at - epoch);
}
