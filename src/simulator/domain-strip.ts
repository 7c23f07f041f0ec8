import type { Action } from "../core/failover.ts";
import type { DecisionRecord } from "./journal.ts";
import { element, label } from "./svg.ts";
import { domains, ink, right, type Scale, soft, type TimelineParts } from "./timeline-frame.ts";

/** How a domain stands after an action on it; after others it is in service. */
const phases: Partial<Record<Action, { readonly fill: string; readonly name: string }>> = {
  open: { fill: "#1f2933", name: "out" },
  half_open: { fill: "#6b7884", name: "trial" },
  ramp: { fill: "#b4bec8", name: "ramp" },
};

/** The least room for a name, in pixels. */
const nameGap = 230;

/** When failure domains were out of service, on trial and coming back, and their names. Empty when none ever was. */
export function domainStrip({ shown: { journal }, durationMs }: TimelineParts, x: Scale): string[] {
  const { top, bottom } = domains;
  const spans = spansOf(journal.decisions, durationMs);
  let free = 0;
  const bars = spans.flatMap(({ subject, action, from, to }) => {
    const fill = phases[action]?.fill ?? soft;
    const bar = element("rect", {
      x: x(from),
      y: top,
      width: Math.max(1, x(to) - x(from)),
      height: bottom - top,
      fill,
    });
    if (action !== "open" || x(from) < free) return [bar];
    free = x(from) + nameGap;
    return [bar, label(x(from), bottom + 13, subject, { size: 12, fill: ink, weight: "600" })];
  });
  return spans.length === 0 ? [] : [...bars, ...key()];
}

/** What the colours mean, beside the strip. */
function key(): string[] {
  return Object.values(phases).flatMap(({ fill, name }, index) => {
    const at = right + 16 + index * 50;
    return [
      element("rect", { x: at, y: domains.top + 3, width: 10, height: 10, fill }),
      label(at + 14, domains.top + 12, name, { size: 11, fill: soft }),
    ];
  });
}

interface Span {
  readonly subject: string;
  readonly action: Action;
  readonly from: number;
  readonly to: number;
}

function spansOf(decisions: readonly DecisionRecord[], end: number): Span[] {
  const taken = decisions.filter(({ decision }) => !decision.shadow);
  return taken.flatMap(({ at, decision: { subject, action } }, index): Span[] => {
    if (!(action in phases)) return [];
    const next = taken.slice(index + 1).find(({ decision }) => decision.subject === subject);
    return [{ subject, action, from: at, to: Math.min(end, next?.at ?? end) }];
  });
}
