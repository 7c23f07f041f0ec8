import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Figures } from "../report/figures.ts";
import { tied } from "./processes.ts";
import { type Sample, sampleIn } from "./samples.ts";

/** How to come by k6, for whoever has none. */
export const noK6 = `k6 is not installed. Take your system's package (https://grafana.com/docs/k6/latest/set-up/install-k6/),
or with Go: go install go.k6.io/k6@latest. Elsewhere than on the PATH: K6=/path/to/k6.`;

/** A k6 that runs: that of the environment variable K6, on the PATH, or where Go puts programs. */
export function findK6(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const go = join(env["GOPATH"] ?? join(homedir(), "go"), "bin", "k6");
  const places = env["K6"] === undefined ? ["k6", go] : [env["K6"]];
  return places.find((place) => spawnSync(place, ["version"]).status === 0);
}

/** What k6 is to do. */
export interface Order {
  readonly k6: string;
  /** A script of `loadtest`, by its name without ending. */
  readonly script: string;
  /** `-e` of k6. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the summary goes, without its ending. */
  readonly report: string;
  readonly progress: (sample: Sample) => void;
}

/** A run of k6: every call, and its summary unless it could not begin. */
export interface Run {
  readonly samples: readonly Sample[];
  readonly figures: Figures | undefined;
  readonly text: string;
  /** What k6 complained of, other than requests that failed. */
  readonly complaints: string;
}

/** Runs a k6 script to its end. */
export async function runK6({ k6, script, env, report, progress }: Order): Promise<Run> {
  mkdirSync(join(report, ".."), { recursive: true });
  for (const ending of ["json", "txt"]) rmSync(`${report}.${ending}`, { force: true });
  const file = fileURLToPath(new URL(`../${script}.ts`, import.meta.url));
  const settings = Object.entries({ ...env, REPORT: report }).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const args = ["run", "--quiet", "--no-usage-report", "--log-format", "raw", "--out", "json=-", ...settings, file];
  const child = spawn(k6, args, { stdio: ["ignore", "pipe", "pipe"] });
  tied(child);
  // A terminal's Ctrl-C reaches k6 by itself, and a second one would have it drop everything.
  const end = () => child.kill("SIGTERM");
  process.once("SIGTERM", end);
  const samples: Sample[] = [];
  const complaints: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    const sample = sampleIn(line);
    if (!sample) return;
    samples.push(sample);
    progress(sample);
  });
  createInterface(child.stderr).on("line", (line) => {
    // In an outage there are thousands of these, and all are counted.
    if (!line.startsWith("Request Failed") && complaints.length < 20) complaints.push(line);
  });
  await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  process.off("SIGTERM", end);
  const read = (ending: string) => {
    try {
      return readFileSync(`${report}.${ending}`, "utf8");
    } catch {
      return undefined;
    }
  };
  const json = read("json");
  return {
    samples,
    figures: json === undefined ? undefined : (JSON.parse(json) as Figures),
    text: read("txt") ?? "",
    complaints: complaints.join("\n"),
  };
}
