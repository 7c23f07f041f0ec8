import { element, label, pathThrough, scale } from "./svg.ts";
import {
  grey,
  grid,
  ink,
  left,
  right,
  type Scale,
  soft,
  type TimelineParts,
  throughput,
  width,
} from "./timeline-frame.ts";

/** Twelve hues that are told apart also side by side; more providers begin again. */
const colours = [
  ["#4269d0", "#efb118", "#3ca951", "#9c6b4e"],
  ["#6cc5b0", "#a463f2", "#97bbf5", "#ff8ab7"],
  ["#9498a0", "#b5bd61", "#2f7f86", "#c98b2d"],
].flat();

/** Who answered how much over time, stacked. */
export function throughputPanel(parts: TimelineParts, x: Scale, binMs: number): string[] {
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
      label(width - 16, y, `${(100 * share).toFixed(0)} %`, { size: 12, anchor: "end", fill: soft }),
    ];
  });
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
