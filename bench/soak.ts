import type { Backend } from "./backend.ts";
import type { Contender } from "./contenders.ts";
import { load } from "./load.ts";
import { residentMegabytes, type Workplace } from "./machine.ts";
import { start } from "./measure.ts";
import { median } from "./report.ts";

const everyMs = 5_000;

/** The last third of a flat run lies at most this much above the first. */
const tolerance = 1.1;

/** What memory did under minutes of load. Sizes in megabytes, `slope` in megabytes a minute over the last two thirds. */
export interface Soaked {
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  readonly resident: readonly number[];
  readonly firstThird: number;
  readonly lastThird: number;
  readonly slope: number;
  readonly flat: boolean;
}

/** Loads a contender with small and large calls for `seconds` and samples its memory every five seconds. */
export async function soak(
  workplace: Workplace,
  backend: Backend,
  contender: Contender,
  seconds: number,
): Promise<Soaked> {
  const started = await start(workplace, backend, contender);
  const pid = started.running?.pid;
  if (pid === undefined) throw new Error(`${contender.name} has no memory of its own`);
  const resident: number[] = [];
  const timer = setInterval(() => {
    resident.push(residentMegabytes(pid, "VmRSS"));
    const elapsed = (resident.length * everyMs) / 1_000;
    process.stderr.write(`${elapsed} of ${seconds} s: ${resident.at(-1)?.toFixed(0)} MB\n`);
  }, everyMs);
  const order = { url: started.url, connections: 64, seconds, size: "mixed", networks: contender.networks } as const;
  const seen = await load(workplace, order).finally(() => clearInterval(timer));
  await started.running?.stop();
  return { seconds, requests: seen.requests, errors: seen.errors, resident, ...flatness(resident) };
}

/** Compares the first third of the samples with the last, and fits a line through all but the first third. */
function flatness(resident: readonly number[]): Pick<Soaked, "firstThird" | "lastThird" | "slope" | "flat"> {
  const third = Math.ceil(resident.length / 3);
  const firstThird = median(resident.slice(0, third));
  const lastThird = median(resident.slice(-third));
  const slope = (steepness(resident.slice(third)) * 60_000) / everyMs;
  return { firstThird, lastThird, slope, flat: lastThird <= firstThird * tolerance };
}

/** The slope of the least-squares line through values that stand one apart. */
function steepness(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}
