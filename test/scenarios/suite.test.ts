import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadScenario, type Play } from "../../src/simulator/load.ts";
import type { Scenario } from "../../src/simulator/scenario.ts";
import { playSuite, type SuiteResult } from "../../src/simulator/suite.ts";

/**
 * What is known to be missed as yet, as scenario, rate and target. Everything else must hold; with an empty list all
 * must. The whole suite, with more seeds, scenarios and time, is `npm run prove`.
 */
const notYet: readonly string[] = [];

const folder = join(import.meta.dirname, "../../config/scenarios");

const seeds = [1, 2, 3];

/** The scenarios that matter most, and for how long, in seconds, each outage lasts here. */
const chosen: readonly (readonly [name: string, seconds: number])[] = [
  ["black-holed-region", 20],
  ["errors-5xx-region", 20],
  ["refused-region", 20],
  ["brown-out", 20],
  ["provider-outage", 20],
  ["partial-region", 20],
  ["idle-members", 10],
  ["flapping-region", 50],
  ["self-outage", 10],
  ["chain-halt", 60],
  ["capacity-edge", 20],
  ["retrying-clients", 20],
  ["lagging-provider", 30],
];

/** An outage begins after this, in milliseconds, and so long is what follows it looked at. */
const quietMs = 30_000;
const recoveryMs = 20_000;

/** A scenario of one outage with less of everything. */
function brief(scenario: Scenario, seconds: number): Scenario {
  const timeline = scenario.timeline.map((one) => ({ ...one, at: quietMs, for: seconds * 1_000 }));
  return { ...scenario, timeline, duration: quietMs + seconds * 1_000 + recoveryMs };
}

async function load([name, seconds]: (typeof chosen)[number]): Promise<Play> {
  const play = await loadScenario(join(folder, `${name}.yaml`), {});
  assert.ok("scenario" in play, JSON.stringify(play));
  return { ...play, scenario: brief(play.scenario, seconds) };
}

const over = new AbortController();
after(() => over.abort());

const plays = await Promise.all(chosen.map(load));

let playing: Promise<readonly SuiteResult[]> | undefined;

/** All results; begun when the first is asked for. */
function results(): Promise<readonly SuiteResult[]> {
  const options = { plays, seeds, servers: ["breakwater"], threads: availableParallelism() } as const;
  playing ??= playSuite(
    { ...options, signal: over.signal },
    () => {},
    () => {},
  );
  return playing;
}

for (const { name, scenario } of plays) {
  for (const rate of scenario.traffic.rates) {
    test(`scenario ${name} at ${rate} calls a second: what is asked of it holds`, async () => {
      const result = (await results()).find((one) => one.name === name && one.rate === rate);
      assert.ok(result);
      const known = notYet.filter((one) => one.startsWith(`${name} ${rate} `)).map((one) => one.split(" ")[2]);
      const misses = result.misses.filter(({ target }) => !known.includes(target));
      assert.deepEqual(
        misses.map(({ text }) => text),
        [],
      );
    });
  }
}
