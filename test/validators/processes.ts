import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A program of the bed that runs, in a process group of its own. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  /** Whether it has ended. */
  ended(): boolean;
  /** Its log, over restarts. */
  log(): string;
  /** The last lines of its log. */
  tail(lines?: number): string;
  /** Stops it, so that it hangs; it goes on by itself after a minute if nobody has it go on before. */
  pause(): void;
  resume(): void;
  /** Kills it and resolves when it is gone. */
  kill(): Promise<void>;
}

/** How long a program hangs at most. */
const pauseSeconds = 60;

const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) signalGroup(child, "SIGKILL");
});

/** A group that is gone already needs no signal. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Node's options that end a program when this process is gone, even where this process was killed itself. */
const tied = `--require ${JSON.stringify(join(import.meta.dirname, "tied.cjs"))}`;
const keeper = join(import.meta.dirname, "keeper.cjs");

/**
 * Starts a program with `folder/NAME` as its place to work and `folder/NAME.log` as its log, which grows over restarts.
 * It does not outlive this process: when it is not Node's it has a keeper that sees to that.
 */
export function startProgram(
  name: string,
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Program {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  const file = `${cwd}.log`;
  const log = openSync(file, "a");
  const kept = basename(command[0] ?? "") === "node" ? command : [process.execPath, keeper, ...command];
  const [program = "", ...args] = kept;
  const child = spawn(program, args, {
    cwd,
    detached: true,
    env: { ...process.env, ...env, NODE_OPTIONS: `${tied} ${env["NODE_OPTIONS"] ?? ""}` },
    stdio: ["pipe", log, log],
  });
  closeSync(log);
  running.add(child);
  let failure = "";
  let waker: ChildProcess | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", (error) => {
      failure = `\n${error.message}`;
      resolve();
    });
  }).then(() => void running.delete(child));
  return {
    name,
    pid: child.pid ?? 0,
    ended: () => !running.has(child),
    log: () => readFileSync(file, "utf8"),
    tail: (lines = 20) => readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n") + failure,
    pause() {
      signalGroup(child, "SIGSTOP");
      // Stopped it would not notice when this process is gone.
      waker = spawn("sh", ["-c", `sleep ${pauseSeconds}; kill -CONT -${child.pid}`], {
        detached: true,
        stdio: "ignore",
      });
      waker.unref();
    },
    resume() {
      if (waker) signalGroup(waker, "SIGKILL");
      signalGroup(child, "SIGCONT");
    },
    kill() {
      signalGroup(child, "SIGKILL");
      return gone;
    },
  };
}

/**
 * Asks again and again until `ready` gives something. Throws when it gives nothing for `limitMs`, or when one of
 * `needed` ends meanwhile.
 */
export async function until<Result>(
  what: string,
  limitMs: number,
  needed: readonly Program[],
  ready: () => Promise<Result | undefined>,
): Promise<Result> {
  for (const end = performance.now() + limitMs; ; ) {
    const result = await ready();
    if (result !== undefined) return result;
    const lost = needed.find((program) => program.ended());
    if (lost) throw new Error(`${what}: ${lost.name} ended:\n${lost.tail()}`);
    if (performance.now() > end) {
      const logs = needed.map((program) => `${program.name}:\n${program.tail()}`).join("\n");
      throw new Error(`${what}: not within ${limitMs / 1000} s\n${logs}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
