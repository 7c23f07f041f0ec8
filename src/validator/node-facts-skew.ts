/** Between which bounds another clock is ahead of ours, in milliseconds, and when that was last made sure of. */
export interface SkewBounds {
  readonly least: number;
  readonly most: number;
  readonly at: number;
}

/** How far two clocks may drift apart in a millisecond: crystals are good to some 50 parts in a million. */
const driftPerMs = 5e-5;

/**
 * What one answer with a `Date` header says of the other's clock: the header has whole seconds, cut off, and was written
 * at some time between question and answer. All times are wall-clock milliseconds; `at` is `Clock.now()`.
 */
export function skewOf(date: number, askedAt: number, answeredAt: number, at: number): SkewBounds {
  return { least: date - answeredAt, most: date + 1_000 - askedAt, at };
}

/**
 * The bounds after one more answer. Each alone is a second wide, but as they are of different fractions of a second, what
 * they have in common soon is not: some 50 ms and the time of a round trip. Old bounds widen with the drift of clocks; where nothing is in common, a clock was set,
 * and the new ones hold.
 */
export function narrowed(known: SkewBounds | undefined, heard: SkewBounds): SkewBounds {
  if (!known) return heard;
  const drift = Math.max(0, heard.at - known.at) * driftPerMs;
  const least = Math.max(known.least - drift, heard.least);
  const most = Math.min(known.most + drift, heard.most);
  return least <= most ? { least, most, at: heard.at } : heard;
}

/** The smallest skew that explains the answers: 0 when none is proven. NaN when there was none. */
export function skewMs(bounds: SkewBounds | undefined): number {
  if (!bounds) return Number.NaN;
  return Math.max(bounds.least, 0) + Math.min(bounds.most, 0);
}
