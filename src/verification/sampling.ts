import type { Random } from "../lib/random.ts";

/**
 * How many calls pass until the next one that is looked at, when each is with a chance `rate` (0..1): drawn once, so that
 * a call costs one subtraction. Infinity for a rate of 0. The number of Bernoulli trials up to the first success is
 * geometric: 1 + floor(ln u / ln(1 - rate)).
 */
export function nextGap(rate: number, random: Random): number {
  if (rate <= 0) return Number.POSITIVE_INFINITY;
  if (rate >= 1) return 1;
  return 1 + Math.floor(Math.log(1 - random()) / Math.log1p(-rate));
}
