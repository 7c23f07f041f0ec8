import type { Concentration } from "../concentration/concentration.ts";
import type { Order, Phase } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import { subjectText } from "./failover-status.ts";
import type { Readiness } from "./health.ts";
import type { NetworkRuntime } from "./runtime.ts";

/** How things are, in a few sentences for whoever looks for one second. */
export function summaryOf(
  networks: readonly NetworkRuntime[],
  { ready, draining, impaired, unready }: Readiness,
  concentration: readonly Concentration[],
  failover: Standing,
): string {
  const fleet = `${failoverText(failover)}${fleetText(networks, concentration)}`;
  if (draining) return `Shutting down; calls under way are finished. ${fleet}`;
  if (impaired !== undefined) return `Not ready: ${impaired}. ${fleet}`;
  const troubles = unready.map(({ network, because }) => `${network}: ${because}`);
  if (!ready) return `Not serving ${troubles.slice(0, 3).join("; ")}${more(troubles.length - 3)}. ${fleet}`;
  if (troubles.length > 0)
    return `Serving, but not ${troubles.slice(0, 3).join("; ")}${more(troubles.length - 3)}. ${fleet}`;
  return `Serving. ${fleet}`;
}

/** How failover stands, as far as it is told here. */
interface Standing {
  /** Nothing is done about domains: what is said of them is what would be. */
  readonly shadow: boolean;
  readonly domains: readonly { readonly domain: string; readonly phase: Phase }[];
  readonly orders: readonly Pick<Order, "target" | "what">[];
}

/** What is out as a whole, by order or not, and what is coming back; empty, or sentences with a space after each. */
function failoverText({ shadow, domains, orders }: Standing): string {
  const inPhase = (...phases: Phase[]) =>
    domains.flatMap(({ domain, phase }) => (phases.includes(phase) ? [domain] : []));
  const drained = orders.flatMap(({ target, what }) => (what === "drain" ? [target] : []));
  return [
    [shadow ? "Would be out of service" : "Out of service", inPhase("open", "half_open")] as const,
    ["Coming back", shadow ? [] : inPhase("ramping")] as const,
    ["Drained", drained] as const,
  ]
    .filter(([, subjects]) => subjects.length > 0)
    .map(([title, all]) => `${title}: ${all.slice(0, 3).map(subjectText).join(", ")}${more(all.length - 3, ",")}. `)
    .join("");
}

function more(count: number, sign = ";"): string {
  return count > 0 ? `${sign} and ${count} more` : "";
}

function fleetText(networks: readonly NetworkRuntime[], concentration: readonly Concentration[]): string {
  const all = networks.flatMap(({ upstreams }) => upstreams);
  const able = networks.flatMap(({ upstreams, eligible }) => upstreams.filter(eligible));
  const find = (basis: Concentration["basis"]) =>
    concentration.find((one) => one.dimension === "provider" && one.basis === basis);
  const effective = (find("requests")?.indices ?? find("capacity")?.indices)?.effective;
  const number = effective === undefined ? "" : `; effective number of providers ${effective.toFixed(1)}`;
  const upstreams = counted(able.length, all.length, "upstream");
  return `${upstreams} on ${counted(providersOf(able), providersOf(all), "provider")}${number}.`;
}

function providersOf(upstreams: readonly Upstream[]): number {
  return new Set(upstreams.map(({ coordinates }) => coordinates.provider)).size;
}

/** `3 providers`, or `2 of 3 providers` when not all are there. */
function counted(some: number, all: number, word: string): string {
  return `${some === all ? all : `${some} of ${all}`} ${word}${all === 1 ? "" : "s"}`;
}
