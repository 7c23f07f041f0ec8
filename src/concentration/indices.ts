/** How concentrated a set of shares is, by every usual measure. Shares are 0..1; see {@link indices} for what counts. */
export interface Indices {
  /** Entities that could serve, also those with a share of 0. */
  readonly entities: number;
  /** Herfindahl-Hirschman index, 0..10000: 10000 when one entity has all. */
  readonly hhi: number;
  /** The same freed of the number of entities: 0 when all are equal, 1 when one has all (or is alone). */
  readonly normalizedHhi: number;
  /** How many equal entities would be as concentrated: `1 / sum s^2`, the Hill number of order 2. */
  readonly effective: number;
  /** The same by entropy, `exp(-sum s ln s)`: the Hill number of order 1. It gives small entities more say. */
  readonly effectiveByEntropy: number;
  /** Shannon entropy in bits. */
  readonly entropyBits: number;
  /** Entropy as a part of its maximum, 0..1; 0 for a single entity. */
  readonly evenness: number;
  /** 0 when all are equal, towards 1 when one has all. Weak when entities are few. */
  readonly gini: number;
  /** The fewest entities that hold more than 1/3, more than 1/2, at least 2/3. */
  readonly nakamoto: { readonly third: number; readonly half: number; readonly twoThirds: number };
  /** What the largest, and the three largest, hold together. */
  readonly top1: number;
  readonly top3: number;
}

/** Sums of shares that should be exactly a threshold miss it by rounding, never by more than this. */
const epsilon = 1e-12;

/**
 * Measures weights (calls, capacity, endpoints), one per entity; they need not sum to 1. An entity of weight 0 counts
 * as an entity: eight providers of which one serves everything are not a market of one.
 * `undefined` when there is nothing to share out.
 *
 * Sources: HHI and its thresholds, US DOJ and FTC Merger Guidelines 2023 §2.1; Hill numbers, Hill 1973 (Ecology 54);
 * Nakamoto coefficient, Srinivasan and Lee 2017; Gini by its form over sorted shares.
 */
export function indices(weights: readonly number[]): Indices | undefined {
  const total = sum(weights);
  if (!(total > 0)) return undefined;
  const shares = weights.map((weight) => weight / total).sort((a, b) => b - a);
  const entities = shares.length;
  const squares = sum(shares.map((share) => share * share));
  const entropy = Math.max(0, sum(shares.map((share) => (share > 0 ? -share * Math.log(share) : 0))));
  return {
    entities,
    hhi: 10_000 * squares,
    normalizedHhi: entities === 1 ? 1 : Math.max(0, (squares - 1 / entities) / (1 - 1 / entities)),
    effective: 1 / squares,
    effectiveByEntropy: Math.exp(entropy),
    entropyBits: entropy / Math.LN2,
    evenness: entities === 1 ? 0 : entropy / Math.log(entities),
    gini: gini(shares),
    nakamoto: nakamoto(shares),
    top1: sum(shares.slice(0, 1)),
    top3: sum(shares.slice(0, 3)),
  };
}

/**
 * A third must be *exceeded* to halt a chain that needs 2/3 present, and half to dominate it; two thirds need only be
 * *reached* to decide alone.
 */
function nakamoto(descending: readonly number[]): Indices["nakamoto"] {
  return {
    third: fewest(descending, (held) => held > 1 / 3 + epsilon),
    half: fewest(descending, (held) => held > 1 / 2 + epsilon),
    twoThirds: fewest(descending, (held) => held >= 2 / 3 - epsilon),
  };
}

/** How many of the largest it takes until what they hold is enough. */
function fewest(descending: readonly number[], enough: (held: number) => boolean): number {
  let held = 0;
  for (const [index, share] of descending.entries()) {
    held += share;
    if (enough(held)) return index + 1;
  }
  return descending.length;
}

/** `sum (2i - n - 1) s_i / n` over ascending shares; here they descend, so the sign of the factor turns. */
function gini(descending: readonly number[]): number {
  const n = descending.length;
  return Math.max(0, sum(descending.map((share, index) => (n - 1 - 2 * index) * share)) / n);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
