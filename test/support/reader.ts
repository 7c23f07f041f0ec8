import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Anvil, anvilBinary, freePort, startAnvil } from "./anvil.ts";
import { type Running, run } from "./breakwater.ts";

export const root = join(import.meta.dirname, "../..");

/** How a program ended, and what it printed. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody who does what a page of the documentation says, and what that has led to so far. */
export class Reader {
  /** Where the reader's files are. */
  readonly folder: string;
  /** What was exported in the reader's shell. */
  readonly env: Record<string, string> = {};
  /** The configuration read last, which is the one to save. */
  config: string | undefined;
  /** Where answers should come from now, as far as that is known. */
  served: "home" | "elsewhere" | "anywhere" = "home";
  readonly nodes: Anvil[] = [];
  proxy!: Running;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** A reader who has just run `npm start`. */
  static async start(): Promise<Reader> {
    const reader = new Reader(await mkdtemp(join(tmpdir(), "breakwater-reader-")));
    await reader.serve([]);
    return reader;
  }

  /** Starts what `npm start -- ARGS` starts, on ports of its own, instead of what ran before. */
  async serve(args: readonly string[]): Promise<void> {
    await this.proxy?.stop();
    this.proxy = await run(["serve", ...args]);
  }

  /** Starts real nodes until there are so many. */
  async haveNodes(count: number): Promise<void> {
    const anvil = anvilBinary();
    if ("missing" in anvil) throw new Error(anvil.missing);
    while (this.nodes.length < count) this.nodes.push(await startAnvil(anvil.path, await freePort()));
  }

  /** Runs a line of shell as it is written, but for the ports. Resolves to what it printed. */
  async shell(line: string): Promise<string> {
    return (await this.#run("sh", ["-c", this.here(line)], root)).stdout;
  }

  /** Runs `breakwater ARGS` in the reader's folder. */
  breakwater(args: readonly string[]): Promise<Ended> {
    return this.#run(process.execPath, [join(root, "src/main.ts"), ...args], this.folder);
  }

  /** Runs a module that may import what the repository depends on. */
  script(text: string): Promise<Ended> {
    return this.#run(process.execPath, ["--input-type=module", "--eval", this.here(text)], root);
  }

  async ask(method: string): Promise<{ text: string; upstream: string | null }> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method });
    const response = await fetch(this.proxy.url, { method: "POST", body });
    return { text: await response.text(), upstream: response.headers.get("x-breakwater-upstream") };
  }

  async leave(): Promise<void> {
    await Promise.all([this.proxy?.stop(), ...this.nodes.map((node) => node.stop())]);
    await rm(this.folder, { recursive: true });
  }

  /** A text with the ports that the proxy really has, in place of those that it has on the pages. */
  here(text: string): string {
    return text
      .replaceAll("http://127.0.0.1:8545", this.proxy.url)
      .replaceAll("http://127.0.0.1:9545", this.proxy.admin);
  }

  #run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
    return new Promise((resolve) => {
      const env = { ...process.env, ...this.env };
      const child = execFile(program, args, { cwd, env, timeout: 60_000 }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  }
}
