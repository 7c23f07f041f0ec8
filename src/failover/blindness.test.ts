import assert from "node:assert/strict";
import { test } from "node:test";
import { latticeOf } from "./domains.ts";
import { explain, openAbove } from "./inference.ts";
import { Rates } from "./rates.ts";
import { pool, standing, struck } from "./sample-pool.ts";

/**
 * Why failure domains are not found by looking for outliers.
 *
 * The usual test takes the success rate of each host of a pool and ejects those below `mean - 1.9 sd`, with the
 * standard deviation of the population (Envoy's success-rate outlier detection with its default
 * `success_rate_stdev_factor` of 1900; gRPC's proposal A50 with its default `stdev_factor`).
 *
 * Let k of n hosts fall from a rate p to p - d together, with any depth d > 0, and let q = k/n. Then
 *
 *     mean     = p - q d
 *     variance = q (p - d - mean)^2 + (1 - q) (p - mean)^2 = q (1 - q)^2 d^2 + (1 - q) q^2 d^2 = q (1 - q) d^2
 *
 * and a fallen host is below the mean by (1 - q) d, which in standard deviations is
 *
 *     z = (1 - q) d / sqrt(q (1 - q) d^2) = sqrt((1 - q) / q) = sqrt((n - k) / k).
 *
 * The depth cancels out: hosts that are dead stand out no more than hosts that stumble. So a fallen host is an outlier
 * only if (n - k) / k > 1.9^2, that is q < 1 / (1 + 1.9^2) = 21.7 %. A cloud that holds a quarter of a pool can go
 * down, and nobody in it is an outlier: the hosts that fail have become what is usual. (Those proxies count failures in
 * a row too, which sees each host by itself, and cap how many hosts may be ejected at all.)
 */
const factor = 1.9;
const blindFrom = 1 / (1 + factor ** 2);

/** By how many standard deviations of the population each rate is below the mean. */
function deviations(rates: readonly number[]): number[] {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return rates.map((rate) => (mean - rate) / Math.sqrt(variance));
}

/** All ways in which a part of a pool can fail: k of n. */
const situations = Array.from({ length: 59 }, (_, index) => index + 2).flatMap((n) =>
  Array.from({ length: n - 1 }, (_, index) => ({ k: index + 1, n })),
);

test("blindness: an outlier test sees no host of a domain that holds 21.7 % of the pool, however deep it falls", () => {
  let seen = 0;
  for (const { k, n } of situations) {
    for (const depth of [0.001, 0.05, 0.5, 0.999]) {
      const z = deviations(Array.from({ length: n }, (_, index) => (index < k ? 0.999 - depth : 0.999)));
      for (const fallen of z.slice(0, k)) {
        assert.ok(Math.abs(fallen / Math.sqrt((n - k) / k) - 1) < 1e-9, `${k} of ${n}, ${depth} deep: ${fallen}`);
        assert.equal(fallen > factor, k / n < blindFrom, `${k} of ${n}`);
      }
      if (k / n < blindFrom) seen++;
    }
  }
  assert.equal(Math.round(1_000 * blindFrom), 217);
  assert.deepEqual([situations.length, seen / 4], [1_770, 367]);
});

test("blindness: coincident onsets name the domain in each of these situations", () => {
  const now = 10_000;
  for (const { k, n } of situations) {
    if (k < 2) continue;
    const inside = Array.from({ length: k }, (_, index) => `a${index} aws/us-east-1 geth`);
    const outside = Array.from({ length: n - k }, (_, index) => `h${index} hetzner/fsn1 geth`);
    const lattice = latticeOf(pool(...inside, ...outside));
    const rates = new Rates(lattice, 0);
    const observations = lattice.upstreams.map((_, index) =>
      index < k
        ? struck(now - 10 * (k - index), { rate: rates.upstream(index, now) })
        : standing(now, { rate: rates.upstream(index, now) }),
    );
    const [found] = explain(lattice, observations, (domain) => rates.domain(domain, now), now);
    assert.equal(found?.group.name, "region:aws/us-east-1", `${k} of ${n}`);
    assert.ok(found.logOdds > openAbove, `${k} of ${n}: ${found.logOdds}`);
    assert.ok(found.control, `${k} of ${n}: somebody outside answers`);
  }
});
