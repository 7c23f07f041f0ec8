import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Environment } from "../config/environment.ts";
import type { Finding } from "../config/finding.ts";
import { loadConfig } from "../config/load.ts";
import { readDocument } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import type { Source } from "../config/source.ts";
import { struckBy } from "./fault-spec.ts";
import { simulationOf } from "./fleet.ts";
import { type Scenario, scenarioSchema } from "./scenario.ts";

/** A scenario and the fleet that it is played with. */
export interface Play {
  /** The file's name without its ending: what pictures are called by. */
  readonly name: string;
  readonly scenario: Scenario;
  readonly config: Config;
}

/** Reads a scenario and the fleet that it names or holds, or says all that is wrong with them. */
export async function loadScenario(
  file: string,
  env: Environment,
): Promise<Play | { readonly problems: readonly Finding[] }> {
  const text = await textOf(file);
  if (typeof text !== "string") return text;
  const read = readDocument(scenarioSchema, text, { file, env });
  if ("problems" in read) return read;
  const scenario = read.value;
  const loaded =
    typeof scenario.fleet === "string"
      ? await fleetIn(resolve(dirname(file), scenario.fleet), env)
      : loadConfig(JSON.stringify((read.source.value as { fleet: unknown }).fleet), { file: `${file} (fleet)`, env });
  if ("problems" in loaded) return loaded;
  const config = moved(loaded.config, scenario.home);
  const problems = misfits(scenario, config, read.source.find);
  if (problems.length > 0) return { problems };
  return { name: basename(file).replace(/\.ya?ml$/, ""), scenario, config };
}

/** The configuration with the proxy in another region, or in none that it prefers. */
function moved(config: Config, home: Scenario["home"]): Config {
  if (home === undefined) return config;
  const { region: _, ...self } = config.self;
  const networks = config.networks.map((network) => {
    const { home: _, ...routing } = network.routing;
    return { ...network, routing: home === "none" ? routing : { ...routing, home } };
  });
  return { ...config, self: home === "none" ? self : { ...self, region: home }, networks };
}

/** What does not fit together: a network that the fleet lacks, upstreams that are real, faults that strike nobody. */
function misfits({ network, timeline }: Scenario, config: Config, find: Source["find"]): readonly Finding[] {
  if (network !== undefined && !config.networks.some(({ name }) => name === network)) {
    return [find(["network"], "is not a network of the fleet")];
  }
  const members = simulationOf(config).networks.flatMap(({ upstreams }) => upstreams);
  const all = config.networks.flatMap(({ upstreams }) => upstreams);
  if (members.length < all.length) return [find(["fleet"], "has upstreams without a `simulated` entry")];
  return timeline.flatMap(({ where }, index) =>
    struckBy({ where }, members, 0).length > 0
      ? []
      : [find(["timeline", index, "where"], "matches no upstream of the fleet")],
  );
}

async function fleetIn(file: string, env: Environment) {
  const text = await textOf(file);
  return typeof text === "string" ? loadConfig(text, { file, env }) : text;
}

async function textOf(file: string): Promise<string | { readonly problems: readonly Finding[] }> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const message = `cannot be read: ${(error as NodeJS.ErrnoException).code}`;
    return { problems: [{ file, line: 1, column: 1, path: "", message }] };
  }
}
