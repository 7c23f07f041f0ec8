import { readFileSync } from "node:fs";
import { openDatabase } from "../concentration/hosting/database.ts";
import { type Finding, findingText } from "../config/finding.ts";
import { loadConfig } from "../config/load.ts";
import { beaconHints } from "./beacon-lint.ts";
import { type Command, type Io, readArguments, refuse } from "./command.ts";
import { type NetworkSummary, type Spread, summarize } from "./fleet-summary.ts";
import { survivalOf } from "./survival.ts";
import { survivalLines } from "./survival-text.ts";

export const checkCommand: Command = {
  name: "check",
  summary: "Check configuration files and say what they depend on",
  usage: `breakwater check FILE... [--strict] [--json]

Options:
  --strict  fail on warnings too
  --json    print one JSON object

Exit code: 0 when all is well, 1 when a file cannot be used or failover.survive refuses it, 2 when the command line is not understood.`,
  async run(args, io) {
    const parsed = readArguments(args, { strict: { type: "boolean" }, json: { type: "boolean" } });
    if ("problem" in parsed) return refuse(io, checkCommand, parsed.problem);
    const { positionals: files, values } = parsed;
    if (files.length === 0) return refuse(io, checkCommand, "needs a file to check");
    const reports = await Promise.all(files.map((file) => check(file, io)));
    if (values.json) io.stdout.write(`${JSON.stringify({ files: reports }, null, 2)}\n`);
    else for (const report of reports) print(report, io);
    const failed = reports.some(({ ok, warnings }) => !ok || (values.strict && warnings.length > 0));
    return failed ? 1 : 0;
  },
};

interface Report {
  readonly file: string;
  readonly ok: boolean;
  readonly problems: readonly Finding[];
  readonly warnings: readonly string[];
  /** What a configuration cannot show, and should be thought of; `--strict` does not fail on it. */
  readonly hints: readonly string[];
  /** What it would not survive, where `failover.survive` is `refuse`. */
  readonly refusals: readonly string[];
  readonly networks: readonly NetworkSummary[];
}

const nothing = { problems: [], warnings: [], hints: [], refusals: [], networks: [] };

async function check(file: string, io: Io): Promise<Report> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const message = `cannot be read: ${(error as NodeJS.ErrnoException).code}`;
    return { ...nothing, file, ok: false, problems: [{ file, line: 1, column: 1, path: "", message }] };
  }
  const loaded = loadConfig(text, { file, env: io.env });
  if ("problems" in loaded) return { ...nothing, file, ok: false, problems: loaded.problems };
  const { config } = loaded;
  const networks = config.networks.map((network) => summarize(network, config.failover.reserve));
  const survival = survivalOf(config);
  const warnings = [
    ...loaded.warnings.map(findingText),
    ...networks.flatMap((network) => network.warnings),
    ...survival.warnings,
    ...(await databaseWarnings(config.hosting.database)),
  ];
  const { refusals } = survival;
  return { ...nothing, file, ok: refusals.length === 0, warnings, hints: beaconHints(config), refusals, networks };
}

/** Breakwater starts without the file, and knows the big hosts only. */
async function databaseWarnings(database: string | undefined): Promise<readonly string[]> {
  const opened = database === undefined ? undefined : await openDatabase(database, () => undefined);
  return opened && "problem" in opened
    ? [`hosting.database: ${opened.problem}; until it can be, a table of the big hosts counts`]
    : [];
}

function print({ file, ok, problems, warnings, hints, refusals, networks }: Report, io: Io): void {
  for (const problem of problems) io.stderr.write(`${findingText(problem)}\n`);
  if (ok) io.stdout.write(`${file} is fine\n`);
  for (const network of networks) io.stdout.write(networkText(network));
  for (const warning of warnings) io.stderr.write(`warning: ${warning}\n`);
  for (const hint of hints) io.stderr.write(`hint: ${hint}\n`);
  for (const refusal of refusals) io.stderr.write(`${file}: ${refusal}\n`);
}

function networkText({ name, protocol, chain, upstreams, spreads, ...network }: NetworkSummary): string {
  const facts = [protocol, chain === undefined ? "chain to be learned" : `chain ${chain}`];
  if (network.default) facts.push("default");
  const count = `${upstreams} upstream${upstreams === 1 ? "" : "s"}`;
  const lines = [
    `${name}: ${facts.join(", ")}, ${count}`,
    ...spreads.map(spreadText),
    ...(upstreams > 1 ? survivalLines(network.survivability) : []),
  ];
  return `\n${lines.join("\n")}\n`;
}

function spreadText({ dimension, shares, known, indices }: Spread): string {
  const list = shares.map(({ entity, weight }) => (weight === 1 ? entity : `${entity} x${weight}`)).join(", ");
  const gap = known < 1 && shares.length > 0 ? ` (known of ${Math.round(100 * known)} %)` : "";
  const measure = indices ? `; HHI ${Math.round(indices.hhi)}, as ${indices.effective.toFixed(1)} equal ones` : "";
  return `  ${dimension.padEnd(9)} ${list || "not known"}${gap}${measure}`;
}
