/** How a failure domain gets its traffic back: shares of its usual traffic, one after the other. */
export interface Ramp {
  /** 0..1, the last is 1. */
  readonly shares: readonly number[];
  /** The least time at one share, in milliseconds. */
  readonly stepMs: number;
  /** How long enough attempts are waited for at one share, in milliseconds, before probes may stand in for them. */
  readonly patienceMs: number;
}

/** An outage that was shorter, or longer, than these has a ramp of its own. */
const shortOutageMs = 60_000;
export const longOutageMs = 600_000;
const shortRampMs = 30_000;
const usualRampMs = 60_000;
const longRampMs = 180_000;

/** Where there is too little traffic probes stand in for it: after three of their usual pauses, or with care after ten. */
const quickPatienceMs = 3_000;
const usualPatienceMs = 10_000;

/**
 * After a short outage that was the only one: caches are warm still, and nothing speaks for a next failure but what the gates
 * may find. So it begins with what the probes of two members allow (ten of them and more: see {@link attemptsFor}), and
 * doubles as soon as the gate says so; half a second, five looks, is for queues to show.
 */
const quick: Ramp = { shares: [0.3, 0.6, 1], stepMs: 500, patienceMs: quickPatienceMs };

/**
 * Envoy's slow start, a share of max(least, t / T), in ten even steps: it never more than doubles at once, and the figures
 * are round. Its least share is 5 % and not Envoy's 10 %, for it is a whole domain that returns.
 */
const evenShares: readonly number[] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/**
 * The length of the ramp after an outage of so many milliseconds, as it is remembered (see {@link rampOf}). `clean`: it is the
 * first one for long, and the domain did not fall again in it.
 */
export function rampMsAfter(outageMs: number, clean: boolean): number {
  if (outageMs < shortOutageMs) return clean ? 0 : shortRampMs;
  return outageMs > longOutageMs ? longRampMs : usualRampMs;
}

/** The ramp of a length; of none, the quick one, which takes as long as its gates do. */
export function rampOf(rampMs: number): Ramp {
  if (rampMs === 0) return quick;
  return { shares: evenShares, stepMs: rampMs / (evenShares.length - 1), patienceMs: usualPatienceMs };
}

/** The length of what is left of a ramp after a gate failed: nothing is quick any more. */
export function rampMsAfterFailure(rampMs: number): number {
  return Math.max(rampMs, shortRampMs);
}

/** The share that comes after `share`; 1 after 1. */
export function nextShare({ shares }: Ramp, share: number): number {
  return shares.find((one) => one > share + rounding) ?? 1;
}

const rounding = 1e-9;

/**
 * What a wrong step may cost: so large a part of the domain's usual traffic may fail for it, a quarter of what the retry
 * budget bears (20 %) where the domain usually has all of the traffic.
 */
const harm = 0.1;

/**
 * How many attempts without a failure allow the step to a share. Of what went well n times no more than 3 / n fails, with 95 %
 * confidence (the rule of three: 0.95 = 1 - (1 - 3 / n)^n), and `share` of that is what the step may cost.
 */
export function attemptsFor(share: number): number {
  return Math.ceil((3 * share) / harm - rounding);
}
