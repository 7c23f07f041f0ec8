import { type Coordinates, sharesFate } from "../core/upstream.ts";

/** What two that run the same software or have the same operator share, where nothing else is common: half of their fate. */
const kinship = 0.5;

/** So many are compared, each with each. */
const mostCompared = 256;

/**
 * How many independent upstreams a fleet is worth: `1 / sum_ij s_i s_j R_ij`, with the correlation R of two 1 when they
 * share what takes machines down together (provider, region, ASN or edge), 0.5 when only the software or the operator, 0 when
 * nothing; the inverse of Rao's quadratic entropy's complement, which is 1 / HHI where all R of different ones are 0.
 * Source: Rao 1982 (Theoretical Population Biology 21). The correlations are set, not measured. `undefined` when there is
 * nothing to share out, or more than 256 of them: each is compared with each, which must not hold up traffic.
 */
export function effectiveIndependent(
  members: readonly { readonly coordinates: Coordinates; readonly weight: number }[],
): number | undefined {
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0) || members.length > mostCompared) return undefined;
  let common = 0;
  for (const a of members) {
    for (const b of members) common += (a.weight / total) * (b.weight / total) * correlation(a, b);
  }
  return 1 / common;
}

function correlation(a: { readonly coordinates: Coordinates }, b: { readonly coordinates: Coordinates }): number {
  if (a === b || sharesFate(a.coordinates, b.coordinates)) return 1;
  const same = (of: "client" | "operator") =>
    a.coordinates[of] !== undefined && a.coordinates[of] === b.coordinates[of];
  return same("client") || same("operator") ? kinship : 0;
}
