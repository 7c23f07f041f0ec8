import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./anvil.ts";

/** Breakwater in a process of its own, as a user runs it. */
export interface Running {
  readonly url: string;
  readonly admin: string;
  /** All that it has printed. */
  output(): string;
  stop(): Promise<number | null>;
}

/** Runs `breakwater serve` with a configuration text; `listen` and `admin` are added. Resolves when it is ready. */
export async function startBreakwater(config: string, env: Record<string, string> = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-"));
  const file = join(folder, "config.yaml");
  const [port, adminPort] = [await freePort(), await freePort()];
  await writeFile(file, `listen: 127.0.0.1:${port}\nadmin: { listen: "127.0.0.1:${adminPort}" }\n${config}`);
  return run(["serve", "--config", file], port, adminPort, env, () => rm(folder, { recursive: true }));
}

/** Runs any `breakwater serve` command line that listens on the given ports. Resolves when it is ready. */
export async function run(
  args: readonly string[],
  port: number,
  adminPort: number,
  env: Record<string, string> = {},
  cleanUp: () => Promise<void> = async () => {},
): Promise<Running> {
  const child = spawn(process.execPath, ["src/main.ts", ...args], {
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
  const admin = `http://127.0.0.1:${adminPort}`;
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null) throw new Error(`breakwater ended with ${child.exitCode}:\n${output}`);
    const ready = await fetch(`${admin}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) break;
    if (tries === 400) {
      child.kill("SIGKILL");
      throw new Error(`breakwater did not get ready:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return {
    url: `http://127.0.0.1:${port}`,
    admin,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      const code = await exited;
      await cleanUp();
      return code;
    },
  };
}
