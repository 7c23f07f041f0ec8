import type { CallRecord, Journal } from "./journal.ts";
import { quantileOf } from "./quantile.ts";
import { element, label, pathThrough, scale } from "./svg.ts";
import { grey, grid, ink, latency, left, right, type Scale, type TimelineParts } from "./timeline-frame.ts";

/** Latencies are drawn between these, in milliseconds, on a logarithmic scale. */
const fastest = 1;
const slowest = 10_000;

/** What clients waited over time. */
export function latencyPanel(parts: TimelineParts, x: Scale, binMs: number): string[] {
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
