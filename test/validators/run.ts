/**
 * Proves on real beacon nodes and validator clients what validators lose when their nodes fail:
 * `npm run e2e:validators -- --help`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { installLodestar } from "./lodestar.ts";
import { installPrysm } from "./prysm.ts";
import { formatReport, reportJson } from "./report.ts";
import { slotsPerEpoch } from "./software.ts";
import { runTrial, type TrialSettings } from "./trial.ts";
import { judge } from "./verdict.ts";

const usage = `Usage: npm run e2e:validators -- [options]

Runs a chain of real beacon nodes with two real validator clients, which sign for half of the validators each.
The beacon URL of one is the target; the other, the control, has a node of its own that nothing is done to. In each epoch
one of the nodes behind the target is killed, hangs, or is restarted. What came of it is read from the chain itself.

  --software S    lodestar (1.5.1 from npm: Capella), or prysm (5.3.0, built with Go and a C compiler: Electra) (lodestar)
  --target T      breakwater (started here), direct (one of the nodes), or the URL of something that you run
  --slots N       slots that are judged, whole epochs of ${slotsPerEpoch} (72)
  --seconds N     seconds for each slot (3)
  --nodes N       beacon nodes behind the target (3)
  --first-port N  where the first of them answers, the others on the ports after it (free ports)
  --validators N  validators in all (32)
  --no-faults     nothing is done to the nodes
  --out FILE      the report as JSON (out/validators.json)

The software is installed the first time, into node_modules/.cache. Exits with 1 when validators behind the target lost something that those of
the control did not, with 2 when it could not be run.`;

function parse() {
  return parseArgs({
    options: {
      software: { type: "string", default: "lodestar" },
      target: { type: "string", default: "breakwater" },
      slots: { type: "string", default: "72" },
      seconds: { type: "string", default: "3" },
      nodes: { type: "string", default: "3" },
      "first-port": { type: "string" },
      validators: { type: "string", default: "32" },
      "no-faults": { type: "boolean", default: false },
      out: { type: "string", default: "out/validators.json" },
      help: { type: "boolean", default: false },
    },
  }).values;
}

const installers: Readonly<Record<string, typeof installLodestar>> = { lodestar: installLodestar, prysm: installPrysm };

/** A mistake of whoever typed the command. */
class Refusal extends Error {}

function settingsOf(values: ReturnType<typeof parse>): TrialSettings {
  const whole = (name: "slots" | "seconds" | "nodes" | "validators" | "first-port") => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1) throw new Refusal(`--${name} must be a whole number above 0`);
    return number;
  };
  const { target } = values;
  if (target !== "breakwater" && target !== "direct" && !URL.canParse(target)) {
    throw new Refusal("--target must be breakwater, direct or a URL");
  }
  if (whole("validators") % 2 === 1) throw new Refusal("--validators must be even: the clients have half each");
  return {
    target: target === "breakwater" || target === "direct" ? target : new URL(target),
    epochs: Math.ceil(whole("slots") / slotsPerEpoch),
    secondsPerSlot: whole("seconds"),
    nodes: whole("nodes"),
    firstPort: values["first-port"] === undefined ? undefined : whole("first-port"),
    validators: whole("validators"),
    faults: !values["no-faults"],
  };
}

// The programs of the bed end with this one.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const progress = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const values = parse();
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const settings = settingsOf(values);
  const install = installers[values.software];
  if (!install) throw new Refusal("--software must be lodestar or prysm");
  const software = await install(progress);
  if ("missing" in software) throw new Refusal(software.missing);
  const evidence = await runTrial(software, settings, progress);
  const verdict = judge(evidence);
  await mkdir(dirname(values.out), { recursive: true });
  const { target, ...rest } = settings;
  const report = {
    settings: { software: software.name, ...rest, target: `${target}` },
    ...reportJson(evidence, verdict),
  };
  await writeFile(values.out, `${JSON.stringify(report, null, 1)}\n`);
  process.stdout.write(`${formatReport(evidence, verdict)}\n`);
  progress(`the report as JSON is in ${values.out}, logs are in ${evidence.logs}`);
  return verdict.failures.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  progress(error instanceof Refusal ? `${error.message}\n\n${usage}` : `${(error as Error).stack}`);
  process.exitCode = 2;
}
