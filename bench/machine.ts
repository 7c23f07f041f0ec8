import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  accessSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { cpus, tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The proxy under test has this core for itself; load generator, upstream and the bench share the other. */
export const proxyCore = 0;
export const loadCore = 1;

/** Debian keeps nginx and haproxy where only root's PATH leads. */
const path = `${process.env["PATH"]}${delimiter}/usr/sbin`;

/** What the bench runs, and the Debian package that brings it. */
const tools = { wrk: "wrk", nginx: "nginx", haproxy: "haproxy", cc: "gcc libc6-dev", taskset: "util-linux" };

/** Ties a process to a core. */
const pin = "taskset";

/** How long a process may take to end by itself before it is killed; a profile must be written within. */
const stopMs = 20_000;

type Tool = keyof typeof tools;

/** What keeps a bench that needs these tools from running here, as text for the user; `undefined` when nothing does. */
export function obstacle(needed: readonly Tool[] = Object.keys(tools) as Tool[]): string | undefined {
  if (process.platform !== "linux") return "the bench reads /proc and pins processes to cores: it needs Linux";
  if (cpus().length < 2) return "the bench needs two cores: one for the proxy, one for load and upstream";
  const missing = needed.filter((tool) => !installed(tool));
  if (missing.length === 0) return undefined;
  return `${missing.join(", ")} not found. On Debian: apt install ${missing.map((tool) => tools[tool]).join(" ")}`;
}

/** Keeps the bench itself off the proxy's core. */
export function leaveProxyCore(): void {
  execFileSync(pin, ["-cp", String(loadCore), String(process.pid)], { stdio: "ignore" });
}

function installed(tool: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A TCP port that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** A process and the ones it started. */
function family(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return [pid, ...children.flatMap((child) => family(Number(child)))];
  } catch {
    return [];
  }
}

let ticksPerSecond = 0;

/** CPU time, user and system, that a process and its children have used, in seconds (proc(5), `stat` fields 14 and 15). */
export function cpuSeconds(pid: number): number {
  ticksPerSecond ||= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  const ticks = family(pid).map((member) => {
    const stat = readFileSync(`/proc/${member}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond;
}

/**
 * Nanoseconds of CPU time that a process's threads have used, not counting its children: for what takes less than a tick
 * (scheduler statistics of Linux, `schedstat`, first field). Of threads that have ended nothing is left.
 */
export function cpuNanoseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return threads.reduce((sum, one) => sum + one, 0);
}

/** Seconds since boot that the proxy's core was busy, whoever kept it so (proc(5), `/proc/stat`: all but idle and iowait). */
export function coreBusySeconds(): number {
  const line = readFileSync("/proc/stat", "utf8").split("\n")[proxyCore + 1] ?? "";
  const [user, nice, system, , , irq, softirq, steal] = line.split(/ +/).slice(1).map(Number);
  return [user, nice, system, irq, softirq, steal].reduce<number>((sum, one) => sum + (one ?? 0), 0) / ticksPerSecond;
}

/** Memory of a process and its children in megabytes: now (`VmRSS`) or at its highest since `forgetPeak` (`VmHWM`). */
export function residentMegabytes(pid: number, field: "VmRSS" | "VmHWM"): number {
  const kilobytes = family(pid).map((member) => {
    const line = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${member}/status`, "utf8"));
    return Number(line?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

/** Starts the measuring of peak memory anew (proc(5), `clear_refs`: 5). */
export function forgetPeak(pid: number): void {
  for (const member of family(pid)) writeFileSync(`/proc/${member}/clear_refs`, "5");
}

/** One started process; its output goes to a log file. */
export interface Running {
  readonly pid: number;
  readonly log: string;
  ended(): boolean;
  stop(): Promise<void>;
}

/** All that the bench started: processes, and a folder for their files. `close` leaves nothing behind. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), "breakwater-bench-"));
  readonly #children = new Set<ChildProcess>();

  /** Starts a command on one core, with standard output and error in `NAME.log` of the folder. */
  start(name: string, core: number, command: readonly string[]): Running {
    const log = join(this.folder, `${name}.log`);
    const out = openSync(log, "a");
    const child = spawn(pin, ["-c", String(core), ...command], {
      stdio: ["ignore", out, out],
      env: { ...process.env, PATH: path },
    });
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.#children.add(child);
    void gone.then(() => this.#children.delete(child));
    return {
      pid: child.pid ?? 0,
      log,
      ended: () => child.exitCode !== null || child.signalCode !== null,
      stop: async () => {
        child.kill("SIGTERM");
        const impatience = setTimeout(() => killFamily(child), stopMs);
        await gone;
        clearTimeout(impatience);
      },
    };
  }

  /** Runs a command on one core to its end. Resolves to its standard output; rejects when it fails. */
  run(core: number, command: readonly string[]): Promise<string> {
    const child = spawn(pin, ["-c", String(core), ...command], { env: { ...process.env, PATH: path } });
    this.#children.add(child);
    let output = "";
    let complaint = "";
    child.stdout.on("data", (text) => {
      output += text;
    });
    child.stderr.on("data", (text) => {
      complaint += text;
    });
    return new Promise((resolve, reject) => {
      child.once("close", (code) => {
        this.#children.delete(child);
        if (code === 0) resolve(output);
        else reject(new Error(`${command[0]} ended with ${code}: ${complaint || output}`));
      });
    });
  }

  /** Kills what still runs, at once: also right on the way out of the process. */
  close(): void {
    for (const child of this.#children) killFamily(child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function killFamily(child: ChildProcess): void {
  for (const pid of family(child.pid ?? 0)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between being listed and being killed.
    }
  }
}
