import type { HostingFigure } from "./figure.ts";
import type { LightBound } from "./light.ts";
import type { Observation, Seen } from "./observation.ts";

/** What was made of where an upstream was seen, as a part of a sentence. */
export function findingText(observation: Observation): string {
  const { light } = observation;
  return light === undefined ? hostingText(observation) : `${hostingText(observation)}; ${reachText(light)}`;
}

/** What follows from how soon connections are accepted, as a part of a sentence. */
function reachText({ region, connectMs, withinKm, regionKm, reach }: LightBound): string {
  const soon = `it accepts connections within ${connectMs.toFixed(1)} ms`;
  switch (reach) {
    case "refuted":
      return `not in ${region}, which is ${kilometres(regionKm)} away: ${soon}, so it stands within ${kilometres(withinKm)}`;
    case "supported":
      return `in ${region} or near it: ${soon}`;
    case "possible":
      return `it may be in ${region}: ${soon}`;
  }
}

function kilometres(km: number): string {
  return `${Math.round(km)} km`;
}

function hostingText({ claimed, finding, hosts, edges }: Observation): string {
  switch (finding) {
    case "agreed":
      return `hosted by ${claimed}, as declared`;
    case "mismatch":
      return `declared ${claimed}, but hosted by ${hosts.map(hostText).join(" and ")}`;
    case "beneath":
      return `declared ${claimed}, on machines of ${hosts.map(hostText).join(" and ")}`;
    case "edge":
      return `declared ${claimed}, behind ${edges.join(" and ")}: its host cannot be seen`;
    case "unknown":
      return `declared ${claimed}, at addresses of nobody that is known`;
    case "unobservable":
      return `declared ${claimed}, at no public address`;
    case "unresolved":
      return `declared ${claimed}, with no address known yet`;
  }
}

/** Declared beside observed concentration, as a sentence. */
export function figureText({ declared, observed, seen }: HostingFigure): string {
  const [before, after] = [declared, observed].map(
    ({ hhi, top, topShare }) => `HHI ${Math.round(hhi)} (${top} ${percent(topShare)})`,
  );
  return `hosts as declared: ${before}; as observed: ${after}; ${percent(seen)} of the upstreams were seen`;
}

function hostText({ entity, asn, organisation }: Seen): string {
  const about = [asn === undefined ? undefined : `AS${asn}`, organisation].filter((one) => one !== undefined);
  return about.length === 0 ? entity : `${entity} (${about.join(", ")})`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
