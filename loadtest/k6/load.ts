import { sleep } from "k6";
import type { Options, Scenario } from "k6/options";
import { type LoadName, loads } from "../plans/loads.ts";
import type { Plan } from "../plans/plan.ts";
import { undisturbed } from "../plans/schedule.ts";
import { headNow, url } from "./calls.ts";
import { call, kept, trendStats } from "./clients.ts";
import { providersOf, readyUpstreams } from "./control.ts";

interface Script {
  /** How many calls are made, in words. */
  readonly load: string;
  /** k6's scenario, for a run of so many seconds. */
  readonly scenario: (seconds: number, scale: number) => Scenario;
  /** k6 thresholds, by metric. */
  readonly thresholds: Record<string, string[]>;
}

/** What the k6 script of a load exports. `-e SCALE=0.5` halves its time. */
export function loadScript(which: LoadName, { load, scenario, thresholds }: Script) {
  const { name, about } = loads[which];
  const scale = Number(__ENV["SCALE"] ?? 1);
  const seconds = loads[which].seconds * scale;
  const schedule = undisturbed(seconds);
  const options: Options = {
    scenarios: { clients: scenario(seconds, scale) },
    thresholds: { ...kept(schedule), ...thresholds },
    summaryTrendStats: trendStats,
  };
  const setup = (): Plan => {
    const upstreams = readyUpstreams(sleep);
    const head = { block: headNow(), at: Date.now(), blockMs: 1_000 * Number(__ENV["BLOCK_TIME"] ?? 2) };
    return { name, about, load, url, schedule, providers: providersOf(upstreams), head };
  };
  return { options, setup, clients: (plan: Plan) => call(plan) };
}
