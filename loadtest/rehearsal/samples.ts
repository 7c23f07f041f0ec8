import type { Phase } from "../plans/schedule.ts";

/** One call as k6 wrote it down. */
export interface Sample {
  /** When it was answered or given up, in milliseconds since 1970. */
  readonly endedAt: number;
  /** How long its client waited, in milliseconds. */
  readonly ms: number;
  readonly phase: Phase;
  readonly provider: string;
  readonly upstream: string;
  readonly answered: boolean;
}

/** What the lines that tell of calls begin with, in k6's JSON output. */
const beginning = '{"metric":"waited","type":"Point"';

interface Point {
  readonly data: { readonly time: string; readonly value: number; readonly tags: Readonly<Record<string, string>> };
}

/** Reads a line of k6's JSON output; `undefined` when it does not tell of a call. */
export function sampleIn(line: string): Sample | undefined {
  if (!line.startsWith(beginning)) return undefined;
  const { time, value, tags } = (JSON.parse(line) as Point).data;
  return {
    endedAt: Date.parse(time),
    ms: value,
    phase: tags["phase"] as Phase,
    provider: tags["provider"] ?? "",
    upstream: tags["upstream"] ?? "",
    answered: tags["result"] === "answered",
  };
}

/** When the first of these calls was made: the start of the run, in milliseconds since 1970. */
export function startOf(samples: readonly Sample[]): number {
  return samples.reduce((first, { endedAt, ms }) => Math.min(first, endedAt - ms), Number.POSITIVE_INFINITY);
}

/** The value below which a share `q` of sorted numbers lies; NaN when there are none. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
