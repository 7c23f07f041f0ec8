import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findingText } from "../config/finding.ts";
import { compare } from "../simulator/compare.ts";
import { loadScenario, type Play } from "../simulator/load.ts";
import type { PlainBreakers } from "../simulator/plain-breakers.ts";
import { type Comparison, tableOf } from "../simulator/report.ts";
import { type Command, type Io, readArguments, refuse } from "./command.ts";
import { progressOn } from "./progress.ts";
import { ownScenarios, performSuite } from "./simulate-suite.ts";

const options = {
  seed: { type: "string" },
  seeds: { type: "string" },
  rate: { type: "string" },
  against: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
  suite: { type: "boolean" },
} as const;

/** `breakwater simulate`: outages in virtual time, with figures and a picture. */
export const simulateCommand: Command = {
  name: "simulate",
  summary: "run outages in virtual time and report what clients would have felt",
  usage: `breakwater simulate SCENARIO... [--rate N,N] [--seed N] [--seeds N] [--against BREAKERS] [--out DIR] [--json]
       breakwater simulate --suite [SCENARIO...] [--rate N,N] [--seed N] [--seeds N] [--out DIR] [--json]

Runs each scenario (a YAML file; see config/scenarios) at each of its rates, twice with the same fleet, traffic and
faults: once through Breakwater, once through the same proxy with plain circuit breakers instead of its health. Prints
the figures of both side by side and draws a time line of the first seed as SVG.

With --suite it plays all scenarios that come along, or those named, on all cores, against both kinds of plain breakers,
prints one table, writes all figures to suite.json, and holds Breakwater also to what is asked of every scenario.

  --rate N,N   calls per second, instead of the scenario's own
  --seed N     the first seed (1)
  --seeds N    how many seeds (1; 10 with --suite); figures are then the median and the worst
  --against BREAKERS
               the plain ones: consecutive (five failures in a row, the default) or window (half of 20 calls in 10 s)
  --out DIR    where pictures and figures go (out)
  --json       print the figures as JSON

Exits with 1 when Breakwater misses what a scenario expects, with 2 when something is not understood.`,
  async run(args, io) {
    const parsed = readArguments(args, options);
    if ("problem" in parsed) return refuse(io, this, parsed.problem);
    const settings = settingsOf(parsed.values);
    if ("problem" in settings) return refuse(io, this, settings.problem);
    const files = parsed.positionals.length === 0 && settings.suite ? ownScenarios() : parsed.positionals;
    if (files.length === 0) return refuse(io, this, "name at least one scenario");
    const plays: Play[] = [];
    for (const file of files) {
      const play = await loadScenario(file, io.env);
      if ("problems" in play) {
        for (const problem of play.problems) io.stderr.write(`${findingText(problem)}\n`);
        return 2;
      }
      plays.push(play);
    }
    return settings.suite ? performSuite(plays, settings, io) : perform(plays, settings, io);
  },
};

interface Settings {
  readonly seeds: readonly number[];
  readonly rates: readonly number[] | undefined;
  readonly against: PlainBreakers;
  readonly out: string;
  readonly json: boolean;
  readonly suite: boolean;
}

/** How many seeds a suite has, unless said. */
const suiteSeeds = 10;

type Values = { readonly [Name in "seed" | "seeds" | "rate" | "against" | "out"]?: string | undefined } & {
  readonly [Name in "json" | "suite"]?: boolean | undefined;
};

function settingsOf(values: Values): Settings | { readonly problem: string } {
  const first = Number(values.seed ?? 1);
  const suite = values.suite ?? false;
  const count = Number(values.seeds ?? (suite ? suiteSeeds : 1));
  const rates = values.rate?.split(",").map(Number);
  if (!Number.isInteger(first) || first < 0) return { problem: "--seed must be a whole number" };
  if (!Number.isInteger(count) || count < 1 || count > 1_000) return { problem: "--seeds must be between 1 and 1000" };
  if (rates?.some((rate) => !(rate > 0))) return { problem: "--rate must be numbers above 0, as in 10,200" };
  const against = values.against ?? "consecutive";
  if (suite && values.against !== undefined) return { problem: "--suite is against both: leave --against out" };
  if (against !== "consecutive" && against !== "window") return { problem: "--against is consecutive or window" };
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  return { seeds, rates, against, out: values.out ?? "out", json: values.json ?? false, suite };
}

async function perform(plays: readonly Play[], settings: Settings, io: Io): Promise<number> {
  const comparisons: Comparison[] = [];
  for (const play of plays) {
    for (const rate of settings.rates ?? play.scenario.traffic.rates) {
      const { seeds, against } = settings;
      const progress = progressOn(io);
      const { comparison, picture } = await compare({ ...play, rate, seeds, against }, (what, done) =>
        progress.show(`${what}: ${Math.round(100 * done)} %`),
      );
      progress.clear();
      comparisons.push(comparison);
      await mkdir(settings.out, { recursive: true });
      const file = join(settings.out, `${play.name}-${rate}.svg`);
      await writeFile(file, picture);
      if (!settings.json) io.stdout.write(`${tableOf(comparison)}  time line: ${file}\n\n`);
      if (io.signal.aborted) return 1;
    }
  }
  if (settings.json) io.stdout.write(`${JSON.stringify(comparisons, undefined, 2)}\n`);
  return comparisons.every(({ misses }) => misses.length === 0) ? 0 : 1;
}
