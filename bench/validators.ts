/**
 * What Breakwater costs a validator client: `npm run bench:validators -- --help`. What it measures and why so is in
 * docs/performance.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { leaveProxyCore, obstacle, Workplace } from "./machine.ts";
import { type HeadTimes, measureEvents } from "./validators-events.ts";
import { lose, losses, type Trial } from "./validators-failover.ts";
import { type Kind, kinds } from "./validators-kinds.ts";
import { measureCalls, type Turn } from "./validators-latency.ts";
import { callTable, eventRow, lossRows, lossTable, rowsOf } from "./validators-report.ts";
import { setStage } from "./validators-stage.ts";

const usage = `Usage: npm run bench:validators -- [options]

  --rounds N     so many rounds of all calls, and so many trials of each loss of a node (5)
  --only TEXT    calls whose name contains TEXT (attestation, block, published, duties); "heads" for head events alone
  --skip PARTS   leave out: latency, heads, failover; commas between
  --slots N      head events that are followed (60)
  --json FILE    writes all figures there
  --help         this text
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    skip: { type: "string", default: "" },
    slots: { type: "string", default: "60" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const skipped = options.skip.split(",");

function machine() {
  const { version } = JSON.parse(readFileSync(new URL("../node_modules/undici/package.json", import.meta.url), "utf8"));
  const cpu = cpus()[0]?.model;
  return { cpu, cores: cpus().length, kernel: release(), node: process.version, undici: version, load: loadavg() };
}

async function latency(workplace: Workplace, wanted: readonly Kind[], rounds: number): Promise<Turn[]> {
  const stage = await setStage(workplace, 12_000);
  const turns: Turn[] = [];
  for await (const turn of measureCalls(stage, wanted, rounds)) {
    turns.push(turn);
    process.stderr.write(`round ${turn.round + 1}/${rounds}: ${turn.kind}\n`);
  }
  await stage.stop();
  return turns;
}

async function failover(workplace: Workplace, wanted: readonly Kind[], rounds: number): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const kind of wanted.filter((one) => one.failover)) {
      for (const loss of losses) {
        const trial = await lose(workplace, kind, loss, round / rounds);
        trials.push(trial);
        const { longest, failed } = trial;
        process.stderr.write(
          `loss ${round + 1}/${rounds}: ${kind.name}, ${loss}: ${longest.toFixed(0)} ms, ${failed} failed\n`,
        );
      }
    }
  }
  return trials;
}

async function run(): Promise<number> {
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const trouble = obstacle(["cc", "taskset"]);
  if (trouble !== undefined) {
    console.error(`bench: ${trouble}`);
    return 2;
  }
  const [rounds, slots] = [Number(options.rounds), Number(options.slots)];
  if (![rounds, slots].every((one) => Number.isSafeInteger(one) && one > 0))
    throw new Error("--rounds and --slots are numbers");
  leaveProxyCore();
  const workplace = new Workplace();
  process.on("exit", () => workplace.close());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

  const about = machine();
  const wanted = kinds.filter(({ name }) => name.includes(options.only));
  const turns = wanted.length === 0 || skipped.includes("latency") ? [] : await latency(workplace, wanted, rounds);
  const withHeads = !skipped.includes("heads") && (options.only === "" || options.only === "heads");
  const heads: HeadTimes | undefined = withHeads ? await measureEvents(workplace, slots) : undefined;
  const trials = skipped.includes("failover") ? [] : await failover(workplace, wanted, rounds);

  const calls = [...rowsOf(turns, wanted), ...(heads ? [eventRow(heads)] : [])];
  const lost = lossRows(trials);
  if (calls.length > 0) console.log(`\n${callTable(calls)}`);
  if (lost.length > 0) console.log(`\n${lossTable(lost)}`);
  if (options.json !== undefined) {
    mkdirSync(dirname(options.json), { recursive: true });
    const all = { at: new Date().toISOString(), machine: about, rounds, calls, lost, turns, heads, trials };
    writeFileSync(options.json, `${JSON.stringify(all, undefined, 2)}\n`);
  }
  return calls.every(({ failed }) => failed === 0) && lost.every(({ met }) => met) ? 0 : 1;
}

try {
  process.exit(await run());
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exit(2);
}
