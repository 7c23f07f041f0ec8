import { formatDuration } from "../lib/duration.ts";
import type { CallRecord, Journal } from "./journal.ts";
import { quantileOf } from "./quantile.ts";
import { element, escaped, label, pathThrough, scale } from "./svg.ts";

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

const width = 1_200;
const height = 700;
const left = 80;
const right = 1_020;
const throughput = { top: 124, bottom: 340 };
const failures = { top: 378, bottom: 452 };
const latency = { top: 490, bottom: 650 };

/** Twelve hues that are told apart also side by side; more providers begin again. */
const colours = [
  ["#4269d0", "#efb118", "#3ca951", "#9c6b4e"],
  ["#6cc5b0", "#a463f2", "#97bbf5", "#ff8ab7"],
  ["#9498a0", "#b5bd61", "#2f7f86", "#c98b2d"],
].flat();
const ink = "#1f2933";
const faint = "#d8dee4";
const alarm = "#d92d20";
const grey = "#8a94a0";

/** Latencies are drawn between these, in milliseconds, on a logarithmic scale. */
const fastest = 1;
const slowest = 10_000;

/**
 * Draws a run as an SVG of 1200 x 700: answers by provider over time, calls that failed in it and in the run it is
 * compared with, and what clients waited. Times in which faults were active are shaded.
 */
