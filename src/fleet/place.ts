import { type Coordinates, failureDomains } from "../core/upstream.ts";

/**
 * Where an upstream stands: what is known of that beforehand, and the node software that its answers name. What was
 * declared stays; where the answers say the same, it counts as observed.
 */
export class Place {
  readonly #known: Coordinates;
  #client: string | undefined;
  #coordinates: Coordinates;
  #failureDomains: readonly string[];

  constructor(known: Coordinates) {
    this.#known = known;
    this.#coordinates = known;
    this.#failureDomains = failureDomains(known);
  }

  /** The coordinates, given the client that is observed: the same object for as long as that is the same. */
  coordinates(client: string | undefined): Coordinates {
    this.#observe(client);
    return this.#coordinates;
  }

  /** Their labels. */
  failureDomains(client: string | undefined): readonly string[] {
    this.#observe(client);
    return this.#failureDomains;
  }

  #observe(client: string | undefined): void {
    if (client === this.#client) return;
    this.#client = client;
    this.#coordinates = withClient(this.#known, client);
    this.#failureDomains = failureDomains(this.#coordinates);
  }
}

function withClient(known: Coordinates, client: string | undefined): Coordinates {
  if (client === undefined || (known.client !== undefined && known.client !== client)) return known;
  return { ...known, client, sources: { ...known.sources, client: "observed" } };
}
