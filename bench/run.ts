/**
 * The side-by-side benchmark: `npm run bench -- --help`. What it measures and why so is in docs/performance.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Backend, startBackend } from "./backend.ts";
import { type Contender, contenders, upstreamAddresses } from "./contenders.ts";
import { largeBytes, type Size } from "./load.ts";
import { leaveProxyCore, obstacle, Workplace } from "./machine.ts";
import { interleave, type Pace, type Sample } from "./measure.ts";
import { profile } from "./profile.ts";
import { judge, summarize, table, verdicts } from "./report.ts";
import { soak } from "./soak.ts";

const usage = `Usage: npm run bench -- [options]

  --quick               2 rounds of 2 s instead of 5 of 5 s: a first impression, not a verdict
  --rounds N            so many rounds
  --seconds N           so long a loaded stretch in each round
  --only NAME,NAME      ${contenders.map(({ name }) => name).join(", ")}
  --sizes SIZE,SIZE     small, large
  --soak DURATION       load one contender (10m, 90s; breakwater, or the first of --only) and watch its memory
  --profile NAME:SIZE   where one contender's CPU time goes, by function
`;

const out = fileURLToPath(new URL("../out", import.meta.url));
const ordinary: Pace = { rounds: 5, warmUp: 2, loaded: 5, alone: 1 };
const hasty: Pace = { rounds: 2, warmUp: 1, loaded: 2, alone: 1 };

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    only: { type: "string" },
    sizes: { type: "string", default: "small,large" },
    soak: { type: "string" },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function chosen(names: string): Contender[] {
  return names.split(",").map((name) => {
    const found = contenders.find((contender) => contender.name === name);
    if (!found) throw new Error(`no contender is called ${name}`);
    return found;
  });
}

function sizes(text: string): Size[] {
  return text.split(",").map((size) => {
    if (size !== "small" && size !== "large") throw new Error(`no size is called ${size}`);
    return size;
  });
}

/** What the figures depend on. */
function machine() {
  const version = (name: string) =>
    JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
  const packages = ["undici", "fastify", "@fastify/http-proxy"].map((name) => [name, version(name)]);
  const cpu = cpus()[0]?.model;
  return { cpu, cores: cpus().length, kernel: release(), node: process.version, ...Object.fromEntries(packages) };
}

async function compare(workplace: Workplace, backend: Backend): Promise<number> {
  const pace = { ...(options.quick ? hasty : ordinary) };
  if (options.rounds) pace.rounds = Number(options.rounds);
  if (options.seconds) pace.loaded = Number(options.seconds);
  const field = options.only ? chosen(options.only) : contenders;
  const wanted = sizes(options.sizes);
  const samples: Sample[] = [];
  const count = field.length * wanted.length * pace.rounds;
  for await (const sample of interleave(workplace, backend, field, wanted, pace)) {
    samples.push(sample);
    const { contender, size, cpu, perSecond, intruders, complaints } = sample;
    const noise = intruders > 0.05 ? `, others used ${(intruders * 100).toFixed(0)} % of the core` : "";
    process.stderr.write(
      `${samples.length}/${count} ${contender} ${size}: ${cpu.toFixed(1)} µs CPU, ${perSecond.toFixed(0)}/s${noise}\n`,
    );
    for (const complaint of complaints) process.stderr.write(`  wrong: ${complaint}\n`);
  }
  const summary = wanted.map((size) => ({ size, rows: summarize(samples, field, size) }));
  const judged = judge(samples);
  for (const { size, rows } of summary) console.log(`\n${size} bodies\n\n${table(rows)}`);
  console.log(`\n${verdicts(judged)}`);
  write("bench.json", { at: new Date().toISOString(), machine: machine(), pace, summary, targets: judged, samples });
  const clean = samples.every(({ errors, complaints }) => errors + complaints.length === 0);
  if (!clean) console.log("MISS  some answers were wrong or missing: see the errors column");
  return clean && judged.every(({ met }) => met) ? 0 : 1;
}

async function watchMemory(workplace: Workplace, backend: Backend, duration: string): Promise<number> {
  const [, amount, unit] = /^(\d+)(s|m|h)$/.exec(duration) ?? [];
  if (unit === undefined) throw new Error(`${duration} is no duration: write 90s or 10m`);
  const seconds = Number(amount) * { s: 1, m: 60, h: 3_600 }[unit as "s" | "m" | "h"];
  const [contender] = chosen(options.only ?? "breakwater");
  const soaked = await soak(workplace, backend, contender as Contender, seconds);
  const { requests, errors, firstThird, lastThird, slope, flat } = soaked;
  console.log(
    `${flat ? "PASS" : "MISS"}  RSS over ${duration} of mixed load (${requests} requests, ${errors} errors): ` +
      `first third ${firstThird.toFixed(0)} MB, last third ${lastThird.toFixed(0)} MB, then ${slope.toFixed(2)} MB a minute`,
  );
  write("soak.json", { at: new Date().toISOString(), machine: machine(), contender: contender?.name, ...soaked });
  return flat && errors === 0 ? 0 : 1;
}

async function explain(workplace: Workplace, backend: Backend, what: string): Promise<number> {
  const [name = "", size = "small"] = what.split(":");
  const [contender] = chosen(name);
  console.log(await profile(workplace, backend, contender as Contender, sizes(size)[0] as Size, out));
  return 0;
}

function write(name: string, content: unknown): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}/${name}`, `${JSON.stringify(content, undefined, 2)}\n`);
  console.log(`\nwritten to out/${name}`);
}

async function run(): Promise<number> {
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const trouble = obstacle();
  if (trouble !== undefined) {
    console.error(`bench: ${trouble}`);
    return 2;
  }
  leaveProxyCore();
  const workplace = new Workplace();
  process.on("exit", () => workplace.close());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  const backend = await startBackend(workplace, upstreamAddresses, largeBytes);
  if (options.soak !== undefined) return watchMemory(workplace, backend, options.soak);
  if (options.profile !== undefined) return explain(workplace, backend, options.profile);
  return compare(workplace, backend);
}

try {
  process.exit(await run());
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exit(2);
}
