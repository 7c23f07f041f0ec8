import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Backend } from "./backend.ts";
import type { Contender } from "./contenders.ts";
import { load, type Size } from "./load.ts";
import { cpuSeconds, type Workplace } from "./machine.ts";
import { start } from "./measure.ts";

/** The parts of V8's CPU profile that are read here; times in microseconds of the monotonic clock. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const warmUpSeconds = 3;
const loadedSeconds = 8;
const samplingMicroseconds = 200;
const shown = 40;
const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a Node contender under V8's sampling profiler and returns where the time of a request went: microseconds of
 * self time by function and by package, only from the loaded stretch. The profile itself stays in `out`.
 */
export async function profile(
  workplace: Workplace,
  backend: Backend,
  contender: Contender,
  size: Size,
  out: string,
): Promise<string> {
  const flags = ["--cpu-prof", `--cpu-prof-dir=${out}`, `--cpu-prof-interval=${samplingMicroseconds}`];
  const started = await start(workplace, backend, contender, flags);
  const { running, url } = started;
  if (!running) throw new Error(`${contender.name} is no process`);
  const order = { url, connections: 64, size, networks: contender.networks };
  await load(workplace, { ...order, seconds: warmUpSeconds });
  const [from, used] = [process.hrtime.bigint(), cpuSeconds(running.pid)];
  const seen = await load(workplace, { ...order, seconds: loadedSeconds });
  const [to, cpu] = [process.hrtime.bigint(), cpuSeconds(running.pid) - used];
  await running.stop();
  const file = newest(out);
  const spent = selfTimes(JSON.parse(readFileSync(file, "utf8")), Number(from / 1_000n), Number(to / 1_000n));
  const total = `${contender.name}, ${size}: ${((cpu * 1e6) / seen.requests).toFixed(1)} µs CPU a request under the profiler`;
  return [
    `${total}; profile in ${relative(process.cwd(), file)}`,
    "",
    "µs a request by package:",
    ...ranking(spent.places, seen.requests),
    "",
    "µs a request by function:",
    ...ranking(spent.functions, seen.requests),
  ].join("\n");
}

function newest(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"));
  const last = names.sort().at(-1);
  if (last === undefined) throw new Error("the contender left no profile: it must end by itself on SIGTERM");
  return join(folder, last);
}

/** Adds up the samples between two moments, in microseconds. */
function selfTimes(profile: Profile, from: number, to: number) {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const places = new Map<string, number>();
  let at = profile.startTime;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    const frame = frames.get(id);
    if (!frame || at < from || at > to || frame.functionName === "(idle)") return;
    const file = frame.url.replace("file://", "").replace(root, "");
    const name = `${frame.functionName || "(anonymous)"}${file ? ` ${file}:${frame.lineNumber + 1}` : ""}`;
    functions.set(name, (functions.get(name) ?? 0) + delta);
    const place = placeOf(frame.functionName, file);
    places.set(place, (places.get(place) ?? 0) + delta);
  });
  return { functions, places };
}

/** The package of a file, or the folder for our own: `node:*`, `undici`, `src/policies`. */
function placeOf(name: string, file: string): string {
  if (file === "") return name.startsWith("(") ? name : "native";
  if (file.startsWith("node:")) return "node:*";
  if (file.startsWith("wasm:")) return "wasm";
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  return dependency ?? file.split("/").slice(0, -1).join("/");
}

function ranking(spent: ReadonlyMap<string, number>, requests: number): string[] {
  return [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([name, microseconds]) => `${(microseconds / requests).toFixed(2).padStart(8)}  ${name}`);
}
