import type { Figures } from "./figures.ts";
import type { Play } from "./load.ts";
import { type Job, Player } from "./player.ts";
import type { Server } from "./run.ts";
import type { Expectations } from "./scenario.ts";
import { type Miss, missesOf } from "./targets.ts";

/** Everybody who is measured, the real proxy first. */
export const servers: readonly Server[] = ["breakwater", "consecutive", "window"];

/** What is asked of each scenario of a suite, unless it says otherwise. */
const always: Expectations = {
  amplification: [{ from: 0, value: 1.2 }],
  overshoot: [{ from: 0, value: 0.1 }],
  flaps: [{ from: 0, value: 1 }],
  wrongDomains: [{ from: 0, value: 0 }],
  shedUrgent: [{ from: 0, value: 0 }],
};

export interface SuiteOptions {
  readonly plays: readonly Play[];
  readonly seeds: readonly number[];
  /** Calls per second, instead of each scenario's own. */
  readonly rates?: readonly number[] | undefined;
  readonly servers: readonly Server[];
  readonly threads: number;
  /** When aborted, what has begun is given up. */
  readonly signal?: AbortSignal;
}

/** What became of a scenario at one rate: the figures of each server, one for each seed, and what the real proxy missed. */
export interface SuiteResult {
  readonly name: string;
  readonly about: string;
  /** Calls per second. */
  readonly rate: number;
  readonly seeds: readonly number[];
  readonly figures: Readonly<Partial<Record<Server, readonly Figures[]>>>;
  readonly misses: readonly Miss[];
}

/** One scenario at one rate, while its runs come in. */
interface Pending {
  readonly play: Play;
  readonly rate: number;
  readonly figures: Partial<Record<Server, Figures[]>>;
  left: number;
}

/**
 * Plays scenarios with all seeds and servers on several threads. `heard` gets each result in the order of the
 * scenarios, as soon as it and those before it are there; `progress` hears how many of how many runs are done. Rejects
 * when a run does, and when it is aborted.
 */
export async function playSuite(
  options: SuiteOptions,
  heard: (result: SuiteResult) => void,
  progress: (done: number, all: number) => void,
): Promise<readonly SuiteResult[]> {
  const { plays, seeds, servers: contenders, threads, signal } = options;
  const pending = plays.flatMap((play) =>
    (options.rates ?? play.scenario.traffic.rates).map((rate): Pending => {
      return { play, rate, figures: {}, left: seeds.length * contenders.length };
    }),
  );
  const jobs = pending.flatMap((one) =>
    contenders.flatMap((server) => seeds.map((seed, index) => ({ one, server, seed, index }))),
  );
  const results: SuiteResult[] = [];
  const told = () => {
    for (let next = pending[results.length]; next?.left === 0; next = pending[results.length]) {
      const result = resultOf(next, seeds);
      results.push(result);
      heard(result);
    }
  };
  const all = jobs.length;
  let done = 0;
  const players = Array.from({ length: Math.min(threads, all) }, () => new Player());
  const stop = () => Promise.all(players.map((player) => player.stop()));
  signal?.addEventListener("abort", stop);
  const playOn = async (player: Player) => {
    for (let next = jobs.shift(); next && !signal?.aborted; next = jobs.shift()) {
      const { one, server, seed, index } = next;
      const { scenario, config } = one.play;
      const job: Job = { scenario, config, rate: one.rate, seed, server };
      const figures = one.figures[server] ?? [];
      one.figures[server] = figures;
      figures[index] = await player.play(job);
      one.left--;
      progress(++done, all);
      told();
    }
  };
  try {
    await Promise.all(players.map(playOn));
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", stop);
    await stop();
  }
  return results;
}

function resultOf({ play: { name, scenario }, rate, figures }: Pending, seeds: readonly number[]): SuiteResult {
  const misses = missesOf({ ...always, ...scenario.expect }, rate, figures.breakwater ?? []);
  return { name, about: scenario.about, rate, seeds, figures, misses };
}
