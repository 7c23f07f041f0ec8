import type { Concentration } from "../concentration/concentration.ts";
import { eligibleCount } from "../observe/network-state.ts";
import type { Readiness } from "./health.ts";
import type { NetworkRuntime } from "./runtime.ts";

/** How things are, in one or two sentences for whoever looks for one second. */
export function summaryOf(
  networks: readonly NetworkRuntime[],
  { ready, draining, unready }: Readiness,
  concentration: readonly Concentration[],
): string {
  const fleet = fleetText(networks, concentration);
  if (draining) return `Shutting down: calls under way are finished, new clients are refused. ${fleet}`;
  const troubles = unready.map(({ network, because }) => `${network}: ${because}`);
  if (!ready) return `Not serving ${troubles.slice(0, 3).join("; ")}${more(troubles.length - 3)}. ${fleet}`;
  if (troubles.length > 0)
    return `Serving, but not ${troubles.slice(0, 3).join("; ")}${more(troubles.length - 3)}. ${fleet}`;
  return `Serving. ${fleet}`;
}

function more(count: number): string {
  return count > 0 ? `; and ${count} more` : "";
}

function fleetText(networks: readonly NetworkRuntime[], concentration: readonly Concentration[]): string {
  const upstreams = networks.reduce((sum, network) => sum + network.upstreams.length, 0);
  const eligible = networks.reduce((sum, network) => sum + eligibleCount(network), 0);
  const find = (basis: Concentration["basis"]) =>
    concentration.find((one) => one.dimension === "provider" && one.basis === basis);
  const providers = find("configured")?.shares.length ?? 0;
  const effective = (find("requests")?.indices ?? find("configured")?.indices)?.effective;
  const count = eligible === upstreams ? `${upstreams}` : `${eligible} of ${upstreams}`;
  const place = providers > 0 ? ` on ${providers} ${providers === 1 ? "provider" : "providers"}` : "";
  const number = effective === undefined ? "" : `; effective number of providers ${effective.toFixed(1)}`;
  return `${count} ${upstreams === 1 ? "upstream" : "upstreams"}${place}${number}.`;
}
