import type { Loss, PairLoss, Survivability } from "../concentration/survivability.ts";
import { calls, missing, percent } from "./survival.ts";

/** How many losses are listed. */
const shownLosses = 5;

/**
 * What the loss of failure domains would leave of a network: the worst, then the verdicts. Several networks `together` have
 * no peak to be judged by.
 */
export function survivalLines(found: Survivability, together = false): string[] {
  const rows = rowsOf(found.domains).slice(0, shownLosses);
  const width = Math.max(...rows.map(({ goes }) => goes.length));
  return [
    `  ${"peak".padEnd(9)} ${together ? "each network is judged by its own" : peakText(found)}`,
    ...rows.map(({ goes, loss }) => {
      const note = loss.decides ? "" : " (not counted below)";
      return `    if ${goes.padEnd(width)} goes: ${percent(loss.ratio).padStart(5)} ${ofWhat(found)}${note}`;
    }),
    ...(together ? [] : [`  ${"N-1".padEnd(9)} ${oneText(found)}`]),
    ...(found.measured && found.two ? [`  ${"N-2".padEnd(9)} ${twoText(found.two)}`] : []),
  ];
}

function ofWhat({ measured, basis }: Survivability): string {
  if (measured) return "of the peak can still be carried";
  return basis === "endpoints" ? "of the upstreams are left" : "of the capacity is left";
}

interface Row {
  /** `provider:hetzner = region:hetzner/fsn1`: what is the same upstreams is one loss. */
  readonly goes: string;
  readonly loss: Loss;
}

/** The losses that decide, and the others where nothing that decides is the same upstreams. */
function rowsOf(domains: readonly Loss[]): Row[] {
  const groups = new Map<string, Loss[]>();
  for (const loss of domains) {
    const members = loss.members.join();
    groups.set(members, [...(groups.get(members) ?? []), loss]);
  }
  return [...groups.values()].flatMap((group) => {
    const deciding = group.filter(({ decides }) => decides);
    const named = deciding.length > 0 ? deciding : group;
    const goes = named.map(({ domain }) => domain).join(" = ");
    return named.slice(0, 1).map((loss) => ({ goes, loss }));
  });
}

function peakText({ demand, capacity, basis, assumed, measured }: Survivability): string {
  const peak = demand === undefined ? "not declared" : `${calls(demand)} calls/s`;
  if (basis === "endpoints") return `${peak}; what the upstreams bear is not declared`;
  const guess = assumed === 0 ? "" : `, ${assumed} of unknown capacity taken for average`;
  return `${peak}; the upstreams bear ${calls(capacity)}${measured ? "" : " calls/s"}${guess}`;
}

function oneText(found: Survivability): string {
  const { one, measured } = found;
  if (one && !one.survives) {
    return `does not survive the loss of ${one.domain}: ${measured ? percent(one.ratio) : "nothing is left"}`;
  }
  return measured ? "survives the loss of any one failure domain" : `not judged: ${missing(found)}`;
}

function twoText({ domains, ratio, survives, exact }: PairLoss): string {
  if (!survives) return `does not survive the loss of ${domains.join(" and ")}: ${percent(ratio)}`;
  return exact
    ? "survives the loss of any two at once"
    : `survives the loss of ${domains.join(" and ")}; not all pairs were tried`;
}
