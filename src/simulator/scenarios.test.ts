import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { compare } from "./compare.ts";
import { figuresOf } from "./figures.ts";
import { loadScenario, type Play } from "./load.ts";
import { missesOf, tableOf } from "./report.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

const folder = new URL("../../config/scenarios/", import.meta.url);

async function play(file: string): Promise<Play> {
  const loaded = await loadScenario(new URL(file, folder).pathname, {});
  assert.ok("scenario" in loaded, JSON.stringify(loaded));
  return loaded;
}

/**
 * The same outage after five seconds instead of a minute, for twenty seconds, with some time to recover. A head that
 * stands still is not seen for some blocks, so there the outage and the minute after it keep their length.
 */
function shortened(scenario: Scenario): Scenario {
  const slow = scenario.timeline.some(({ fault }) => fault === "stale_head");
  const [lasts, recovers] = slow ? [60_000, 60_000] : [20_000, 15_000];
  const timeline = scenario.timeline.map((one) => ({ ...one, at: 5_000, for: lasts }));
  return { ...scenario, timeline, duration: 5_000 + lasts + recovers };
}

const files = globSync("*.yaml", { cwd: folder });

for (const file of files) {
  for (const rate of [10, 200]) {
    test(`scenario ${file} at ${rate} calls a second: clients do not notice`, async () => {
      const { scenario: whole, config } = await play(file);
      const scenario = shortened(whole);
      const { journal, windows } = await run({ scenario, config, rate, seed: 1, server: "breakwater" });
      const figures = figuresOf(journal, windows);
      assert.deepEqual(missesOf(scenario, figures), [], JSON.stringify([...journal.reasons]));
      assert.ok(figures.calls > (0.8 * rate * scenario.duration) / 1_000, `${figures.calls} calls`);
    });
  }
}

test("simulation: the same seed gives the same report and picture, another seed another", async () => {
  const { scenario: whole, config } = await play("brown-out.yaml");
  const scenario = { ...shortened(whole), duration: 20_000 };
  const reportOf = async (seed: number) => {
    const { comparison, picture } = await compare({ scenario, config, rate: 50, seeds: [seed] }, () => {});
    return { table: tableOf(comparison), picture };
  };
  const [one, same, other] = [await reportOf(1), await reportOf(1), await reportOf(2)];
  assert.deepEqual(one, same);
  assert.notEqual(one.picture, other.picture);
  assert.match(one.picture, /^<svg [\s\S]*<\/svg>\n$/);
});

test("simulation: what is expected and missed is told", async () => {
  const { scenario: whole, config } = await play("black-holed-region.yaml");
  const scenario = shortened(whole);
  const { journal, windows } = await run({ scenario, config, rate: 20, seed: 1, server: "plain" });
  const misses = missesOf({ ...scenario, expect: { availability: 0.999, timeToMove: 1 } }, figuresOf(journal, windows));
  assert.match(misses.join("\n"), /^availability 9.*expected at least 99.900 %\ntraffic moved after .*$/);
});

test("plain breakers: five failures in a row take an upstream out for 30 s", async () => {
  const { scenario: whole, config } = await play("errors-5xx-region.yaml");
  const scenario = { ...shortened(whole), duration: 60_000 };
  const { journal } = await run({ scenario, config, rate: 20, seed: 1, server: "plain" });
  const first = journal.changes.filter((one) => one.upstream === "aws-1").slice(0, 2);
  assert.deepEqual(
    first.map(({ change }) => `${change.to}: ${change.because}`),
    ["ejected: 5 failures in a row", "healthy: 30 s are over"],
  );
  assert.equal((first[1]?.at ?? 0) - (first[0]?.at ?? 0), 30_000);
});
