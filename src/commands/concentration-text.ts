import type { Concentration } from "../concentration/concentration.ts";
import { hostingFigure } from "../concentration/hosting/figure.ts";
import { isElsewhere, type Observation } from "../concentration/hosting/observation.ts";
import { figureText, findingText } from "../concentration/hosting/text.ts";
import type { Breach } from "../concentration/policy.ts";
import type { Report } from "../concentration/report.ts";
import { percent } from "./survival.ts";
import { survivalLines } from "./survival-text.ts";

const columns = ["dimension", "of", "largest", "top 3", "HHI", "H*", "as equal", "1/3", "1/2", "2/3", "Gini", "known"];

/** For a terminal. */
export function tableOf(
  reports: readonly Report[],
  broken: readonly Breach[],
  hosting?: readonly Observation[] | undefined,
): string {
  const parts = reports.map((report) => {
    const rows = [columns, ...rowsOf(report)];
    const widths = columns.map((_, index) => Math.max(...rows.map((row) => (row[index] as string).length)));
    const lines = rows.map(
      (row) => `  ${row.map((cell, index) => pad(cell, widths[index] as number, index)).join("  ")}`,
    );
    const survival = report.upstreams > 1 ? survivalLines(report.survivability, report.together) : [];
    const notes = [...notesOf(report), ...hostingNotes(report, hosting)];
    return [headOf(report), ...lines, "", ...survival, ...notes.map((note) => `  ${note}`)].join("\n");
  });
  return `${parts.join("\n\n")}\n\n${verdictOf(broken)}\n`;
}

/** For a pull request. */
export function markdownOf(
  reports: readonly Report[],
  broken: readonly Breach[],
  hosting?: readonly Observation[] | undefined,
): string {
  const parts = reports.map((report) => {
    const rows = [columns, columns.map(() => "---"), ...rowsOf(report)].map((row) => `| ${row.join(" | ")} |`);
    const notes = [...survivalNotes(report), ...notesOf(report), ...hostingNotes(report, hosting)].map(
      (note) => `- ${note}`,
    );
    return [`### ${headOf(report)}`, "", ...rows, "", ...notes].join("\n");
  });
  return `${parts.join("\n\n")}\n\n${verdictOf(broken)}\n`;
}

function headOf({ name, together, upstreams }: Report): string {
  return `${together ? "all networks" : name}: ${upstreams} upstream${upstreams === 1 ? "" : "s"}`;
}

/** Shares of traffic are left out where there was none, and of capacity where nobody knows any. */
function rowsOf({ groups, survivability }: Report): readonly string[][] {
  return groups.flatMap(({ dimension, basis, shares, known, indices }: Concentration) => {
    if (!indices || (basis === "capacity" && survivability.basis === "endpoints")) return [];
    const [top] = shares;
    return [
      [
        dimension,
        basis,
        top ? `${top.entity} ${percent(top.share)}` : "",
        percent(indices.top3),
        `${Math.round(indices.hhi)}`,
        indices.normalizedHhi.toFixed(2),
        indices.effective.toFixed(1),
        `${indices.nakamoto.third}`,
        `${indices.nakamoto.half}`,
        `${indices.nakamoto.twoThirds}`,
        indices.gini.toFixed(2),
        percent(known),
      ],
    ];
  });
}

function survivalNotes({ upstreams, survivability, together }: Report): readonly string[] {
  return upstreams > 1 ? survivalLines(survivability, together).map((line) => line.trim().replace(/\s+/g, " ")) : [];
}

function notesOf({ independent, after, unserved }: Report): readonly string[] {
  const notes: string[] = [];
  if (independent !== undefined) notes.push(`worth ${independent.toFixed(1)} independent upstreams`);
  if (after) {
    notes.push(
      `after the loss of ${after.domain} ${after.top} would have ${percent(after.topShare)} (HHI ${Math.round(after.hhi)})`,
    );
  }
  const expected = (unserved ?? []).filter(({ calls }) => calls > 0);
  for (const { dimension, calls, hours } of expected) {
    notes.push(
      `expected unserved for losses of a ${dimension}: ${amount(calls)} calls a year, in ${hours.toFixed(1)} hours`,
    );
  }
  if (unserved && expected.length === 0)
    notes.push("expected unserved: nothing, for the loss of any one failure domain");
  return notes;
}

/** Declared beside observed hosts: the figure, and each upstream where the two are not the same. */
function hostingNotes({ name }: Report, hosting: readonly Observation[] = []): readonly string[] {
  const found = hosting.filter(({ network }) => network === name);
  const figure = hostingFigure(found);
  if (!figure) return [];
  const told = found.filter((one) => one.finding !== "agreed" || isElsewhere(one));
  return [
    figureText(figure),
    ...told.map((one) => `${isElsewhere(one) ? "MISMATCH " : ""}${one.upstream}: ${findingText(one)}`),
  ];
}

function verdictOf(broken: readonly Breach[]): string {
  if (broken.length === 0) return "no rule is broken";
  return broken.map(({ network, message }) => `BROKEN ${network}: ${message}`).join("\n");
}

function amount(calls: number): string {
  if (calls >= 1e6) return `${(calls / 1e6).toFixed(1)} million`;
  return `${Math.round(calls)}`;
}

/** Words to the left, figures to the right. */
function pad(cell: string, width: number, index: number): string {
  return index < 3 ? cell.padEnd(width) : cell.padStart(width);
}
