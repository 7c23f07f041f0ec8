import { element, label } from "../../src/simulator/svg.ts";
import type { Phase, Schedule } from "../plans/schedule.ts";

/** The size of a picture, and where its panels lie; pixels. */
export const width = 1_200;
export const height = 760;
export const left = 80;
export const right = 1_000;
export const throughput = { top: 116, bottom: 340 };
export const failures = { top: 392, bottom: 424 };
export const latency = { top: 476, bottom: 706 };

/** Told apart also side by side; more providers begin again. */
export const colours = [
  ["#4269d0", "#efb118", "#3ca951", "#9c6b4e", "#6cc5b0", "#a463f2"],
  ["#97bbf5", "#ff8ab7", "#9498a0", "#b5bd61", "#2f7f86", "#c98b2d"],
].flat();
export const ink = "#1f2933";
export const soft = "#52606d";
export const faint = "#d8dee4";
export const alarm = "#d92d20";

/** The ground of each phase. Faults are at work on the reddish ones. */
const grounds: Readonly<Record<Phase, string>> = {
  "warm-up": "#f1f3f5",
  load: "#ffffff",
  before: "#ffffff",
  onset: "#fbd5d0",
  outage: "#fdecea",
  recovery: "#fdf6df",
  after: "#ffffff",
};

/** The phases of a run, as the ground of all panels, each with its name above. */
export function ground({ phases }: Schedule, x: (ms: number) => number): string[] {
  const top = throughput.top - 8;
  return phases.flatMap(({ name, from, to }) => {
    const start = x(from);
    const rect = { x: start, y: top, width: x(to) - start, height: latency.bottom - top, fill: grounds[name] };
    const edge = {
      x1: start,
      x2: start,
      y1: top - 4,
      y2: latency.bottom,
      stroke: "#b8c2cc",
      "stroke-dasharray": "3 3",
    };
    const faulty = name === "onset" || name === "outage";
    const room = x(to) - start > name.length * 8;
    const text = label(start + 3, top - 6, name, { size: 12, fill: faulty ? alarm : soft, weight: "600" });
    return [element("rect", rect), element("line", edge), ...(room ? [text] : [])];
  });
}

/** Lines across a panel, with what they stand for. */
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

/** Seconds from the onset on; from the start where there is no outage. */
export function timeAxis({ onset, end, strikes }: Schedule, x: (ms: number) => number): string[] {
  const zero = strikes.length > 0 ? onset : 0;
  const step =
    [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000].find((one) => end / one <= 16) ?? 3_600_000;
  const first = Math.ceil(-zero / step);
  const ticks = Array.from(
    { length: Math.floor((end - zero) / step) - first + 1 },
    (_, index) => (first + index) * step,
  );
  return ticks.flatMap((at) => [
    element("line", { x1: x(zero + at), x2: x(zero + at), y1: latency.bottom, y2: latency.bottom + 6, stroke: soft }),
    label(x(zero + at), latency.bottom + 22, `${at / 1_000}${at === 0 ? "" : " s"}`, {
      size: 12,
      anchor: "middle",
      fill: soft,
    }),
  ]);
}
