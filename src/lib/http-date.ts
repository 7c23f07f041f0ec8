/** A time as HTTP headers write it (RFC 9110 §5.6.7), in wall-clock milliseconds; `undefined` for what is none. */
export function httpDate(value: string | undefined): number | undefined {
  const at = Date.parse(value ?? "");
  return Number.isNaN(at) ? undefined : at;
}
