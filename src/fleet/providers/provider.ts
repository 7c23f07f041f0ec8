import type { ProviderKind } from "../../core/upstream.ts";

/** What is known of one provider: facts, no behaviour. What nobody is sure of is left out. */
export interface Provider {
  /** The word that configurations, metrics and failure domains use. */
  readonly key: string;
  readonly name: string;
  readonly kind: ProviderKind;
  /** Autonomous systems that announce its addresses. */
  readonly asns: readonly number[];
  /** Country of the legal seat, ISO 3166 alpha-2, lower case; a network of many operators has none. */
  readonly jurisdiction: string | undefined;
  /** `key/region`, with the provider's own names of its regions. */
  readonly regions: readonly string[];
  /** Ends of host names that identify its endpoints. */
  readonly hosts: readonly string[];
  /**
   * Where its URLs hold the API key: a path from its beginning (`/v3/{key}`) or a query (`?dkey={key}`). Another
   * `{word}` stands for any one segment. The first path that fits a URL counts.
   */
  readonly keyIn: readonly string[];
  /** What an operator would want to know before relying on it. */
  readonly quirks: readonly string[];
  /** The CDN in front of its endpoints, where it is known. */
  readonly edge: string | undefined;
}

/** A row of the catalogue: regions as names apart from spaces; what is left out is empty. */
interface Row {
  readonly key: string;
  readonly name: string;
  readonly asns?: readonly number[];
  readonly seat?: string;
  readonly regions?: string;
  readonly hosts?: readonly string[];
  readonly keyIn?: readonly string[];
  readonly quirks?: readonly string[];
  readonly edge?: string;
}

/** Builds the providers of one kind from their rows. */
export function providers(kind: ProviderKind, rows: readonly Row[]): readonly Provider[] {
  return rows.map(({ key, name, asns = [], seat, regions = "", hosts = [], keyIn = [], quirks = [], edge }) => {
    const named = regions.split(/\s+/).filter((region) => region !== "");
    const ofKey = named.map((region) => `${key}/${region}`);
    return { key, name, kind, asns, jurisdiction: seat, regions: ofKey, hosts, keyIn, quirks, edge };
  });
}
