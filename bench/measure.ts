import { readFileSync } from "node:fs";
import type { Backend } from "./backend.ts";
import type { Contender } from "./contenders.ts";
import { load, type Order, ready, type Size, spotCheck } from "./load.ts";
import {
  coreBusySeconds,
  cpuSeconds,
  forgetPeak,
  freePort,
  proxyCore,
  type Running,
  residentMegabytes,
  type Workplace,
} from "./machine.ts";

/** How long each step takes, in seconds. */
export interface Pace {
  readonly rounds: number;
  readonly warmUp: number;
  readonly loaded: number;
  readonly alone: number;
}

/** One contender, one size, one round. Latencies in microseconds, memory in megabytes. */
export interface Sample {
  readonly contender: string;
  readonly size: Size;
  readonly round: number;
  readonly requests: number;
  readonly perSecond: number;
  /** User and system time of all its processes, in microseconds a request; NaN where there is no proxy. */
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  /** Median latency of a single connection, one call after the other. */
  readonly aloneP50: number;
  readonly peakMegabytes: number;
  readonly errors: number;
  /** Answers that were wrong. */
  readonly complaints: readonly string[];
  /** Share of the proxy's core that somebody else used meanwhile: noise. */
  readonly intruders: number;
}

const concurrent = 64;
const checkRounds = 10;
const readyMs = 120_000;

/** A contender that runs and answers. */
export interface Started {
  readonly url: string;
  readonly contender: Contender;
  readonly running: Running | undefined;
}

/** Starts a contender and waits until it answers on every path. `flags` go to Node, where it is a Node program. */
export async function start(
  workplace: Workplace,
  backend: Backend,
  contender: Contender,
  flags: readonly string[] = [],
): Promise<Started> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const command = contender.command({ backend, port, adminPort, folder: workplace.folder });
  if (!command) return { url: `http://${backend.host(0)}/`, contender, running: undefined };
  const [program = "", ...rest] = command;
  const running = workplace.start(contender.name, proxyCore, [program, ...flags, ...rest]);
  const url = `http://127.0.0.1:${port}/`;
  const urls = contender.networks === 0 ? [url] : Array.from({ length: contender.networks }, (_, n) => `${url}n${n}`);
  await ready(urls, readyMs, running.ended).catch((error: Error) => {
    const log = readFileSync(running.log, "utf8").slice(-2_000);
    throw new Error(`${contender.name}: ${error.message}\n${log}`);
  });
  return { url, contender, running };
}

/** Measures one size at a contender that runs. */
async function measure(workplace: Workplace, started: Started, size: Size, round: number, pace: Pace): Promise<Sample> {
  const { contender, url, running } = started;
  const order: Order = { url, connections: concurrent, seconds: pace.warmUp, size, networks: contender.networks };
  const checkUrl = contender.networks === 0 ? url : `${url}n0`;
  const [, complaints] = await Promise.all([load(workplace, order), spotCheck(checkUrl, size, checkRounds)]);
  if (running) forgetPeak(running.pid);
  const busy = coreBusySeconds();
  const used = running ? cpuSeconds(running.pid) : 0;
  const seen = await load(workplace, { ...order, seconds: pace.loaded });
  const cpu = running ? cpuSeconds(running.pid) - used : 0;
  const intruders = (coreBusySeconds() - busy - cpu) / seen.seconds;
  const alone = await load(workplace, { ...order, connections: 1, seconds: pace.alone });
  return {
    contender: contender.name,
    size,
    round,
    requests: seen.requests,
    perSecond: seen.requests / seen.seconds,
    cpu: running ? (cpu * 1e6) / seen.requests : Number.NaN,
    p50: seen.p50,
    p99: seen.p99,
    aloneP50: alone.p50,
    peakMegabytes: running ? residentMegabytes(running.pid, "VmHWM") : Number.NaN,
    errors: seen.errors + alone.errors,
    complaints,
    intruders,
  };
}

/**
 * All contenders in turn, `rounds` times, each in a fresh process each time, beginning one further on in each round:
 * so that whatever else the machine does falls on all alike.
 */
export async function* interleave(
  workplace: Workplace,
  backend: Backend,
  contenders: readonly Contender[],
  sizes: readonly Size[],
  pace: Pace,
): AsyncGenerator<Sample> {
  for (let round = 0; round < pace.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + round) % contenders.length] as Contender;
      const started = await start(workplace, backend, contender);
      for (const size of sizes) yield await measure(workplace, started, size, round, pace);
      await started.running?.stop();
    }
  }
}
