import type { CallRecord } from "./journal.ts";
import { element, label } from "./svg.ts";
import { alarm, failures, faint, ink, left, right, type Scale, soft, type TimelineParts } from "./timeline-frame.ts";

/** When calls failed, in the run shown and below it in the one that it is compared with. */
export function failurePanel({ shown, compared }: TimelineParts, x: Scale): string[] {
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
        label(right + 16, top + rowHeight / 2 + 15, name, { size: 12, fill: soft }),
      ];
    }),
  ];
}

/** One mark for each pixel with bad calls: the more there are, the darker. */
function marks(bad: readonly CallRecord[], x: Scale, y: number, tall: number): string[] {
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