export function timelineSvg(parts: TimelineParts): string {
  const x = scale(0, parts.durationMs, left, right);
  const binMs = binOf(parts);
  const body = [
    element("title", {}, escaped(`${parts.title}: ${parts.subtitle}`)),
    element("rect", { width, height, fill: "#fff" }),
    label(left, 36, parts.title, { size: 22, fill: ink, weight: "600" }),
    label(left, 58, parts.subtitle, { size: 14, fill: "#52606d" }),
    ...shading(parts, x),
    ...throughputPanel(parts, x, binMs),
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

/** The least distance between two labels of faults, in pixels. */
const labelGap = 220;

function shading({ windows }: TimelineParts, x: (ms: number) => number): string[] {
  const labels = new Map<string, { readonly from: number; readonly to: number; readonly texts: string[] }>();
  for (const { from, to, label: text } of windows) {
    const span = labels.get(`${from} ${to}`) ?? { from, to, texts: [] };
    span.texts.push(text);
    labels.set(`${from} ${to}`, span);
  }
  let free = 0;
  return [...labels.values()].flatMap(({ from, to, texts }) => {
    const start = x(from);
    const top = throughput.top - 8;
    const rect = { x: start, y: top, width: Math.max(1, x(to) - start), height: latency.bottom - top, fill: "#fdecea" };
    if (start < free) return [element("rect", rect)];
    free = start + labelGap;
    const text = label(start, top - 5, texts.join(" + "), { size: 12, fill: alarm, weight: "600" });
    return [element("rect", rect), text];
  });
}

function throughputPanel(parts: TimelineParts, x: (ms: number) => number, binMs: number): string[] {
  const { journal } = parts.shown;
  const bins = Math.ceil(parts.durationMs / binMs);
  const base = new Float64Array(bins);
  const layers = parts.series.map(({ upstreams }) => {
    const bottom = base.slice();
    for (const { upstream, endedAt, ok } of journal.attempts) {
      const bin = Math.floor(endedAt / binMs);
      if (ok && bin < bins && upstreams.has(upstream)) base[bin] = (base[bin] ?? 0) + 1_000 / binMs;
    }
    return { bottom, top: base.slice() };
  });
  const most = niceCeiling(Math.max(1, ...base));
  const y = scale(0, most, throughput.bottom, throughput.top);
  const at = (bin: number) => x(Math.min(parts.durationMs, bin * binMs));
  const step = (edge: Float64Array) =>
    Array.from(edge).flatMap((value, bin) => [[at(bin), y(value)] as const, [at(bin + 1), y(value)] as const]);
  const areas = layers.map(({ bottom, top }, index) => {
    const outline = `${pathThrough([...step(top), ...step(bottom).reverse()])}Z`;
    return element("path", { d: outline, fill: colourOf(index), "fill-opacity": 0.88 });
  });
  return [
    ...grid([0, most / 2, most], y, (value) => `${tidy(value)}`),
    ...areas,
    label(left, throughput.top - 28, `answers per second by provider, ${parts.shown.name}`, {
      fill: ink,
      weight: "600",
    }),
    ...legend(parts, layers),
  ];
}

interface Layer {
  readonly bottom: Float64Array;
  readonly top: Float64Array;
}

/** Who is who, topmost first, with the share of all answers. */
function legend({ series }: TimelineParts, layers: readonly Layer[]): string[] {
  const sum = (edge: Float64Array | undefined) => edge?.reduce((all, value) => all + value, 0) ?? 0;
  const total = sum(layers.at(-1)?.top) || 1;
  return [...series.entries()].reverse().flatMap(([index, { name }], row) => {
    const share = (sum(layers[index]?.top) - sum(layers[index]?.bottom)) / total;
    const y = throughput.top + 10 + row * 20;
    return [
      element("rect", { x: right + 16, y: y - 10, width: 12, height: 12, rx: 2, fill: colourOf(index) }),
      label(right + 34, y, name, { size: 12 }),
      label(width - 16, y, `${(100 * share).toFixed(0)} %`, { size: 12, anchor: "end", fill: "#52606d" }),
    ];
  });
}

function failurePanel({ shown, compared }: TimelineParts, x: (ms: number) => number): string[] {
  const rowHeight = (failures.bottom - failures.top) / 2;
  return [
    label(left, failures.top - 8, "calls that failed or were answered wrongly", { fill: ink, weight: "600" }),
    ...[shown, compared].flatMap(({ name, journal }, row) => {
      const top = failures.top + row * rowHeight;
      const bad = journal.calls.filter((call) => call.verdict !== "answered");
      return [
        element("rect", {
          x: left,
          y: top + 3,
          width: right - left,
          height: rowHeight - 6,
          fill: "none",
          stroke: faint,
        }),
        ...marks(bad, x, top + 4, rowHeight - 8),
        label(
          right + 16,
          top + rowHeight / 2,
          `${bad.length.toLocaleString("en")} of ${journal.calls.length.toLocaleString("en")}`,
          {
            size: 15,
            weight: "600",
            fill: bad.length === 0 ? "#2e7d4f" : alarm,
          },
        ),
        label(right + 16, top + rowHeight / 2 + 15, name, { size: 12, fill: "#52606d" }),
      ];
    }),
  ];
}

/** One mark for each pixel with bad calls: the more there are, the darker. */
function marks(bad: readonly CallRecord[], x: (ms: number) => number, y: number, tall: number): string[] {
  const counts = new Map<number, number>();
  for (const { at } of bad) counts.set(Math.round(x(at)), (counts.get(Math.round(x(at))) ?? 0) + 1);
  return [...counts].map(([at, count]) =>
    element("rect", {
      x: at - 1,
      y,
      width: 2,
      height: tall,
      fill: alarm,
      "fill-opacity": Math.min(1, 0.45 + 0.1 * count),
    }),
  );
}

function latencyPanel(parts: TimelineParts, x: (ms: number) => number, binMs: number): string[] {
  const y = scale(Math.log(fastest), Math.log(slowest), latency.bottom, latency.top);
  const height = (ms: number) => y(Math.log(Math.min(slowest, Math.max(fastest, ms))));
  const line = (journal: Journal, q: number) =>
    pathThrough(
      quantilesOf(journal.calls, q, binMs, parts.durationMs).map((ms, bin) => [
        x((bin + 0.5) * binMs),
        ms === undefined ? undefined : height(ms),
      ]),
    );
  const draw = (d: string, stroke: string, strokeWidth: number) =>
    d === ""
      ? ""
      : element("path", { d, fill: "none", stroke, "stroke-width": strokeWidth, "stroke-linejoin": "round" });
  const key = (row: number, text: string, stroke: string) => [
    element("rect", { x: right + 16, y: latency.top + 4 + row * 20, width: 16, height: 3, fill: stroke }),
    label(right + 38, latency.top + 10 + row * 20, text, { size: 12 }),
  ];
  return [
    label(left, latency.top - 8, "what clients waited, log scale", { fill: ink, weight: "600" }),
    ...grid([1, 10, 100, 1_000, 10_000], height, (ms) => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`)),
    draw(line(parts.compared.journal, 0.99), grey, 1.5),
    draw(line(parts.shown.journal, 0.99), "#b3261e", 2),
    draw(line(parts.shown.journal, 0.5), "#1b4f9c", 2),
    ...key(0, `p99, ${parts.shown.name}`, "#b3261e"),
    ...key(1, `p50, ${parts.shown.name}`, "#1b4f9c"),
    ...key(2, "p99, compared", grey),
  ];
}

/** A quantile of latency for each slice of time; `undefined` where no call came in. */
function quantilesOf(calls: readonly CallRecord[], q: number, binMs: number, durationMs: number) {
  const bins: number[][] = Array.from({ length: Math.ceil(durationMs / binMs) }, () => []);
  for (const { at, ms } of calls) bins[Math.floor(at / binMs)]?.push(ms);
  return bins.map((bin) => (bin.length === 0 ? undefined : quantileOf(Float64Array.from(bin).sort(), q)));
}

function grid(values: readonly number[], y: (value: number) => number, text: (value: number) => string): string[] {
  return values.flatMap((value) => [
    element("line", { x1: left, x2: right, y1: y(value), y2: y(value), stroke: faint, "stroke-width": 1 }),
    label(left - 10, y(value) + 4, text(value), { size: 12, anchor: "end", fill: "#52606d" }),
  ]);
}

function timeAxis({ durationMs }: TimelineParts, x: (ms: number) => number): string[] {
  const step = [10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000].find((one) => durationMs / one <= 12) ?? 3_600_000;
  const ticks = Array.from({ length: Math.floor(durationMs / step) + 1 }, (_, index) => index * step);
  return ticks.flatMap((at) => [
    element("line", { x1: x(at), x2: x(at), y1: latency.bottom, y2: latency.bottom + 6, stroke: grey }),
    label(x(at), latency.bottom + 22, at === 0 ? "0" : formatDuration(at), {
      size: 12,
      anchor: "middle",
      fill: "#52606d",
    }),
  ]);
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? grey;
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value) ?? 10);
}

function tidy(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, "");
}
