import { globSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Play } from "../simulator/load.ts";
import { playSuite, servers } from "../simulator/suite.ts";
import { headOf, rowsOf, verdictOf } from "../simulator/suite-table.ts";
import type { Io } from "./command.ts";
import { progressOn } from "./progress.ts";

/** The scenarios that come along, by name. */
export function ownScenarios(): readonly string[] {
  const folder = fileURLToPath(new URL("../../config/scenarios/", import.meta.url));
  return globSync("*.yaml", { cwd: folder })
    .sort()
    .map((file) => join(folder, file));
}

interface SuiteSettings {
  readonly seeds: readonly number[];
  readonly rates: readonly number[] | undefined;
  readonly out: string;
  readonly json: boolean;
}

/**
 * Plays scenarios with Breakwater and both kinds of plain breakers on all cores, prints one table, and writes all
 * figures to `suite.json` in the folder for output. Resolves to the exit code.
 */
export async function performSuite(plays: readonly Play[], settings: SuiteSettings, io: Io): Promise<number> {
  const { seeds, rates, out, json } = settings;
  const progress = progressOn(io);
  const tell = (text: string) => {
    progress.clear();
    if (!json) io.stdout.write(text);
  };
  tell(`${headOf(seeds.length)}\n`);
  const threads = availableParallelism();
  const options = { plays, seeds, rates, servers, threads, signal: io.signal };
  const results = await playSuite(
    options,
    (result) => tell(`${rowsOf(result)}\n`),
    (done, all) => progress.show(`${done} of ${all} runs`),
  ).catch((problem: unknown) => {
    if (io.signal.aborted) return undefined;
    throw problem;
  });
  if (!results) return 1;
  tell(verdictOf(results));
  const text = `${JSON.stringify(results, undefined, 2)}\n`;
  await mkdir(out, { recursive: true });
  await writeFile(join(out, "suite.json"), text);
  if (json) io.stdout.write(text);
  return results.every(({ misses }) => misses.length === 0) ? 0 : 1;
}
