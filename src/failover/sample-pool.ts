import { fault } from "../core/outcome.ts";
import { noEvents } from "../core/stream.ts";
import { type Coordinates, failureDomains, type Upstream, unknownStatus } from "../core/upstream.ts";
import { Waiting } from "../core/waiting.ts";
import type { Observation } from "./inference.ts";

// For tests: upstreams by their labels, and what is observed of them.

/** An upstream at `place`, of which only the provider must be told; it refuses every call. */
export function poolUpstream(
  id: string,
  place: Partial<Coordinates> & Pick<Coordinates, "provider">,
  network = "ethereum",
): Upstream {
  const coordinates: Coordinates = {
    kind: "cloud",
    region: undefined,
    asn: undefined,
    jurisdiction: undefined,
    operator: undefined,
    client: undefined,
    edge: undefined,
    ...place,
  };
  const refused = () => Promise.resolve(fault("unreachable", "a sample serves nobody"));
  return {
    id,
    network,
    coordinates,
    failureDomains: failureDomains(coordinates),
    tier: 0,
    archive: false,
    traces: false,
    status: unknownStatus(),
    waiting: new Waiting(),
    hasRoom: () => true,
    lacks: () => false,
    send: refused,
    probe: refused,
    subscribe: noEvents,
  };
}

/**
 * Upstreams written as `id region client network`, `-` for what is not known; the provider is the region's first part,
 * or all of it: `a1 aws/us-east-1 geth`.
 */
export function pool(...lines: readonly string[]): readonly Upstream[] {
  return lines.map((line) => {
    const [id = "", where = "", client = "-", network] = line.split(" ");
    const provider = where.split("/", 1)[0] as string;
    const region = where === provider ? undefined : where;
    return poolUpstream(id, { provider, region, client: client === "-" ? undefined : client }, network);
  });
}

/** One that stands, answers just now, and becomes suspect once a day. */
export function standing(now: number, more: Partial<Observation> = {}): Observation {
  return { onset: Number.NaN, observable: true, rate: 1 / 86_400_000, goodAt: now, suspicion: 0, ...more };
}

/** One that became suspect at `onset`, having answered until then. */
export function struck(onset: number, more: Partial<Observation> = {}): Observation {
  return standing(onset - 100, { onset, suspicion: 1.5, ...more });
}
