/** What is known of who hosts an address. What is not known is absent. */
export interface Place {
  readonly asn?: number;
  readonly organisation?: string;
  /** A key of the provider catalogue. */
  readonly provider?: string;
  /** ISO 3166 alpha-2, lower case: where the address is said to be used. */
  readonly country?: string;
  /** The CDN whose front it is; then nothing is known of what stands behind. */
  readonly edge?: string;
}

/** Finds who hosts an address; `undefined` when nothing is known of it. Never throws. */
export type Places = (address: string) => Place | undefined;

/**
 * Asks all. Whom the first that knows the host names counts, with its autonomous system; the key of the provider, the
 * country, and whether it is the front of a CDN are taken from the first that says so. Behind a CDN there is no provider.
 */
export function firstOf(...all: readonly Places[]): Places {
  return (address) => {
    const found = all.flatMap((places) => places(address) ?? []);
    if (found.length === 0) return undefined;
    const { asn, organisation } =
      found.find((place) => place.asn !== undefined || place.organisation !== undefined) ?? {};
    const edge = firstWith(found, "edge");
    const provider = edge === undefined ? firstWith(found, "provider") : undefined;
    const country = firstWith(found, "country");
    return {
      ...(asn !== undefined && { asn }),
      ...(organisation !== undefined && { organisation }),
      ...(provider !== undefined && { provider }),
      ...(country !== undefined && { country }),
      ...(edge !== undefined && { edge }),
    };
  };
}

/** The same, knowing which autonomous systems announce nothing but fronts of a CDN. */
export function knowingEdges(places: Places, edgeOfAsn: (asn: number) => string | undefined): Places {
  return (address) => {
    const found = places(address);
    const edge = found?.asn === undefined ? undefined : edgeOfAsn(found.asn);
    if (!found || edge === undefined || found.edge !== undefined) return found;
    const { provider: _, ...rest } = found;
    return { ...rest, edge };
  };
}

function firstWith(found: readonly Place[], field: "provider" | "country" | "edge"): string | undefined {
  return found.find((place) => place[field] !== undefined)?.[field];
}
