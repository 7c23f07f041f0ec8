import { formatDuration } from "../lib/duration.ts";
import { domainStrip } from "./domain-strip.ts";
import { failurePanel } from "./failure-panel.ts";
import { latencyPanel } from "./latency-panel.ts";
import { element, escaped, label, scale } from "./svg.ts";
import { throughputPanel } from "./throughput-panel.ts";
import {
  alarm,
  grey,
  height,
  ink,
  latency,
  left,
  right,
  type Scale,
  soft,
  type TimelineParts,
  throughput,
  width,
} from "./timeline-frame.ts";

/**
 * Draws a run as an SVG: answers by provider over time, failure domains out of service, calls that failed in it and in the run it is
 * compared with, and what clients waited. Times in which faults were active are shaded.
 */
export function timelineSvg(parts: TimelineParts): string {
  const x = scale(0, parts.durationMs, left, right);
  const binMs = binOf(parts);
  const body = [
    element("title", {}, escaped(`${parts.title}: ${parts.subtitle}`)),
    element("rect", { width, height, fill: "#fff" }),
    label(left, 36, parts.title, { size: 22, fill: ink, weight: "600" }),
    label(left, 58, parts.subtitle, { size: 14, fill: soft }),
    ...shading(parts, x),
    ...throughputPanel(parts, x, binMs),
    ...domainStrip(parts, x),
    ...failurePanel(parts, x),
    ...latencyPanel(parts, x, binMs),
    ...timeAxis(parts, x),
  ];
  const font = "Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";
  const head = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height };
  return `${element("svg", { ...head, "font-family": font }, body.join("\n"))}\n`;
}

/** The length of the time slices: whole seconds, at least some thirty calls in each, at most 480 slices. */
function binOf({ rate, durationMs }: TimelineParts): number {
  return 1_000 * Math.max(1, Math.ceil(30 / rate), Math.ceil(durationMs / 480_000));
}

/** The least distance between two labels of faults beside each other, in pixels, and how far each line is below the first. */
const labelGap = 220;
const labelLines = [0, 32];

function shading({ windows }: TimelineParts, x: Scale): string[] {
  const labels = new Map<string, { readonly from: number; readonly to: number; readonly texts: string[] }>();
  for (const { from, to, label: text } of windows) {
    const span = labels.get(`${from} ${to}`) ?? { from, to, texts: [] };
    span.texts.push(text);
    labels.set(`${from} ${to}`, span);
  }
  const top = throughput.top - 8;
  const free = labelLines.map(() => 0);
  const told = new Set<string>();
  const marks = [...labels.values()].map(({ from, to, texts }) => {
    const start = x(from);
    const rect = { x: start, y: top, width: Math.max(1, x(to) - start), height: latency.bottom - top, fill: "#fdecea" };
    const text = texts.join(" + ");
    const line = told.has(text) ? -1 : free.findIndex((pixels) => start >= pixels);
    if (line < 0) return { rect: element("rect", rect), name: "" };
    told.add(text);
    free[line] = start + labelGap;
    const y = top - 5 + (labelLines[line] ?? 0);
    return { rect: element("rect", rect), name: label(start, y, text, { size: 12, fill: alarm, weight: "600" }) };
  });
  return [...marks.map(({ rect }) => rect), ...marks.flatMap(({ name }) => (name === "" ? [] : [name]))];
}

function timeAxis({ durationMs }: TimelineParts, x: Scale): string[] {
  const step = [10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000].find((one) => durationMs / one <= 12) ?? 3_600_000;
  const ticks = Array.from({ length: Math.floor(durationMs / step) + 1 }, (_, index) => index * step);
  return ticks.flatMap((at) => [
    element("line", { x1: x(at), x2: x(at), y1: latency.bottom, y2: latency.bottom + 6, stroke: grey }),
    label(x(at), latency.bottom + 22, at === 0 ? "0" : formatDuration(at), {
      size: 12,
      anchor: "middle",
      fill: soft,
    }),
  ]);
}
