import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reading } from "./reading.ts";
import { availabilityOf, p99Of, type Stretch, shareOf, slowerThan, stretches } from "./stretch.ts";

const boundsMs = [10, 100, 1_000];

function stretch(durations: number[], rest: Partial<Stretch> = {}): Stretch {
  const calls = durations.reduce((sum, count) => sum + count, 0);
  return { network: "n", seconds: 1, calls, unserved: 0, durations, boundsMs, answers: 0, memberAnswers: 0, ...rest };
}

const quantiles: [durations: number[], p99: number | undefined][] = [
  [[0, 0, 0, 0], undefined],
  [[100, 0, 0, 0], 9.9],
  [[0, 100, 0, 0], 99.1],
  [[99, 1, 0, 0], 10],
  [[98, 2, 0, 0], 55],
  [[50, 0, 50, 0], 982],
  [[98, 0, 0, 2], Number.POSITIVE_INFINITY],
];

test("p99: calls lie evenly within their bucket, and beyond the last bound nothing is known", () => {
  for (const [durations, p99] of quantiles) assert.equal(p99Of(stretch(durations)), p99, durations.join());
});

const slow: [durations: number[], limitMs: number, count: number][] = [
  [[5, 4, 3, 2], 100, 5],
  [[5, 4, 3, 2], 10, 9],
  [[0, 0, 9, 0], 550, 4.5],
  [[5, 4, 3, 2], 0, 14],
  [[5, 4, 3, 2], 5_000, 2],
];

test("slow calls: whole buckets above the limit count, and a part of the one that it cuts", () => {
  for (const [durations, limitMs, count] of slow) {
    assert.equal(slowerThan(stretch(durations), limitMs), count, `${durations.join()} over ${limitMs}`);
  }
});

test("stretch: without calls or answers there are no shares of them", () => {
  const none = stretch([0, 0, 0, 0]);
  assert.deepEqual([availabilityOf(none), shareOf(none)], [undefined, undefined]);
  const some = stretch([4, 0, 0, 0], { unserved: 1, answers: 8, memberAnswers: 2 });
  assert.deepEqual([availabilityOf(some), shareOf(some)], [0.75, 0.25]);
});

/** A reading after so many calls, each answered by the first of two upstreams. */
function reading(at: number, calls: number, names = ["n"]): Reading {
  const upstreams = ["a", "b"].map((id) => ({
    id,
    eligible: true,
    answers: id === "a" ? calls : 0,
    provider: id,
    asn: 7,
  }));
  const networks = names.map((network) => ({
    network,
    unreadyBecause: null,
    calls: { total: calls, unserved: calls / 10, durations: [calls, 0, 0, 0] },
    upstreams,
  }));
  return { at, startedAt: "", durationBoundsMs: boundsMs, networks, failover: { domains: [], orders: [] } } as Reading;
}

test("stretch: it is what came between two readings, for the networks that the target has members in", () => {
  const [only, ...others] = stretches(reading(1_000, 10), reading(3_000, 50, ["n", "new"]), "provider:a");
  assert.deepEqual(others, []);
  assert.deepEqual(only, stretch([40, 0, 0, 0], { seconds: 2, unserved: 4, answers: 40, memberAnswers: 40 }));
  const share = (target: string) => stretches(reading(0, 0), reading(1, 10), target).map(shareOf);
  assert.deepEqual(share("provider:b"), [0]);
  assert.deepEqual(share("asn:7"), [1]);
  assert.deepEqual(share("upstream:a"), [1]);
  assert.deepEqual(share("asn:7 & provider:b"), [0]);
  assert.deepEqual(share("provider:c"), []);
  assert.deepEqual(share("provider:a & provider:b"), []);
});
