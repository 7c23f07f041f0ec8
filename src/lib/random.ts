/** Chance, handed to everything that needs it: a number in [0, 1). */
export type Random = () => number;

/** The real chance. */
export const systemRandom: Random = Math.random;

/** A repeatable sequence from a seed (mulberry32, 32 bits of state: for tests and simulation, never for secrets). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `value` moved by up to `share` of itself, either way: `jittered(random, 1000, 0.2)` lies in 800..1200. */
export function jittered(random: Random, value: number, share: number): number {
  return value * (1 + share * (2 * random() - 1));
}
