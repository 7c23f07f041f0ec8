import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Address, parseAddress } from "../config/address.ts";
import { findingText } from "../config/finding.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type Command, type Io, readArguments, refuse } from "./command.ts";
import { greeting } from "./greeting.ts";
import { startServing } from "./serving.ts";

export const serveCommand: Command = {
  name: "serve",
  summary: "Serve clients from a fleet of upstreams (the default)",
  usage: `breakwater serve [--config FILE] [--upstream URL]... [--listen HOST:PORT] [--admin HOST:PORT]

Without --config and --upstream it starts a simulated fleet, to try things on.

Options:
  --config FILE       the configuration; see docs/configuration.md and \`breakwater check FILE\`
  --upstream URL      an EVM node to serve from, instead of a configuration; may be repeated
  --listen HOST:PORT  where clients are served, instead of what the configuration says (127.0.0.1:8545)
  --admin HOST:PORT   where metrics, health and status are, instead of what the configuration says (127.0.0.1:9545)

It ends on SIGINT or SIGTERM, when the calls under way are answered: at the latest five seconds after the longest
deadline of a network. A second signal ends it at once.`,
  async run(args, io) {
    const parsed = readArguments(args, {
      config: { type: "string" },
      upstream: { type: "string", multiple: true },
      listen: { type: "string" },
      admin: { type: "string" },
    });
    if ("problem" in parsed) return refuse(io, serveCommand, parsed.problem);
    const { values, positionals } = parsed;
    if (positionals.length > 0) return refuse(io, serveCommand, `does not know what to do with ${positionals[0]}`);
    if (values.config !== undefined && values.upstream) {
      return refuse(io, serveCommand, "takes --config or --upstream, not both");
    }
    const source = sourceOf(values.config, values.upstream);
    if ("problem" in source) return refuse(io, serveCommand, source.problem);
    const loaded = loadConfig(source.text, { file: source.name, env: io.env });
    if ("problems" in loaded) {
      for (const problem of loaded.problems) io.stderr.write(`${findingText(problem)}\n`);
      return 1;
    }
    for (const warning of loaded.warnings) io.stderr.write(`warning: ${findingText(warning)}\n`);
    const config = withListeners(loaded.config, values.listen, values.admin);
    if ("problem" in config) return refuse(io, serveCommand, config.problem);
    return serve(config, io);
  },
};

/** Runs until asked to end. */
async function serve(config: Config, io: Io): Promise<number> {
  const serving = await startServing(config);
  if ("problem" in serving) {
    io.stderr.write(`breakwater: ${serving.problem}\n`);
    return 1;
  }
  io.stdout.write(greeting(serving));
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    io.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await serving.stop();
  return 0;
}

/** The text of the configuration and how messages name it. */
function sourceOf(
  file: string | undefined,
  urls: readonly string[] | undefined,
): { readonly text: string; readonly name: string } | { readonly problem: string } {
  if (urls) {
    const network = { upstreams: urls.map((url) => ({ url })) };
    return { text: JSON.stringify({ networks: { evm: network } }), name: "--upstream" };
  }
  const path = file ?? fileURLToPath(new URL("../../config/default.yaml", import.meta.url));
  try {
    return { text: readFileSync(path, "utf8"), name: path };
  } catch (error) {
    return { problem: `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}` };
  }
}

/** The configuration, listening where the command line says. */
function withListeners(
  config: Config,
  listen: string | undefined,
  admin: string | undefined,
): Config | { readonly problem: string } {
  const addresses: (Address | undefined)[] = [];
  for (const [option, text] of [
    ["--listen", listen],
    ["--admin", admin],
  ] as const) {
    const address = text === undefined ? undefined : parseAddress(text);
    if (text !== undefined && !address) return { problem: `${option} must be HOST:PORT such as 127.0.0.1:8545` };
    addresses.push(address);
  }
  const [clients = config.listen, operators = config.admin.listen] = addresses;
  return { ...config, listen: clients, admin: { ...config.admin, listen: operators } };
}
