import { jittered, type Random } from "../lib/random.ts";

/**
 * The first hold; each strike doubles it, up to the longest. Finagle marks hosts dead for 5 s to 300 s; Envoy and gRPC (A50)
 * cap at 300 s too, and begin with 30 s, but give all traffic back at once.
 */
const firstHoldMs = 5_000;
const longestHoldMs = 300_000;

/** Holds of many processes differ by up to this, either way, so that they do not all come back at once. */
const jitter = 0.2;

/** As many as double the hold; more would only take longer to be forgiven. */
export const mostStrikes = 1 + Math.ceil(Math.log2(longestHoldMs / firstHoldMs));

/**
 * A domain that flaps must stay up for so many of its periods before it comes back: through one bad phase at least. On
 * 18 November 2025 Cloudflare's network failed and recovered as a file was regenerated, every five minutes
 * (post-mortem). What happens again only after more than ten minutes is rather another outage.
 */
const quietPeriods = 1.5;
const longestPeriodMs = 600_000;

/** The period is the mean of so many at most. */
const mostPeriods = 3;

/**
 * The times, in milliseconds, at which a domain went down, with one more: those that belong to one bout of flapping, and of
 * these the last few.
 */
export function withEdge(edges: readonly number[], now: number): readonly number[] {
  const last = edges.at(-1) ?? Number.NEGATIVE_INFINITY;
  return now - last > longestPeriodMs ? [now] : [...edges, now].slice(-1 - mostPeriods);
}

/** How long a domain stays out, in milliseconds: 5 s x 2^(strikes - 1), 300 s at most, +-20 %; longer if it flaps. */
export function holdMs(strikes: number, edges: readonly number[], random: Random): number {
  const hold = jittered(random, Math.min(longestHoldMs, firstHoldMs * 2 ** (strikes - 1)), jitter);
  return Math.max(hold, quietMs(edges, random));
}

/** For how long a domain must stay up that went down at these times, in milliseconds: 1.5 periods, up to +20 %; 0 if once. */
export function quietMs(edges: readonly number[], random: Random): number {
  const [first] = edges;
  const last = edges.at(-1);
  if (first === undefined || last === undefined || edges.length < 2) return 0;
  return ((quietPeriods * (last - first)) / (edges.length - 1)) * (1 + jitter * random());
}
