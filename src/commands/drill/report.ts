import { formatDuration } from "../../lib/duration.ts";
import { milliseconds, percent } from "./objective.ts";
import type { DrillPlan, DrillResult } from "./perform.ts";
import type { Prediction } from "./prediction.ts";
import { availabilityOf, p99Of, type Stretch, shareOf } from "./stretch.ts";

/** What a drill showed, for people. */
export function reportText({ target }: DrillPlan, result: DrillResult): string {
  const { outcome, because, before, steps, restored, predicted } = result;
  const last = steps.at(-1);
  const tables = before.flatMap((usual) => {
    const drained = last?.stretches.find(({ network }) => network === usual.network);
    return drained ? [table(usual, drained, last?.moved ?? 0, predicted.get(usual.network))] : [];
  });
  const left = restored ? [] : [`The order is still in force; it ends by itself within half a minute.\n`];
  return [`${target}: ${outcome}${because === undefined ? "" : `: ${because}`}\n`, ...left, ...tables].join("\n");
}

function table(usual: Stretch, drained: Stretch, moved: number, predicted: Prediction | undefined): string {
  const rows: readonly (readonly [string, (stretch: Stretch) => string])[] = [
    ["calls a second", (stretch) => (stretch.seconds > 0 ? (stretch.calls / stretch.seconds).toFixed(1) : "none")],
    ["served", (stretch) => percent(availabilityOf(stretch))],
    ["p99", (stretch) => milliseconds(p99Of(stretch))],
    ["answered by it", (stretch) => percent(shareOf(stretch))],
  ];
  const time = formatDuration(1_000 * Math.round(drained.seconds));
  return [
    `${drained.network}, ${Math.round(100 * moved)} % of its traffic moved away for ${time}`,
    `  ${"".padEnd(16)}${"before".padEnd(12)}drained`,
    ...rows.map(([title, text]) => `  ${title.padEnd(16)}${text(usual).padEnd(12)}${text(drained)}`),
    `  survivability: measured ${percent(availabilityOf(drained))}, ${predictionText(predicted)}`,
    "",
  ].join("\n");
}

function predictionText(predicted: Prediction | undefined): string {
  if (!predicted) return "not predicted";
  const { ratio, headroom } = predicted;
  const room = headroom === null ? "" : ` (the others bear ${headroom.toFixed(1)} times the calls)`;
  return `predicted ${percent(ratio)} for the loss of all of it${room}`;
}

/** The same for programs. Durations are in milliseconds, shares 0..1; what is not known is `null`. */
export function reportJson({ target, objective }: DrillPlan, result: DrillResult): string {
  const { outcome, because, before, steps, whole, restored, predicted } = result;
  const of = (all: readonly Stretch[], name: string) => {
    const found = all.find(({ network }) => network === name);
    return found ? figures(found) : null;
  };
  const networks = before.map(({ network }) => ({
    network,
    predicted: predicted.get(network) ?? null,
    before: of(before, network),
    steps: steps.map(({ moved, stretches }) => ({ moved, ...of(stretches, network) })),
    whole: of(whole, network),
  }));
  return `${JSON.stringify({ target, objective, outcome, because: because ?? null, restored, networks }, null, 2)}\n`;
}

function figures(stretch: Stretch) {
  const p99Ms = p99Of(stretch);
  return {
    seconds: stretch.seconds,
    calls: stretch.calls,
    unserved: stretch.unserved,
    availability: availabilityOf(stretch) ?? null,
    p99Ms: p99Ms !== undefined && Number.isFinite(p99Ms) ? p99Ms : null,
    share: shareOf(stretch) ?? null,
  };
}
