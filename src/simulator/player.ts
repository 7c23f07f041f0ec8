import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Figures, figuresOf } from "./figures.ts";
import { type RunOptions, run } from "./run.ts";

/** What tells a thread that it is here to play. */
const marker = "breakwater: plays scenarios";

/** Room for short-lived objects, in megabytes: with Node's default a run spends half of its time on collections. */
const youngMb = 64;

/** A run, as it is told to a thread. */
export type Job = Omit<RunOptions, "progress">;

interface Result {
  readonly figures?: Figures;
  readonly error?: string;
}

/** A thread that plays one run after the other. */
export class Player {
  readonly #worker = new Worker(new URL(import.meta.url), {
    workerData: marker,
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  });

  /** The figures of a run. Rejects when the proxy or the simulator has a bug, or the thread is stopped. */
  play(job: Job): Promise<Figures> {
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const over = new AbortController();
      const { signal } = over;
      once(worker, "message", { signal })
        .then(([result]) => {
          const { figures, error } = result as Result;
          const { scenario, rate, seed, server } = job;
          if (figures) resolve(figures);
          else reject(new Error(`${scenario.name}, ${rate}/s, seed ${seed}, ${server}: ${error}`));
        }, reject)
        .finally(() => over.abort());
      once(worker, "exit", { signal }).then(
        () => reject(new Error("the thread was stopped")),
        () => {},
      );
      worker.postMessage(job);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

if (!isMainThread && workerData === marker && parentPort) {
  const port = parentPort;
  port.on("message", (job: Job) => {
    const answer = (result: Result) => port.postMessage(result);
    run(job).then(
      (played) => answer({ figures: figuresOf(played) }),
      (bug: unknown) => answer({ error: bug instanceof Error ? (bug.stack ?? bug.message) : String(bug) }),
    );
  });
}
