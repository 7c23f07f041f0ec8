import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../config/load.ts";
import type { Play } from "./load.ts";
import { scenarioSchema } from "./scenario.ts";
import { playSuite, type SuiteOptions, type SuiteResult } from "./suite.ts";

const upstreams = ["aws", "gcp"].map((provider) => `{ provider: ${provider}, simulated: {} }`).join(", ");
const loaded = loadConfig(`{ simulator: {}, networks: { ethereum: { upstreams: [${upstreams}] } } }`, {
  file: "fleet.yaml",
  env: {},
});
assert.ok("config" in loaded);
const { config } = loaded;

function play(name: string, parts: object): Play {
  const scenario = scenarioSchema.parse({ name, fleet: "fleet.yaml", duration: "2s", ...parts });
  return { name, scenario, config };
}

const brief: SuiteOptions = { plays: [], seeds: [1], servers: ["breakwater"], threads: 2 };

test("suite: results come in the order of the scenarios and rates, however long each takes", async () => {
  const plays = [play("long", { duration: "60s", traffic: { rates: ["100/s", "10/s"] } }), play("short", {})];
  const heard: string[] = [];
  const counts: number[] = [];
  const name = (one: SuiteResult) => `${one.name} ${one.rate} ${Object.keys(one.figures).join("+")}`;
  const options: SuiteOptions = { ...brief, plays, seeds: [1, 2], servers: ["breakwater", "window"] };
  const results = await playSuite(
    options,
    (one) => heard.push(name(one)),
    (done, all) => counts.push(done / all),
  );
  const rates = ["long 100", "long 10", "short 10", "short 200"];
  assert.deepEqual(
    heard,
    rates.map((one) => `${one} breakwater+window`),
  );
  assert.deepEqual(results.map(name), heard);
  assert.ok(results.every(({ figures }) => figures.breakwater?.length === 2 && (figures.window?.[1]?.calls ?? 0) > 0));
  assert.deepEqual(
    counts,
    Array.from({ length: 16 }, (_, index) => (index + 1) / 16),
  );
});

test("suite: holds the proxy to what is always asked, unless the scenario asks otherwise", async () => {
  // Nobody is left to ask, so that everything is sent again and again.
  const timeline = [{ at: "1s", where: {}, fault: "errors" }];
  const plays = [play("usual", { timeline }), play("lenient", { timeline, expect: { amplification: 100 } })];
  const results = await playSuite(
    { ...brief, plays, rates: [5] },
    () => {},
    () => {},
  );
  const missed = results.map(({ misses }) => misses.some(({ target }) => target === "amplification"));
  assert.deepEqual(missed, [true, false]);
});

test("suite: a bug in a run fails it all, and says where", async () => {
  const plays = [play("broken", { network: "nowhere" })];
  await assert.rejects(
    playSuite(
      { ...brief, plays, rates: [5] },
      () => {},
      () => {},
    ),
    /broken, 5\/s, seed 1, breakwater: .*nowhere/,
  );
});

test("suite: gives up when it is told to", async () => {
  const over = new AbortController();
  const plays = [play("endless", { duration: "10h" })];
  const playing = playSuite(
    { ...brief, plays, rates: [200], signal: over.signal },
    () => {},
    () => {},
  );
  over.abort();
  await assert.rejects(playing, /the thread was stopped/);
});
