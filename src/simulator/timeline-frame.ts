import type { Journal } from "./journal.ts";
import { element, label } from "./svg.ts";

/** What a picture is drawn from. */
export interface TimelineParts {
  readonly title: string;
  readonly subtitle: string;
  readonly durationMs: number;
  /** Calls per second, which decides how finely time is cut. */
  readonly rate: number;
  readonly windows: readonly { readonly from: number; readonly to: number; readonly label: string }[];
  /** The run to show, and the one to compare it with; each with what it is called. */
  readonly shown: { readonly name: string; readonly journal: Journal };
  readonly compared: { readonly name: string; readonly journal: Journal };
  /** What is stacked, from the bottom: the answers of some upstreams, and what those are called. */
  readonly series: readonly { readonly name: string; readonly upstreams: ReadonlySet<string> }[];
}

/** The size of a picture, and where its panels lie, in pixels. */
export const width = 1_200;
export const height = 734;
export const left = 80;
export const right = 1_020;
export const throughput = { top: 124, bottom: 340 };
export const domains = { top: 346, bottom: 362 };
export const failures = { top: 412, bottom: 486 };
export const latency = { top: 524, bottom: 684 };

export const ink = "#1f2933";
export const soft = "#52606d";
export const faint = "#d8dee4";
export const alarm = "#d92d20";
export const grey = "#8a94a0";

/** From milliseconds of the run to pixels. */
export type Scale = (ms: number) => number;

/** Lines across a panel at some values, with what they are. */
export function grid(
  values: readonly number[],
  y: (value: number) => number,
  text: (value: number) => string,
): string[] {
  return values.flatMap((value) => [
    element("line", { x1: left, x2: right, y1: y(value), y2: y(value), stroke: faint, "stroke-width": 1 }),
    label(left - 10, y(value) + 4, text(value), { size: 12, anchor: "end", fill: soft }),
  ]);
}
