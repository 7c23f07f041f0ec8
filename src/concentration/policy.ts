import type { Report } from "./report.ts";
import type { ConcentrationOptions } from "./schema.ts";
import { type ShareDimension, shareDimensions } from "./shares.ts";
import type { Survivability } from "./survivability.ts";

/** One rule that a fleet breaks, in a sentence. */
export interface Breach {
  readonly network: string;
  readonly message: string;
}

/**
 * Holds a report against a policy. Shares are those of all capacity, which do not move with the traffic of the hour; of
 * upstreams, while no capacity is known. What nobody knows, or has none of (an edge, an operator), breaks no rule about it,
 * except that a rule on survivability cannot be kept by not saying what is needed. Networks together survive as each does.
 */
export function breaches(report: Report, policy: ConcentrationOptions): readonly Breach[] {
  const { name, survivability, together } = report;
  const found: string[] = [];
  for (const dimension of shareDimensions) {
    const most = policy.maxShare[dimension];
    const top = topOf(report, dimension);
    if (most === undefined || !top || top.ofAll <= most + 1e-9) continue;
    found.push(`${dimension} ${top.entity} has ${percent(top.ofAll)}, and ${percent(most)} is the most`);
  }
  for (const [key, loss, who] of [
    ["n1", survivability.one, survivability.one?.domain],
    ["n2", survivability.two, survivability.two?.domains.join(" and ")],
  ] as const) {
    const least = policy.minSurvivability[key];
    if (least === undefined || together) continue;
    if (!loss || !survivability.measured) {
      found.push(`${key} must be ${percent(least)}, and cannot be told: ${lacking(survivability)}`);
    } else if (loss.ratio < least - 1e-9) {
      found.push(`without ${who} ${percent(loss.ratio)} could be carried, and ${percent(least)} is the least`);
    }
  }
  return found.map((message) => ({ network: name, message }));
}

/** What it takes to tell what a loss leaves. */
function lacking({ demand, basis }: Survivability): string {
  const peak = demand === undefined ? ["the network's peak"] : [];
  const capacity = basis === "endpoints" ? ["the capacity of its upstreams"] : [];
  const said = [...peak, ...capacity];
  return said.length > 0 ? `say ${said.join(" and ")}` : "there are too few failure domains to lose";
}

/** The largest entity, with its share of everything, also of that of which nothing is known. */
function topOf({ groups, survivability }: Report, dimension: ShareDimension) {
  const basis = survivability.basis === "endpoints" ? "configured" : "capacity";
  const { shares: [top] = [], known = 0 } =
    groups.find((one) => one.dimension === dimension && one.basis === basis) ?? {};
  return top && { entity: top.entity, ofAll: top.share * known };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).replace(/\.0$/, "")} %`;
}
