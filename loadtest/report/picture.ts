import { element, escaped, label, pathThrough, scale } from "../../src/simulator/svg.ts";
import type { Schedule } from "../plans/schedule.ts";
import { quantile, type Sample, startOf } from "../rehearsal/samples.ts";
import {
  alarm,
  colours,
  failures,
  faint,
  grid,
  ground,
  height,
  ink,
  latency,
  left,
  right,
  soft,
  throughput,
  timeAxis,
  width,
} from "./frame.ts";
import { count, percent, time } from "./words.ts";

/** What a picture is drawn from. */
interface PictureParts {
  readonly title: string;
  readonly subtitle: string;
  readonly schedule: Schedule;
  readonly samples: readonly Sample[];
}

/** Latencies are drawn between these, in milliseconds, on a logarithmic scale. */
const fastest = 1;
const slowest = 10_000;

/** A call with the time at which it was answered, in milliseconds since the start of the run. */
interface Answer extends Sample {
  readonly at: number;
}

/** The calls that one line and one area stand for. */
interface Series {
  readonly name: string;
  readonly colour: string;
  readonly answers: readonly Answer[];
}

/**
 * Draws a run as an SVG of 1200 x 760: answers a second by who hosts the upstream that gave them, calls that failed, and
 * how long clients waited for each of the providers. The phases of the run are the ground; providers of which some
 * upstreams were struck appear twice.
 */
export function pictureOf({ title, subtitle, schedule, samples }: PictureParts): string {
  const start = startOf(samples);
  const calls = samples.map((sample) => ({ ...sample, at: sample.endedAt - start }));
  const x = scale(0, schedule.end, left, right);
  const binMs = binOf(calls.length, schedule.end);
  const series = seriesOf(calls, schedule);
  const body = [
    element("title", {}, escaped(`${title}: ${subtitle}`)),
    element("rect", { width, height, fill: "#fff" }),
    label(left, 36, title, { size: 22, fill: ink, weight: "600" }),
    label(left, 60, subtitle, { size: 14, fill: soft }),
    ...ground(schedule, x),
    ...throughputPanel(series, calls.length, schedule.end, x, binMs),
    ...failurePanel(calls, x),
    ...latencyPanel(series, calls, schedule.end, x, 2 * binMs),
    ...timeAxis(schedule, x),
  ];
  const font = "Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";
  const head = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height };
  return `${element("svg", { ...head, "font-family": font }, body.join("\n"))}\n`;
}

/** The length of the time slices: at least a quarter of a second and some fifty calls, at most 240 slices. */
function binOf(calls: number, end: number): number {
  const perCall = end / Math.max(1, calls);
  const least = Math.max(50 * perCall, end / 240);
  return [250, 500, 1_000, 2_000, 5_000, 10_000].find((one) => one >= least) ?? 30_000;
}

/** One for each provider, in two where only some of its upstreams were struck; those struck first. */
function seriesOf(calls: readonly Answer[], schedule: Schedule): readonly Series[] {
  const struck = new Set(schedule.strikes.flatMap(({ upstreams }) => upstreams));
  const answers = calls.filter(({ answered, upstream }) => answered && upstream !== "nobody");
  const spared = new Set(answers.filter(({ upstream }) => !struck.has(upstream)).map(({ provider }) => provider));
  const nameOf = ({ upstream, provider }: Answer) =>
    struck.has(upstream) && spared.has(provider) ? `${provider}, struck` : provider;
  const groups = new Map<string, Answer[]>();
  for (const one of answers) {
    const group = groups.get(nameOf(one)) ?? [];
    group.push(one);
    groups.set(nameOf(one), group);
  }
  const isStruck = ([, [first]]: readonly [string, readonly Answer[]]) =>
    first !== undefined && struck.has(first.upstream);
  return [...groups]
    .sort((a, b) => Number(isStruck(b)) - Number(isStruck(a)) || a[0].localeCompare(b[0], "en"))
    .map(([name, group], index) => ({ name, answers: group, colour: colours[index % colours.length] ?? ink }));
}

