import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../config/load.ts";
import { readDocument } from "../config/read.ts";
import { compare } from "./compare.ts";
import { figuresOf } from "./figures.ts";
import { missesOf, tableOf } from "./report.ts";
import { run } from "./run.ts";
import { type Scenario, scenarioSchema } from "./scenario.ts";

const folder = new URL("../../config/", import.meta.url);

function defaultFleet() {
  const loaded = loadConfig(readFileSync(new URL("default.yaml", folder), "utf8"), { file: "default.yaml", env: {} });
  assert.ok("config" in loaded);
  return loaded.config;
}

function scenarioOf(file: string): Scenario {
  const text = readFileSync(new URL(`scenarios/${file}`, folder), "utf8");
  const read = readDocument(scenarioSchema, text, { file, env: {} });
  assert.ok("value" in read, JSON.stringify(read));
  return read.value;
}

/** The same outage after five seconds instead of a minute, for twenty seconds, with some time to recover. */
function shortened(scenario: Scenario): Scenario {
  const timeline = scenario.timeline.map((one) => ({ ...one, at: 5_000, for: 20_000 }));
  return { ...scenario, timeline, duration: 40_000 };
}

const config = defaultFleet();
const files = globSync("*.yaml", { cwd: new URL("scenarios/", folder) }).map((file) => basename(file));

for (const file of files) {
  for (const rate of [10, 200]) {
    test(`scenario ${file} at ${rate} calls a second: clients do not notice`, async () => {
      const scenario = shortened(scenarioOf(file));
      const { journal, windows } = await run({ scenario, config, rate, seed: 1, server: "breakwater" });
      const figures = figuresOf(journal, windows);
      assert.deepEqual(missesOf(scenario, figures), [], JSON.stringify([...journal.reasons]));
      assert.ok(figures.calls > 0.8 * rate * 40, `${figures.calls} calls`);
    });
  }
}

test("simulation: the same seed gives the same report and picture, another seed another", async () => {
  const scenario = { ...shortened(scenarioOf("brown-out.yaml")), duration: 20_000 };
  const play = async (seed: number) => {
    const { comparison, picture } = await compare({ scenario, config, rate: 50, seeds: [seed] }, () => {});
    return { table: tableOf(comparison), picture };
  };
  const [one, same, other] = [await play(1), await play(1), await play(2)];
  assert.deepEqual(one, same);
  assert.notEqual(one.picture, other.picture);
  assert.match(one.picture, /^<svg [\s\S]*<\/svg>\n$/);
});

test("simulation: what is expected and missed is told", async () => {
  const scenario = shortened(scenarioOf("black-holed-region.yaml"));
  const { journal, windows } = await run({ scenario, config, rate: 20, seed: 1, server: "plain" });
  const misses = missesOf({ ...scenario, expect: { availability: 0.999, timeToMove: 1 } }, figuresOf(journal, windows));
  assert.match(misses.join("\n"), /^availability 9.*expected at least 99.900 %\ntraffic moved after .*$/);
});
