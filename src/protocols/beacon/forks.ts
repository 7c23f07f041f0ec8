/**
 * The forks in their order, by the names that `Eth-Consensus-Version` has. Source: consensus-specs a08d8a6; the last two
 * are not live yet.
 */
export const forks = ["phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu", "gloas", "heze"] as const;
export type Fork = (typeof forks)[number];

/** The fork that a header names; `undefined` for none, or one that is not known here. */
export function forkOf(name: string | undefined): Fork | undefined {
  return forks.find((fork) => fork === name);
}

/** Is the fork `other` or a later one? */
export function since(fork: Fork, other: Fork): boolean {
  return forks.indexOf(fork) >= forks.indexOf(other);
}
