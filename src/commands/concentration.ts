import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Observation } from "../concentration/hosting/observation.ts";
import { sightOf } from "../concentration/hosting/sight.ts";
import { breaches } from "../concentration/policy.ts";
import { type Report, type ReportMember, reportOf, reportOfAll } from "../concentration/report.ts";
import { findingText } from "../config/finding.ts";
import { loadConfig } from "../config/load.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import { declaredCapacity } from "../core/capacity.ts";
import { failureDomains, type Sight } from "../core/upstream.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { withSight } from "../fleet/place.ts";
import { systemClock } from "../lib/clock.ts";
import { type Command, type Io, readArguments, refuse } from "./command.ts";
import { markdownOf, tableOf } from "./concentration-text.ts";
import { hostingOf } from "./hosting.ts";

export const concentrationCommand: Command = {
  name: "concentration",
  summary: "Say how much of a fleet depends on whom, and hold it against a policy",
  usage: `breakwater concentration [--config FILE] [--resolve] [--json | --markdown]

Reads a configuration and reports, with no traffic: shares and indices in every dimension, what the loss of
a failure domain would leave, and which rules of \`concentration:\` are broken. Without --config it is the
simulated fleet that \`breakwater serve\` starts.

Options:
  --config FILE  the configuration
  --resolve      look up who hosts the upstreams, and print it beside what is declared
  --json         print one JSON object
  --markdown     print a table for a pull request

Exit code: 0 when no rule is broken, 1 when one is or the file cannot be used, 2 when the command line is not understood.`,
  async run(args, io) {
    const parsed = readArguments(args, {
      config: { type: "string" },
      resolve: { type: "boolean" },
      json: { type: "boolean" },
      markdown: { type: "boolean" },
    });
    if ("problem" in parsed) return refuse(io, concentrationCommand, parsed.problem);
    const { values, positionals } = parsed;
    if (positionals.length > 0)
      return refuse(io, concentrationCommand, `does not know what to do with ${positionals[0]}`);
    if (values.json && values.markdown) return refuse(io, concentrationCommand, "takes --json or --markdown, not both");
    const config = read(values.config, io);
    if (!config) return 1;
    const hosting = values.resolve ? await resolved(config, io) : undefined;
    if (hosting === null) return 1;
    const reports = reportsOf(config, hosting);
    const broken = reports.flatMap((report) => breaches(report, config.concentration));
    if (values.json) io.stdout.write(`${JSON.stringify({ networks: reports, broken, hosting }, null, 2)}\n`);
    else io.stdout.write((values.markdown ? markdownOf : tableOf)(reports, broken, hosting));
    return broken.length > 0 ? 1 : 0;
  },
};

/** Looks once where the upstreams are hosted; `null` when the database cannot be used. */
async function resolved(config: Config, io: Io): Promise<readonly Observation[] | null> {
  const problems: string[] = [];
  const hosting = hostingOf(config, {
    clock: systemClock,
    told: () => undefined,
    troubled: (problem) => problems.push(problem),
    crashed: (bug) => {
      throw bug;
    },
  });
  const stop = () => hosting.stop();
  io.signal.addEventListener("abort", stop, { once: true });
  await hosting.look();
  io.signal.removeEventListener("abort", stop);
  for (const problem of problems) io.stderr.write(`breakwater: ${problem}\n`);
  return hosting.blind() ? null : hosting.observations();
}

/**
 * One report for each network; and, where there are several, one for all together. An autonomous system that nobody declared
 * is taken over from what was seen, as a proxy that serves does.
 */
function reportsOf(
  { networks, failover: { reserve } }: Config,
  hosting: readonly Observation[] = [],
): readonly Report[] {
  const sights = new Map(hosting.map((one) => [`${one.network}/${one.upstream}`, sightOf(one)]));
  const membersOf = (network: NetworkConfig) => membersIn(network, sights);
  const each = networks.map((network) => reportOf(network.name, membersOf(network), network.peak, reserve));
  if (networks.length < 2) return each;
  return [...each, reportOfAll(networks.flatMap(membersOf), reserve)];
}

function membersIn(
  { name, upstreams }: NetworkConfig,
  sights: ReadonlyMap<string, Sight | undefined>,
): readonly ReportMember[] {
  return upstreams.map((upstream) => {
    const id = `${name}/${upstream.id}`;
    const coordinates = withSight(resolveCoordinates(upstream, upstream.url).coordinates, sights.get(id));
    const perSecond = declaredCapacity(upstream);
    return {
      id,
      coordinates,
      failureDomains: failureDomains(coordinates),
      capacity: perSecond === undefined ? undefined : { perSecond, basis: "declared" },
      status: { verdict: "healthy" },
      load: 0,
      served: 0,
      stake: upstream.stake,
    };
  });
}

function read(file: string | undefined, io: Io): Config | undefined {
  const path = file ?? fileURLToPath(new URL("../../config/default.yaml", import.meta.url));
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    io.stderr.write(`breakwater: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}\n`);
    return undefined;
  }
  const loaded = loadConfig(text, { file: path, env: io.env });
  if ("config" in loaded) return loaded.config;
  for (const problem of loaded.problems) io.stderr.write(`${findingText(problem)}\n`);
  return undefined;
}
