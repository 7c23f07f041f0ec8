import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

const caches = join(import.meta.dirname, "../../node_modules/.cache/breakwater");

/** How long one command may take, in ms; npm took 14 to 39 s here, building Prysm three minutes with its downloads. */
const commandMs = 900_000;

/**
 * Makes a folder from some files, once for each content of them: copies them into a cache folder and runs commands
 * there. Gives the folder, or what a command said last when it failed.
 */
export async function installOnce(
  source: string,
  files: readonly string[],
  commands: readonly (readonly string[])[],
): Promise<{ folder: string } | { failure: string }> {
  const texts = await Promise.all(files.map((file) => readFile(join(source, file))));
  const hash = createHash("sha256").update(JSON.stringify(commands));
  for (const text of texts) hash.update(text);
  const folder = join(caches, hash.digest("hex").slice(0, 16));
  if (existsSync(folder)) return { folder };
  await mkdir(caches, { recursive: true });
  const draft = await mkdtemp(join(caches, "draft-"));
  try {
    for (const file of files) {
      await mkdir(dirname(join(draft, file)), { recursive: true });
      await copyFile(join(source, file), join(draft, file));
    }
    for (const command of commands) {
      const failure = await run(command, draft);
      if (failure !== undefined) return { failure };
    }
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      // Somebody else was as quick: theirs is the same.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return { folder };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Runs a command to its end. Gives the last of what it said when it failed. */
export function run([program = "", ...args]: readonly string[], cwd: string): Promise<string | undefined> {
  const child = spawn(program, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-2_000);
    });
  }
  const kill = () => {
    const runs = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    if (runs) process.kill(-(child.pid as number), "SIGKILL");
  };
  const timer = setTimeout(() => {
    output += `\nnot within ${commandMs / 1000} s`;
    kill();
  }, commandMs);
  process.once("exit", kill);
  return new Promise((resolve) => {
    const end = (failure: string | undefined) => {
      clearTimeout(timer);
      process.off("exit", kill);
      resolve(failure);
    };
    child.once("error", (error) => end(error.message));
    child.once("close", (code) => end(code === 0 ? undefined : output.trim()));
  });
}
