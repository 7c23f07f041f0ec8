import { formatDuration } from "../lib/duration.ts";

/** A share as people read it; finer where the last tenths matter. */
export function percent(value: number): string {
  return `${(100 * value).toFixed(value > 0.99 && value < 1 ? 3 : 2)} %`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function ratio(value: number): string {
  return value.toFixed(3);
}

/** A time in milliseconds as people read it. */
export function ms(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value === Number.POSITIVE_INFINITY) return "never";
  if (value < 1_000) return `${value.toFixed(0)} ms`;
  if (value < 60_000) return `${(value / 1_000).toFixed(value < 10_000 ? 2 : 1)} s`;
  return formatDuration(Math.round(value / 1_000) * 1_000);
}
