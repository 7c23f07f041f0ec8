import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { compare } from "./compare.ts";
import { faultSchema } from "./fault-spec.ts";
import { figuresOf } from "./figures.ts";
import { loadScenario, type Play } from "./load.ts";
import { tableOf } from "./report.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { missesOf } from "./targets.ts";

const folder = new URL("../../config/scenarios/", import.meta.url);
const files = globSync("*.yaml", { cwd: folder });

async function play(file: string): Promise<Play> {
  const loaded = await loadScenario(new URL(file, folder).pathname, {});
  assert.ok("scenario" in loaded, JSON.stringify(loaded));
  return loaded;
}

/** The same outage after twenty seconds instead of a minute, for ten seconds, with some time to recover. */
function shortened(scenario: Scenario): Scenario {
  const timeline = scenario.timeline.map((one) => ({ ...one, at: 20_000, for: 10_000 }));
  return { ...scenario, timeline, duration: 40_000 };
}

for (const file of files) {
  test(`scenario ${file}: says what it is about and what is expected, and plays`, async () => {
    const { scenario, config } = await play(file);
    assert.match(scenario.about, /\w/);
    assert.ok(Object.keys(scenario.expect).length > 0);
    const brief = { ...scenario, duration: 2_000 };
    const { journal } = await run({ scenario: brief, config, rate: 10, seed: 1, server: "breakwater" });
    assert.ok(journal.calls.length > 0);
  });
}

test("docs/simulator.md: lists every scenario and every kind of fault", () => {
  const page = readFileSync(new URL("../../docs/simulator.md", folder), "utf8");
  const linked = [...page.matchAll(/\]\(\.\.\/config\/scenarios\/([^)]+)\)/g)].map(([, file]) => file);
  assert.deepEqual([...new Set(linked)].sort(), files.toSorted());
  const [, faults = ""] = page.split("\n| fault | ");
  const listed = [...faults.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
  assert.deepEqual(listed, faultSchema.shape.fault.options);
});

test("simulation: the same seed gives the same report and picture, another seed another", async () => {
  const { scenario: whole, config } = await play("brown-out.yaml");
  const scenario = { ...shortened(whole), duration: 25_000 };
  const reportOf = async (seed: number) => {
    const options = { scenario, config, rate: 50, seeds: [seed], against: "consecutive" } as const;
    const { comparison, picture } = await compare(options, () => {});
    return { table: tableOf(comparison), picture };
  };
  const [one, same, other] = [await reportOf(1), await reportOf(1), await reportOf(2)];
  assert.deepEqual(one, same);
  assert.notEqual(one.picture, other.picture);
  assert.match(one.picture, /^<svg [\s\S]*<\/svg>\n$/);
});

test("simulation: what is expected and missed is told", async () => {
  const { scenario: whole, config } = await play("black-holed-region.yaml");
  const played = await run({ scenario: shortened(whole), config, rate: 20, seed: 1, server: "consecutive" });
  const limit = (value: number) => [{ from: 0, value }];
  const misses = missesOf({ availability: limit(0.999), timeToMove: limit(1) }, 20, [figuresOf(played)]);
  assert.match(
    misses.map(({ text }) => text).join("\n"),
    /^availability 9.*, expected at least 99.900 %\ntraffic moved after .*, expected at most 1 ms$/,
  );
});

test("simulation: plain breakers of either kind are slower than Breakwater to leave a region that is silent", async () => {
  const { scenario: whole, config } = await play("black-holed-region.yaml");
  const scenario = shortened(whole);
  const movedWith = async (server: "breakwater" | "consecutive" | "window") =>
    figuresOf(await run({ scenario, config, rate: 50, seed: 1, server })).timeToMove ?? 0;
  const ours = await movedWith("breakwater");
  for (const server of ["consecutive", "window"] as const) assert.ok((await movedWith(server)) > 2 * ours, server);
});
