import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";

/** How long a process may take to end by itself before it is killed. */
const stopMs = 15_000;

/** A process that was started for a rehearsal. */
export interface Started {
  readonly child: ChildProcess;
  /** The last of what it printed. */
  output(): string;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Has a process killed when this one ends without having waited for it. */
export function tied(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** What of a process's output is kept, in characters. */
const outputLimit = 20_000;

/** Starts a program that runs until it is told to stop. */
export function start([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv = process.env): Started {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  tied(child);
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-outputLimit);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      output += error.message;
      resolve();
    });
  });
  return {
    child,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Waits until `ready` gives something. Throws when the process ends before, or after `limitMs`. */
export async function until<T>(what: string, started: Started, limitMs: number, ready: () => Promise<T | undefined>) {
  for (const end = Date.now() + limitMs; ; ) {
    const result = await ready();
    if (result !== undefined) return result;
    const gone = started.child.exitCode !== null || started.child.signalCode !== null;
    if (gone || Date.now() > end) {
      await started.stop();
      throw new Error(`${what} ${gone ? "ended at once" : "did not get ready"}:\n${started.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A TCP port on the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
