import type { Figures } from "./figures.ts";
import { aligned, count, percent, time } from "./words.ts";

/** The figures of a run as a page for a terminal. */
export function textOf(figures: Figures): string {
  const { plan, phases, expectations } = figures;
  const warmUp = plan.schedule.phases.find(({ name }) => name === "warm-up");
  const uncounted = warmUp ? `, of which the first ${time(warmUp.to)} are not counted` : "";
  const table = phases.map((one) => [
    one.phase,
    `${one.seconds.toFixed(one.seconds < 10 ? 1 : 0)} s`,
    count(one.calls),
    percent(one.availability),
    count(one.failed),
    time(one.p50),
    time(one.p99),
    time(one.longest),
    one.attemptsPerCall?.toFixed(2) ?? "–",
  ]);
  const head = ["phase", "", "calls", "answered", "failed", "p50", "p99", "longest", "attempts"];
  const missed = expectations.filter(({ met }) => !met);
  return [
    `${plan.name}: ${plan.about}`,
    ...(plan.source ? [`  after ${plan.source}; a second stands for ${plan.pace}`] : []),
    `  ${plan.load} at ${plan.url} for ${time(plan.schedule.end)}${uncounted}`,
    "",
    ...aligned([head, ...table]),
    "",
    ...aligned(linesOf(figures)),
    ...decisionsOf(figures),
    "",
    ...(missed.length === 0 ? ["  as expected"] : missed.map(({ what }) => `  MISSED  ${what}`)),
    "",
  ].join("\n");
}

/** The figures of the whole run; those of an outage only where there was one. */
function linesOf(figures: Figures): string[][] {
  const { plan, because, failed, unmade } = figures;
  const reasons = Object.entries(because).map(([reason, times]) => `${count(times)} ${reason}`);
  const failures = failed === 0 ? "0" : `${count(failed)} (${reasons.join(", ")})`;
  const lines = [
    [plan.schedule.strikes.length > 0 ? "available from the onset on" : "available", percent(figures.availability)],
    ["failed requests", failures],
    ...(unmade > 0 ? [["calls that no client was free to make", count(unmade)]] : []),
  ];
  if (plan.schedule.strikes.length === 0) return lines;
  const asked = figures.askedStruck === 0 ? "none" : `${time(figures.lastAskedStruck)} (${count(figures.askedStruck)})`;
  const opened = figures.decisions.find(({ action, after }) => action === "open" && after >= 0);
  return [
    ...lines,
    ["time to detect", time(figures.timeToDetect)],
    ["time to take a failure domain out", time(opened?.after)],
    ["last user request to a struck upstream (how many)", asked],
    ["time to 99.9 % for ten seconds", time(figures.timeTo999)],
    ["retry amplification: attempts per call under faults", figures.amplification?.toFixed(3) ?? "–"],
    ["recovery overshoot", percent(figures.overshoot).replace(/\.\d+/, "")],
    ["flaps: the struck taken out again", figures.flaps === undefined ? "–" : count(figures.flaps)],
    ["wrong ejections", figures.wrongEjections === undefined ? "–" : count(figures.wrongEjections)],
  ];
}

/** Decisions shown are at most so many, the first ones; the JSON has all. */
const mostDecisions = 12;

function decisionsOf({ decisions }: Figures): string[] {
  if (decisions.length === 0) return [];
  const rows: { readonly subject: string; readonly action: string; readonly after: number; steps: number }[] = [];
  for (const { subject, action, after } of decisions) {
    const same = rows.findLast((row) => row.subject === subject);
    if (same?.action === action) same.steps++;
    else rows.push({ subject, action, after, steps: 1 });
  }
  const shown = rows.slice(0, mostDecisions);
  const cells = shown.map(({ subject, action, after, steps }) => [
    subject,
    steps === 1 ? action : `${action}, ${steps} steps`,
    time(after),
  ]);
  const more = rows.length - shown.length;
  return ["", "  decisions, from the onset", ...aligned(cells, "    "), ...(more > 0 ? [`    and ${more} more`] : [])];
}
