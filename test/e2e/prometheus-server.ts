import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/anvil.ts";

/** An alert as Prometheus tells of it. */
export interface Alert {
  readonly state: "pending" | "firing";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A real Prometheus that scrapes one Breakwater each second, with the rules and alerts of `dashboards/`. */
export interface Prometheus {
  alerts(): Promise<readonly Alert[]>;
  /** The value of an expression that is one series, `undefined` when it is none. */
  query(expression: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

const dashboards = new URL("../../dashboards/", import.meta.url);

/** The alerts as they are, but for the time that something must last: no test waits an hour. */
const hasty = (text: string) => text.replaceAll(/^( +for: ).*$/gm, "$12s");

const config = (target: string) => `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml, alerts.yml]
scrape_configs:
  - { job_name: breakwater, static_configs: [{ targets: ["${target}"] }] }
`;

/** Starts `prometheus` for the process whose operators' listener is at `admin`. Rejects when it is not ready within ten seconds. */
export async function startPrometheus(admin: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-prometheus-"));
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const read = (file: string) => readFileSync(new URL(file, dashboards), "utf8");
  write("prometheus.yml", config(new URL(admin).host));
  write("rules.yml", read("rules.yml"));
  write("alerts.yml", hasty(read("alerts.yml")));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let output = "";
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(child, url, () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    alerts: async () => ((await ask(`${url}/api/v1/alerts`)) as { alerts: readonly Alert[] }).alerts,
    query: async (expression) => {
      const found = (await ask(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)) as {
        result: readonly { value: readonly [number, string] }[];
      };
      return found.result.length === 1 ? Number(found.result[0]?.value[1]) : undefined;
    },
    stop,
  };
}

async function ready(child: ChildProcess, url: string, output: () => string): Promise<void> {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
    const answers = await fetch(`${url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`prometheus did not get ready:\n${output()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function ask(url: string): Promise<unknown> {
  const { status, data, error } = (await (await fetch(url)).json()) as {
    status: string;
    data: unknown;
    error?: string;
  };
  if (status !== "success") throw new Error(`${url}: ${error}`);
  return data;
}
