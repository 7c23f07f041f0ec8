/** What is held for and against an upstream in one kind of check: the parameters of a Beta distribution, at a time. */
export interface Posterior {
  readonly good: number;
  readonly bad: number;
  /** Wall-clock milliseconds. */
  readonly at: number;
}

/**
 * What one audit found: the answer was right (`agreed`); provably wrong (`proved`, by a header or a Merkle proof);
 * wrong by the word of two or more independent upstreams (`outvoted`); wrong once, and right when asked again
 * (`unstable`); different with nobody to blame (`undecided`); or it could not be compared (`unanswered`).
 */
export type Finding = "agreed" | "proved" | "outvoted" | "unstable" | "undecided" | "unanswered";

/**
 * How much each finding counts against an upstream. One proven lie undoes thousands of right answers, as whoever lies
 * seldom is right mostly. What is open counts for neither side.
 */
const against: Readonly<Record<Exclude<Finding, "agreed">, number>> = {
  proved: 500,
  outvoted: 20,
  unstable: 2,
  undecided: 0,
  unanswered: 0,
};

/** How long it takes until half of what is known is forgotten: who ran a node last month may not run it now. */
const halfLifeMs = 7 * 86_400_000;

/** Nothing is known: any share of right answers is as likely as any other. */
export const unknown: Posterior = { good: 0, bad: 0, at: 0 };

/** What is known after one more finding. */
export function learned(posterior: Posterior, finding: Finding, now: number): Posterior {
  const { good, bad } = faded(posterior, now);
  return finding === "agreed" ? { good: good + 1, bad, at: now } : { good, bad: bad + against[finding], at: now };
}

/** What is left of it by now. */
export function faded({ good, bad, at }: Posterior, now: number): Posterior {
  const left = 2 ** (-Math.max(0, now - at) / halfLifeMs);
  return { good: good * left, bad: bad * left, at: now };
}

/**
 * What two instances know of the same upstream, as one: the more of what is held for it, and of what is held against
 * it. That is less than the sum, as each may have heard of the other before; hearing it twice changes nothing.
 */
export function joined(a: Posterior, b: Posterior): Posterior {
  const now = Math.max(a.at, b.at);
  const [one, other] = [faded(a, now), faded(b, now)];
  return { good: Math.max(one.good, other.good), bad: Math.max(one.bad, other.bad), at: now };
}

/** Several kinds of check as one. */
export function pooled(posteriors: Iterable<Posterior>, now: number): Posterior {
  let sum: Posterior = { ...unknown, at: now };
  for (const one of posteriors) {
    const { good, bad } = faded(one, now);
    sum = { good: sum.good + good, bad: sum.bad + bad, at: now };
  }
  return sum;
}

/**
 * The share of right answers that it has at least, with 95 % certainty: the lower 5 % quantile of Beta(1 + good, 1 +
 * bad). Of an upstream of which nothing is known that is 0.05; 28 right answers make it 0.9, and 298 make it 0.99.
 */
export function trustOf({ good, bad }: Posterior): number {
  return betaQuantile(0.05, 1 + good, 1 + bad);
}

/** How many of its calls are audited, as shares; see `schema.ts`. */
export interface Rates {
  readonly newcomer: number;
  readonly trusted: number;
}

/** From this trust on it is audited seldom. */
const trustedFrom = 0.99;

/** How many times as often after a dispute. */
const doubtFactor = 10;

/** The share of its calls of one kind that is audited: all of them while it is on probation. */
export function auditRate(trust: number, rates: Rates, doubted: boolean, probation: boolean): number {
  if (probation) return 1;
  const rate = trust >= trustedFrom ? rates.trusted : rates.newcomer;
  return Math.min(1, doubted ? rate * doubtFactor : rate);
}

/**
 * The share of its usual traffic that an upstream may have, by its trust, once anything is held against it. One of
 * which nothing is known has all of it: that somebody configured it is a word for it.
 */
export function trafficShare(posterior: Posterior): number {
  if (posterior.bad < 1) return 1;
  const trust = trustOf(posterior);
  return trust < 0.9 ? 0.05 : trust < 0.99 ? 0.25 : 1;
}

/**
 * The chance that a liar is caught within `calls`, when it lies in a share of its answers and another share is audited.
 */
export function caughtWithin(calls: number, lies: number, audited: number): number {
  return 1 - (1 - lies * audited) ** calls;
}

/** The value below which a share `p` of Beta(a, b) lies, by bisection. */
function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (regularizedBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b), by its continued fraction. Source: NIST DLMF 8.17.22, with 8.17.4 where that converges faster. */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  // The modified Lentz method.
  let c = 1;
  let d = 1 / atLeastTiny(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / atLeastTiny(1 + even * d);
    c = atLeastTiny(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / atLeastTiny(1 + odd * d);
    c = atLeastTiny(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-13) break;
  }
  return front * fraction;
}

function atLeastTiny(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

/** ln Γ(x) for x >= 1, by Stirling's series after a shift. Source: NIST DLMF 5.11.1. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 12; at++) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1_260 - inverse / 1_680))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
