import { type Coordinates, failureDomains, type Sight } from "../core/upstream.ts";

/**
 * Where an upstream stands: what is known of that beforehand, the node software that its answers name, and what its
 * addresses tell. What was declared stays; where it is seen to be so, it counts as observed or verified.
 */
export class Place {
  readonly #known: Coordinates;
  #client: string | undefined;
  #sight: Sight | undefined;
  #coordinates: Coordinates;
  #failureDomains: readonly string[];

  constructor(known: Coordinates) {
    this.#known = known;
    this.#coordinates = known;
    this.#failureDomains = failureDomains(known);
  }

  /** The coordinates, given what is observed: the same object for as long as that is the same. */
  coordinates(client: string | undefined, sight?: Sight): Coordinates {
    this.#observe(client, sight);
    return this.#coordinates;
  }

  /** Their labels. */
  failureDomains(client: string | undefined, sight?: Sight): readonly string[] {
    this.#observe(client, sight);
    return this.#failureDomains;
  }

  #observe(client: string | undefined, sight: Sight | undefined): void {
    if (client === this.#client && sight === this.#sight) return;
    this.#client = client;
    this.#sight = sight;
    this.#coordinates = withClient(withSight(this.#known, sight), client);
    this.#failureDomains = failureDomains(this.#coordinates);
  }
}

function withClient(known: Coordinates, client: string | undefined): Coordinates {
  if (client === undefined || (known.client !== undefined && known.client !== client)) return known;
  return { ...known, client, sources: { ...known.sources, client: "observed" } };
}

/** Coordinates with what addresses tell beside what is declared. */
export function withSight(known: Coordinates, sight: Sight | undefined): Coordinates {
  return sight === undefined ? known : withEdge(withAsn(known, sight), sight.edge);
}

function withEdge(known: Coordinates, edge: string | undefined): Coordinates {
  if (edge === undefined || known.edge !== undefined) return known;
  return { ...known, edge, sources: { ...known.sources, edge: "observed" } };
}

function withAsn(known: Coordinates, sight: Sight): Coordinates {
  const verified = sight.verified.map((dimension) => [dimension, "verified"] as const);
  const sources = { ...known.sources, ...Object.fromEntries(verified) };
  if (sight.asn === undefined) return { ...known, sources };
  if (known.asn === undefined) return { ...known, asn: sight.asn, sources: { ...sources, asn: "observed" } };
  return known.asn === sight.asn ? { ...known, sources: { ...sources, asn: "verified" } } : { ...known, sources };
}
