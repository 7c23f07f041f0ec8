/** A failure domain that automation takes out, as far as its pace goes. */
export interface Removal {
  /** What is taken out with it and was in service until then, as a share of the capacity of all upstreams, 0..1. */
  readonly capacity: number;
  /** It is as large as a provider (see {@link isWide}). */
  readonly wide: boolean;
}

/** What was taken out when; oldest first, and never more than a few. Times are milliseconds of the injected clock. */
export type Removals = readonly (Removal & { readonly at: number })[];

/**
 * The pace: one wide domain in ten seconds, and 60 % of capacity in a minute. A wrong conclusion must not take out
 * everything before a person can look; what fails beyond it is still ejected one by one by its own evidence.
 */
const betweenWideMs = 10_000;
const windowMs = 60_000;
const mostCapacity = 0.6;

/** So many removals are remembered one by one; the oldest two are one when there are more. */
const mostRemembered = 32;

/**
 * Is a domain of these names (its own and its aliases) as large as a provider? A region is not, nor what two labels have in
 * common, unless all that is known of a provider lies in there.
 */
export function isWide(names: readonly string[]): boolean {
  return names.some((name) => !name.startsWith("region:") && !name.includes(" & "));
}

/** May automation take this out now? */
export function allows(removals: Removals, { capacity, wide }: Removal, now: number): boolean {
  const recent = removals.filter(({ at }) => now - at < windowMs);
  if (wide && recent.some((one) => one.wide && now - one.at < betweenWideMs)) return false;
  const total = recent.reduce((sum, one) => sum + one.capacity, capacity);
  return total <= mostCapacity + 1e-9;
}

/** The memory after this was taken out. */
export function remember(removals: Removals, removal: Removal, now: number): Removals {
  const recent = [...removals.filter(({ at }) => now - at < windowMs), { ...removal, at: now }];
  const [first, second, ...rest] = recent;
  if (!first || !second || recent.length <= mostRemembered) return recent;
  const wide = second.wide || (first.wide && now - first.at < betweenWideMs);
  const both = { at: second.at, capacity: first.capacity + second.capacity, wide };
  return [both, ...rest];
}