function throughputPanel(
  series: readonly Series[],
  total: number,
  end: number,
  x: (ms: number) => number,
  binMs: number,
): string[] {
  const base = new Float64Array(Math.ceil(end / binMs));
  const layers = series.map(({ answers }) => {
    const bottom = base.slice();
    for (const { at } of answers) {
      const bin = Math.floor(at / binMs);
      if (bin < base.length) base[bin] = (base[bin] ?? 0) + 1_000 / binMs;
    }
    return { bottom, top: base.slice() };
  });
  const most = niceCeiling(Math.max(1, ...base));
  const y = scale(0, most, throughput.bottom, throughput.top);
  const at = (bin: number) => x(Math.min(end, bin * binMs));
  const step = (edge: Float64Array) =>
    Array.from(edge).flatMap((value, bin) => [[at(bin), y(value)] as const, [at(bin + 1), y(value)] as const]);
  return [
    ...grid([0, most / 2, most], y, (value) => count(value)),
    ...layers.map(({ bottom, top }, index) => {
      const d = `${pathThrough([...step(top), ...step(bottom).reverse()])}Z`;
      return element("path", { d, fill: series[index]?.colour ?? ink, "fill-opacity": 0.88 });
    }),
    label(left, throughput.top - 30, "answers a second, by provider", { fill: ink, weight: "600" }),
    ...[...series].reverse().flatMap(({ name, colour, answers }, row) => {
      const line = throughput.top + 10 + row * 19;
      return [
        element("rect", { x: right + 16, y: line - 10, width: 12, height: 12, rx: 2, fill: colour }),
        label(right + 34, line, name, { size: 12 }),
        label(width - 16, line, percent(answers.length / Math.max(1, total)).replace(/\.\d+/, ""), {
          size: 12,
          anchor: "end",
          fill: soft,
        }),
      ];
    }),
  ];
}

/** One mark for each pixel with failed calls: the more there are, the darker. */
function failurePanel(calls: readonly Answer[], x: (ms: number) => number): string[] {
  const bad = calls.filter(({ answered }) => !answered);
  const marks = new Map<number, number>();
  for (const { at, ms } of bad) marks.set(Math.round(x(at - ms)), (marks.get(Math.round(x(at - ms))) ?? 0) + 1);
  const { top, bottom } = failures;
  return [
    label(left, top - 8, "calls that failed or were answered wrongly, by when they were made", {
      fill: ink,
      weight: "600",
    }),
    element("rect", { x: left, y: top, width: right - left, height: bottom - top, fill: "none", stroke: faint }),
    ...[...marks].map(([at, times]) =>
      element("rect", {
        x: Math.min(right - 2, at - 1),
        y: top + 1,
        width: 2,
        height: bottom - top - 2,
        fill: alarm,
        "fill-opacity": Math.min(1, 0.45 + 0.1 * times),
      }),
    ),
    label(right + 16, top + 20, `${count(bad.length)} of ${count(calls.length)}`, {
      size: 15,
      weight: "600",
      fill: bad.length === 0 ? "#2e7d4f" : alarm,
    }),
  ];
}

/** Fewer answers than this in a slice of time say nothing of how long they take. */
const fewest = 5;

function latencyPanel(
  series: readonly Series[],
  calls: readonly Answer[],
  end: number,
  x: (ms: number) => number,
  binMs: number,
): string[] {
  const y = scale(Math.log(fastest), Math.log(slowest), latency.bottom, latency.top);
  const height = (ms: number) => y(Math.log(Math.min(slowest, Math.max(fastest, ms))));
  const line = (answers: readonly Answer[], q: number, stroke: string, thick: number) => {
    const bins: number[][] = Array.from({ length: Math.ceil(end / binMs) }, () => []);
    for (const { at, ms } of answers) bins[Math.floor(at / binMs)]?.push(ms);
    const d = pathThrough(
      bins.map((bin, index) => [
        x(Math.min(end, (index + 0.5) * binMs)),
        bin.length < fewest
          ? undefined
          : height(
              quantile(
                bin.sort((a, b) => a - b),
                q,
              ),
            ),
      ]),
    );
    return d === ""
      ? []
      : [element("path", { d, fill: "none", stroke, "stroke-width": thick, "stroke-linejoin": "round" })];
  };
  const keys = [
    { text: "p99 of all calls", stroke: ink, thick: 2.2 },
    { text: "median, by provider", stroke: colours[0] ?? ink, thick: 1.6 },
  ];
  return [
    label(left, latency.top - 12, "how long clients waited, log scale", { fill: ink, weight: "600" }),
    ...grid([1, 10, 100, 1_000, 10_000], height, (ms) => time(ms).replace(".00", "").replace(".0", "")),
    ...series.flatMap(({ answers, colour }) => line(answers, 0.5, colour, 1.6)),
    ...line(calls, 0.99, ink, 2.2),
    ...keys.flatMap(({ text, stroke, thick }, row) => [
      element("rect", { x: right + 16, y: latency.top + 4 + row * 20, width: 16, height: thick, fill: stroke }),
      label(right + 38, latency.top + 10 + row * 20, text, { size: 12 }),
    ]),
  ];
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value) ?? 10);
}
