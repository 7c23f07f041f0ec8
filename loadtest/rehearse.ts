/**
 * Rehearses outages with k6: `npm run rehearse -- --help`. What is measured and how to read it is in docs/rehearsals.md.
 */
import { parseArgs } from "node:util";
import { outages } from "./plans/index.ts";
import { loads } from "./plans/loads.ts";
import { compare, contenderNames } from "./rehearsal/compare.ts";
import { findK6, noK6 } from "./rehearsal/k6.ts";
import { rehearse, type Settings } from "./rehearsal/one.ts";

const usage = `Usage: npm run rehearse -- NAME... [options]
       npm run rehearse -- compare [--outages NAME,NAME] [--only NAME,NAME] [options]

Plays outages with k6 against Breakwater on a fleet of simulated upstreams, and says what clients felt: a page of figures,
the same as JSON, and a time line as SVG. It starts what it needs. \`compare\` plays outages against Breakwater and other
proxies in turn, each before the same fleet over HTTP, and prints who did how.

  --list             the names there are, and what happens
  --short            about twenty seconds for each
  --scale N          all times but the warm-up times N
  --rate N           calls per second (200; smoke has four clients instead, compare 100)
  --url URL          rehearse with a Breakwater that runs; with --admin URL for its operators' side
  --no-faults        with --url: you cause the outage yourself, at the onset
  --out DIR          where reports and pictures go (out/rehearsals)
  --outages NAME,... compare: which (region-outage,region-errors,region-refused,brown-out,stale-region)
  --only NAME,...    compare: whom (${contenderNames.join(", ")})

Exits with 1 when something that was expected was missed, with 2 when it could not be run.`;

function parse() {
  return parseArgs({
    allowPositionals: true,
    options: {
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      "no-faults": { type: "boolean", default: false },
      scale: { type: "string" },
      rate: { type: "string" },
      url: { type: "string" },
      admin: { type: "string" },
      out: { type: "string", default: "out/rehearsals" },
      outages: { type: "string", default: "region-outage,region-errors,region-refused,brown-out,stale-region" },
      only: { type: "string", default: contenderNames.join(",") },
    },
  });
}

let interrupted = false;

// k6 hears it too, ends its run and writes its summary; the second time all is dropped at once.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interrupted) process.exit(130);
    interrupted = true;
  });
}

type Values = ReturnType<typeof parse>["values"];

/** A mistake of whoever typed the command. */
class Refusal extends Error {}

function settingsOf(values: Values): Settings {
  const k6 = findK6();
  if (k6 === undefined) throw new Refusal(noK6);
  const positive = (name: "scale" | "rate") => {
    const text = values[name];
    if (text !== undefined && !(Number(text) > 0)) throw new Refusal(`--${name} must be a number above 0`);
    return text === undefined ? undefined : Number(text);
  };
  const { url, admin, out, short } = values;
  if ((url === undefined) !== (admin === undefined)) throw new Refusal("--url and --admin go together");
  const running = url !== undefined && admin !== undefined ? { url, admin } : undefined;
  if (values["no-faults"] && !running) throw new Refusal("--no-faults needs --url and --admin");
  const faults = !values["no-faults"];
  return {
    k6,
    rate: positive("rate"),
    scale: positive("scale"),
    short,
    running,
    faults,
    out,
    interrupted: () => interrupted,
  };
}

async function main(): Promise<number> {
  const { values, positionals } = parse();
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const all = [...Object.values(loads), ...outages];
  if (values.list) {
    const longest = Math.max(...all.map(({ name }) => name.length));
    for (const { name, about } of all) console.log(`${name.padEnd(longest)}  ${about}`);
    return 0;
  }
  if (positionals.length === 0) throw new Refusal(`name at least one rehearsal\n\n${usage}`);
  const unknown = positionals.find((name) => name !== "compare" && all.every((one) => one.name !== name));
  if (unknown !== undefined) throw new Refusal(`no rehearsal is called ${unknown}; see --list`);
  const settings = settingsOf(values);
  let code = 0;
  for (const name of positionals) {
    if (interrupted) break;
    const met =
      name === "compare"
        ? await compare(settings, { outages: values.outages.split(","), only: values.only.split(",") })
        : await rehearse(name, settings);
    if (!met) code = 1;
  }
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`rehearse: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
