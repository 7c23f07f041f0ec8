import exec from "k6/execution";
import type { RefinedResponse } from "k6/http";
import { Counter, Rate, Trend } from "k6/metrics";
import type { Threshold } from "k6/options";
import { type Plan, tipAt } from "../plans/plan.ts";
import { isStruck, phaseAt, type Schedule } from "../plans/schedule.ts";
import { ask, complaints } from "./calls.ts";

const answered = new Rate("answered");
const waited = new Trend("waited", true);
const failed = new Counter("failed_requests");
const attempts = new Trend("attempts");
const fromStruck = new Rate("from_struck");
const askedStruck = new Trend("asked_struck", true);

/** One call of one client, measured: what every script here runs, each as often as it likes. */
export function call(plan: Plan): void {
  const { schedule } = plan;
  const now = Date.now();
  const at = now - exec.scenario.startTime;
  const struckNow = schedule.strikes.some(({ from, to }) => at >= from && at < to);
  const headers = struckNow ? { "x-breakwater-explain": "1" } : undefined;
  const { response, complaint } = ask(exec.scenario.iterationInTest, tipAt(plan, now), headers);
  const phase = phaseAt(schedule, at);
  const elapsed = response.status === 0 ? Date.now() - now : response.timings.duration + response.timings.connecting;
  const upstream = response.headers["X-Breakwater-Upstream"] ?? response.headers["X-Served-By"] ?? "nobody";
  const provider = plan.providers[upstream] ?? upstream;
  waited.add(elapsed, { phase, provider, upstream, result: complaint ?? "answered" });
  if (phase === "warm-up") return;
  const begun = schedule.strikes.length > 0 && at >= schedule.onset;
  const tags = begun ? { phase, second: secondOf(schedule, at), since: "onset" } : { phase };
  const struck = schedule.strikes.some(({ upstreams }) => upstreams.includes(upstream));
  answered.add(complaint === undefined, tags);
  if (complaint === undefined) fromStruck.add(struck, tags);
  else failed.add(1, { phase, because: complaint });
  const count = Number(response.headers["X-Breakwater-Attempts"] ?? Number.NaN);
  if (!Number.isNaN(count)) attempts.add(count, { phase });
  if (struckNow) noteStruck(response, at, elapsed, schedule);
}

interface Explanation {
  readonly attempts?: readonly { readonly upstream: string; readonly reason: string; readonly ms: number | null }[];
}

/** Writes down when struck upstreams were asked on behalf of a client, as far as the proxy explains itself. */
function noteStruck(response: RefinedResponse<"text">, at: number, elapsed: number, schedule: Schedule): void {
  const text = response.headers["X-Breakwater-Explain"];
  if (text === undefined) return;
  let sentAt = at;
  for (const { upstream, reason, ms } of explanationIn(text).attempts ?? []) {
    // A hedge begins while the first still waits, and usually ends the call; the others follow one after the other.
    const from = reason === "hedge" ? at + Math.max(0, elapsed - (ms ?? 0)) : sentAt;
    if (isStruck(schedule, upstream, from)) askedStruck.add(from - schedule.onset);
    if (reason !== "hedge") sentAt += ms ?? 0;
  }
}

function explanationIn(text: string): Explanation {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function secondOf(schedule: Schedule, at: number): string {
  return `${Math.floor((at - schedule.onset) / 1_000)}`;
}

/** Has k6 keep the figures of each phase, and of each second from the onset on, for the summary. */
export function kept(schedule: Schedule): Record<string, Threshold[]> {
  const names = schedule.phases.filter(({ name }) => name !== "warm-up").map(({ name }) => `{phase:${name}}`);
  const seconds = Array.from(
    { length: Math.ceil((schedule.end - schedule.onset) / 1_000) },
    (_, second) => `{second:${second}}`,
  );
  return Object.fromEntries(
    [
      ...names.flatMap((tag) =>
        ["answered", "waited", "attempts", "failed_requests", "from_struck"].map((one) => one + tag),
      ),
      ...seconds.flatMap((tag) => [`answered${tag}`, `from_struck${tag}`]),
      ...complaints.map((complaint) => `failed_requests{because:${complaint}}`),
      "answered{since:onset}",
    ].map((name) => [name, []]),
  );
}

/** What k6 works out of each trend. */
export const trendStats = ["count", "avg", "min", "med", "p(99)", "max"];
