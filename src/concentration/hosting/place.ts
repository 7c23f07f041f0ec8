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
 * Asks each in turn: what an earlier one says of the host counts, later ones add what it does not say. Whether an address
 * is the front of a CDN is taken from whoever knows; the provider that another one names is then no longer said.
 */
export function firstOf(...all: readonly Places[]): Places {
  return (address) => {
    const found = all.flatMap((places) => places(address) ?? []);
    if (found.length === 0) return undefined;
    const { provider, ...place } = Object.assign({}, ...found.toReversed()) as Place;
    return place.edge !== undefined || provider === undefined ? place : { ...place, provider };
  };
}
