import { sleep } from "k6";
import exec from "k6/execution";
import type { Options } from "k6/options";
import { headNow, url } from "./k6/calls.ts";
import { call, kept, trendStats } from "./k6/clients.ts";
import { aimed, heal, inject, providersOf, readyUpstreams } from "./k6/control.ts";
import { watch as watchProxy } from "./k6/watch.ts";
import { outageOf } from "./plans/index.ts";
import type { Plan } from "./plans/plan.ts";
import { scheduleOf } from "./plans/schedule.ts";

export { handleSummary } from "./k6/summary.ts";

/**
 * Plays one outage: a steady rate of calls, and the faults in their order, injected through the operators' side.
 *
 *     k6 run -e OUTAGE=region-outage loadtest/outage.ts
 *
 * RATE: calls per second (200). SCALE: all times but the warm-up times this (1). REST: the times before and after the faults
 * times this too (1). BLOCK_TIME: seconds between blocks (2),
 * 0 not to judge how old answers are. FAULTS=none: somebody else causes the outage. CLIENTS: how many stand ready; more are
 * made ready when all of them wait, which takes time (twice the rate). REPORT: where the summary is written, without its
 * ending.
 */
const outage = outageOf(__ENV["OUTAGE"] ?? "region-outage");
const rate = Number(__ENV["RATE"] ?? 200);
const schedule = scheduleOf(outage, Number(__ENV["SCALE"] ?? 1), Number(__ENV["REST"] ?? 1));
const injecting = __ENV["FAULTS"] !== "none";

/** Clients wait no longer than this, so that more than so many seconds' worth of them never wait at once. */
const patienceSeconds = 10;

/** Seconds beyond the end of the schedule for what is still under way. */
const graceSeconds = 15;
const once = {
  executor: "per-vu-iterations",
  vus: 1,
  iterations: 1,
  maxDuration: `${Math.ceil(schedule.end / 1_000) + graceSeconds}s`,
} as const;

export const options: Options = {
  scenarios: {
    clients: {
      executor: "constant-arrival-rate",
      rate,
      timeUnit: "1s",
      duration: `${schedule.end}ms`,
      preAllocatedVUs: Number(__ENV["CLIENTS"] ?? 2 * rate),
      maxVUs: patienceSeconds * rate,
      gracefulStop: `${graceSeconds}s`,
      exec: "clients",
    },
    faults: { ...once, exec: "faults" },
    watch: { ...once, exec: "watch" },
  },
  thresholds: {
    ...kept(schedule),
    "answered{phase:before}": ["rate>=0.999"],
    "answered{since:onset}": [`rate>=${outage.expect.answered}`],
    "waited{phase:outage}": [`p(99)<${outage.expect.p99}`],
    wrong_ejections: ["value<1"],
  },
  summaryTrendStats: trendStats,
};

export function setup(): Plan {
  const upstreams = readyUpstreams(sleep);
  if (upstreams === undefined) throw new Error("nobody answers at BREAKWATER_ADMIN: start Breakwater first");
  if (injecting) heal();
  const { name, about, source, pace } = outage;
  return {
    name,
    about,
    source,
    pace,
    url,
    load: `${rate} calls a second`,
    schedule: aimed(schedule, upstreams),
    providers: providersOf(upstreams),
    head: { block: headNow(), at: Date.now(), blockMs: 1_000 * Number(__ENV["BLOCK_TIME"] ?? 2) },
  };
}

export function clients(plan: Plan): void {
  call(plan);
}

/** Injects and heals, each at its time; of what falls together the healing first. */
export function faults(plan: Plan): void {
  if (!injecting) return;
  const { strikes, end } = plan.schedule;
  const steps = strikes
    .flatMap(({ from, to, fault }) => [
      { at: from, order: 1, act: () => inject(fault) },
      ...(to < end ? [{ at: to, order: 0, act: () => heal(fault) }] : []),
    ])
    .sort((a, b) => a.at - b.at || a.order - b.order);
  for (const { at, act } of steps) {
    sleep(Math.max(0, exec.scenario.startTime + at - Date.now()) / 1_000);
    act();
  }
}

export function watch(plan: Plan): void {
  watchProxy(plan.schedule, exec.scenario.startTime, sleep);
}

export function teardown(): void {
  if (injecting) heal();
}

export default clients;
