import { loadCore, type Workplace } from "./machine.ts";

/** Bytes of a large answer: what the issue of a 1,000-block `eth_getLogs` looks like. */
export const largeBytes = 200_000;

export type Size = "small" | "large";

/** What one run of wrk is to do. */
export interface Order {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly size: Size | "mixed";
  /** 0 posts to the URL's path; N posts to `/n0` ... in turn. */
  readonly networks: number;
}

/** What wrk saw. Latencies in microseconds; an error is a connection or read that failed, or a status that is not 2xx or 3xx. */
export interface Seen {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
}

const script = new URL("load.lua", import.meta.url).pathname;

/** Each run starts its numbers elsewhere, so that no contender meets a body twice. */
let seed = 0;

/** Loads a URL with wrk (one thread, keep-alive connections, closed loop). */
export async function load(workplace: Workplace, order: Order): Promise<Seen> {
  const { url, connections, seconds, size, networks } = order;
  const numbers = [size, String(seed++), String(networks)];
  const command = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", script, url, "--"];
  const output = await workplace.run(loadCore, [...command, ...numbers]);
  const line = /^bench (.+)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk did not report: ${output}`);
  const [requests = 0, elapsed = 0, errors = 0, p50 = 0, p99 = 0] = line.split(" ").map(Number);
  return { requests, seconds: elapsed, errors, p50, p99 };
}

/** Ids of every kind that a client may send; the answer must carry the same text. */
const ids = ["1", "0", "-7", '"x"', '"a b"', "9007199254740993", "123456789"];

const questions: Record<Size, (word: string) => string> = {
  small: (word) =>
    `"method":"eth_call","params":[{"to":"0xdac17f958d2ee523a2206206994597c13d831ec7","data":"0x70a08231${word}"},"latest"]`,
  large: (word) =>
    `"method":"eth_getLogs","params":[{"fromBlock":"0x1312c00","toBlock":"0x1312d00","topics":["0x${word}"]}]`,
};

/** Asks a contender `rounds` x {@link ids} questions at once and returns what was wrong with the answers. */
export async function spotCheck(url: string, size: Size, rounds: number): Promise<string[]> {
  const asked = Array.from({ length: rounds }, (_, round) => ids.map((id) => ask(url, size, id, `${round}`)));
  return (await Promise.all(asked.flat())).filter((complaint) => complaint !== undefined);
}

async function ask(url: string, size: Size, id: string, nonce: string): Promise<string | undefined> {
  const word = (nonce + id.replace(/\D/g, "")).padStart(64, "0");
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"jsonrpc":"2.0","id":${id},${questions[size](word)}}`,
  });
  const text = await response.text();
  if (response.status !== 200) return `status ${response.status}: ${text.slice(0, 200)}`;
  if (!text.includes(`"id":${id},`)) return `id ${id} is not in ${text.slice(0, 100)}`;
  const result: unknown = JSON.parse(text).result;
  if (size === "small") return typeof result === "string" && result.length === 130 ? undefined : `odd result: ${text}`;
  if (Array.isArray(result) && text.length >= largeBytes) return undefined;
  return `an answer of ${text.length} bytes is not the large one`;
}

/** Waits until the contender answers on each of its paths. Rejects after `limitMs`, or when `ended` says that it is gone. */
export async function ready(urls: readonly string[], limitMs: number, ended: () => boolean): Promise<void> {
  const until = Date.now() + limitMs;
  for (const url of urls) {
    let complaint: string | undefined = "no answer yet";
    while (complaint !== undefined) {
      if (ended()) throw new Error("it ended before it answered");
      if (Date.now() > until) throw new Error(`not ready after ${limitMs / 1000} s: ${complaint}`);
      complaint = await ask(url, "small", "1", "0").catch((error: Error) => error.message);
      if (complaint !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
