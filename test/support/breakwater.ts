import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Breakwater in a process of its own, as a user runs it. */
export interface Running {
  readonly url: string;
  readonly admin: string;
  /** All that it has printed. */
  output(): string;
  stop(): Promise<number | null>;
}

/** Runs `breakwater serve` with a configuration text. Resolves when it is ready. */
export async function startBreakwater(config: string, env: Record<string, string> = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-"));
  const file = join(folder, "config.yaml");
  await writeFile(file, config);
  return run(["serve", "--config", file], env, () => rm(folder, { recursive: true, force: true }));
}

/**
 * Runs any `breakwater serve` command line, on ports that it finds free itself: one that was free a moment ago may be taken
 * by a simulated upstream meanwhile. Resolves when it is ready.
 */
export async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  cleanUp: () => Promise<void> = async () => {},
): Promise<Running> {
  const child = spawn(process.execPath, ["src/main.ts", ...args, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await exited;
    await cleanUp();
    return code;
  };
  /** Where it says that it listens. */
  const said = (side: string) => new RegExp(`^ {2}${side} +(http\\S+)`, "m").exec(output)?.[1];
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null) throw new Error(`breakwater ended with ${child.exitCode}:\n${output}`);
    const [url, admin] = [said("clients"), said("operators")];
    const ready = admin === undefined ? undefined : await fetch(`${admin}/readyz`).catch(() => undefined);
    if (url !== undefined && admin !== undefined && ready?.ok) return { url, admin, output: () => output, stop };
    if (tries === 400) {
      child.kill("SIGKILL");
      throw new Error(`breakwater did not get ready:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
