import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { Latencies } from "./latencies.ts";

function filled(count: number, latency: (index: number) => number, gapMs = 10): Latencies {
  const latencies = new Latencies();
  for (let index = 0; index < count; index++) latencies.answered("read", latency(index), 10_000, index * gapMs);
  return latencies;
}

test("latencies: nothing is said before twenty answers", () => {
  const few = filled(19, () => 10);
  assert.equal(few.quantile("read", 0.5), undefined);
  assert.equal(few.slowerThan("read", 5), undefined);
  assert.equal(few.quantile("other", 0.5), undefined);
  assert.deepEqual([...few.usual(0.95)], []);
  few.answered("read", 10, 10_000, 1_000);
  few.answered("logs", 10, 10_000, 1_000);
  assert.ok(few.quantile("read", 0.5));
  assert.deepEqual([...few.usual(0.95).keys()], ["read"]);
});

test("latencies: an attempt has waited too long after three times p99, 250 ms at least, half the timeout at first", () => {
  assert.equal(filled(1, () => 10).patience("read"), 5_000);
  assert.equal(filled(100, () => 10).patience("read"), 250);
  assert.ok(Math.abs((filled(100, () => 400).patience("read") as number) - 1_200) < 250);
  assert.equal(filled(100, () => 10).patience("unheard of"), undefined);
});

test("latencies: of all classes, the share of the one of which most takes longer", () => {
  const latencies = filled(100, () => 10);
  assert.equal(new Latencies().slowest(10), undefined);
  assert.equal(latencies.slowest(50), 1 / 102, "that none of a hundred does says little of the next");
  for (let index = 0; index < 19; index++) latencies.answered("trace", 900, 10_000, 1_000);
  assert.equal(latencies.slowest(50), 1 / 102);
  latencies.answered("trace", 900, 10_000, 1_000);
  assert.equal(latencies.slowest(50), 21 / 22);
});

test("latencies: a busy class forgets within a minute, a quiet one keeps what it has", () => {
  const slowThenFast = (index: number) => (index < 1_000 ? 1_000 : 10);
  const busy = filled(1_000, slowThenFast);
  assert.ok((busy.quantile("read", 0.95) as number) > 900);
  for (let index = 1_000; index < 8_000; index++) busy.answered("read", 10, 10_000, index * 10);
  assert.ok((busy.quantile("read", 0.95) as number) < 20);
  const quiet = filled(150, (index) => (index < 75 ? 1_000 : 10), 60_000);
  assert.ok((quiet.quantile("read", 0.95) as number) > 500);
});

test("latencies: hedging does not feed on itself, because the losers of races count by their age", () => {
  const random = seededRandom(3);
  const latencies = filled(500, () => 20 - 40 * Math.log(1 - random()));
  const before = latencies.quantile("read", 0.95) as number;
  for (let now = 5_000; now < 60_000; now += 10) {
    const delay = latencies.quantile("read", 0.95) as number;
    const first = 20 - 40 * Math.log(1 - random());
    const second = 20 - 40 * Math.log(1 - random());
    const lost = first > delay + second;
    latencies.answered("read", lost ? second : first, 10_000, now);
    if (lost) latencies.gaveUp("read", delay + second, now);
  }
  const after = latencies.quantile("read", 0.95) as number;
  assert.ok(Math.abs(after / before - 1) < 0.05, `${before} became ${after}`);
});

test("latencies: who gives up early says nothing about latency", () => {
  const latencies = filled(200, () => 100);
  for (let count = 0; count < 1_000; count++) latencies.gaveUp("read", 1, 2_000);
  assert.ok((latencies.quantile("read", 0.5) as number) > 80);
});
