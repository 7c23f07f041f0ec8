import { type Clock, systemClock } from "../lib/clock.ts";
import { parseDuration } from "../lib/duration.ts";
import { type AdminClient, httpAdminClient } from "./admin-client.ts";
import { type Command, type Io, readArguments, refuse } from "./command.ts";
import { type DrillPlan, performDrill } from "./drill/perform.ts";
import { reportJson, reportText } from "./drill/report.ts";

const options = {
  domain: { type: "string" },
  for: { type: "string" },
  "max-share": { type: "string" },
  admin: { type: "string" },
  token: { type: "string" },
  "slo-availability": { type: "string" },
  "slo-p99": { type: "string" },
  confirm: { type: "boolean" },
  json: { type: "boolean" },
} as const;

const usualAdmin = "http://127.0.0.1:9545";

/** Shorter is over before a step has shown anything; longer needs somebody to watch. */
const shortestMs = 10_000;
const longestMs = 86_400_000;

/** How a drill reaches a proxy, and the time that it takes. */
interface Means {
  readonly clock: Clock;
  client(base: URL, token: string | undefined): AdminClient;
}

/** `breakwater drill`: a domain of a running proxy is drained on purpose, while what clients feel is watched. */
export const drillCommand: Command = {
  name: "drill",
  summary: "Drain a failure domain of a running proxy for a while, and see whether clients feel it",
  usage: `breakwater drill --domain DOMAIN [--for 2m] [--max-share 100%] [--admin URL] [--token TOKEN]
       [--slo-availability 99.9%] [--slo-p99 500ms] [--confirm] [--json]

Moves the traffic of a failure domain away in steps (10, 25, 50, 100 %), the last of which takes half of the time. Watches
what clients of the networks concerned feel, and gives the traffic back as soon as the objective cannot be met any more,
at the end, and on SIGINT or SIGTERM. Its order to the proxy lasts half a minute and is renewed, so that a drill that dies
leaves nothing drained. Prints what was measured beside what /api/survivability said beforehand.

Options:
  --domain DOMAIN           region:aws/us-east-1, provider:aws, "provider:aws & client:geth", upstream:aws-1, ...
  --for DURATION            how long, from the first step to the end (2m)
  --max-share SHARE         the most of its traffic that is moved away (100%)
  --admin URL               the operators' listener of the proxy (${usualAdmin})
  --token TOKEN             its admin.token; better in the environment, as BREAKWATER_ADMIN_TOKEN
  --slo-availability SHARE  how many calls must be served (99.9%)
  --slo-p99 DURATION        what 99 of 100 calls may take (500ms)
  --confirm                 drain also the last upstreams that serve a network
  --json                    print one JSON object

Exit code: 0 when it was survived, 1 when the objective broke or the drill was aborted, stopped or did not begin, 2 when
the command line or the domain is not known.`,
  run: (args, io) => runDrill(args, io, { clock: systemClock, client: httpAdminClient }),
};

/** What `drillCommand` runs, with its own ways to reach a proxy. Resolves to the exit code. */
export async function runDrill(args: readonly string[], io: Io, means: Means): Promise<number> {
  const parsed = readArguments(args, options);
  if ("problem" in parsed) return refuse(io, drillCommand, parsed.problem);
  const { values, positionals } = parsed;
  if (positionals.length > 0) return refuse(io, drillCommand, `does not know what to do with ${positionals[0]}`);
  const plan = planOf(values, io.env["USER"]);
  if ("problem" in plan) return refuse(io, drillCommand, plan.problem);
  const base = URL.parse(values.admin ?? usualAdmin);
  if (!base || !/^https?:$/.test(base.protocol))
    return refuse(io, drillCommand, "--admin must be a URL such as http://127.0.0.1:9545");
  const client = means.client(base, values.token ?? io.env["BREAKWATER_ADMIN_TOKEN"]);
  const told = (line: string) => io.stderr.write(`${line}\n`);
  const result = await performDrill(plan, { client, clock: means.clock, signal: io.signal, told });
  if (result.outcome === "unknown") return refuse(io, drillCommand, result.because ?? "");
  io.stdout.write(values.json ? reportJson(plan, result) : reportText(plan, result));
  return result.outcome === "survived" ? 0 : 1;
}

type Values = { readonly [Name in Exclude<keyof typeof options, "json" | "confirm">]?: string | undefined } & {
  readonly confirm?: boolean | undefined;
};

function planOf(values: Values, user: string | undefined): DrillPlan | { readonly problem: string } {
  const target = values.domain;
  if (target === undefined) return { problem: "needs --domain, such as region:aws/us-east-1" };
  const forMs = parseDuration(values.for ?? "2m");
  if (forMs === undefined || forMs < shortestMs || forMs > longestMs) {
    return { problem: "--for must be a duration between 10s and 24h, such as 2m" };
  }
  const mostMoved = shareIn(values["max-share"] ?? "100%");
  if (mostMoved === undefined || mostMoved === 0) return { problem: "--max-share must be a share such as 50%" };
  const availability = shareIn(values["slo-availability"] ?? "99.9%");
  if (availability === undefined) return { problem: "--slo-availability must be a share such as 99.9%" };
  const p99Ms = parseDuration(values["slo-p99"] ?? "500ms");
  if (p99Ms === undefined || p99Ms === 0) return { problem: "--slo-p99 must be a duration such as 500ms" };
  const by = user === undefined ? "breakwater drill" : `breakwater drill of ${user}`.slice(0, 80);
  return { target, forMs, mostMoved, objective: { availability, p99Ms }, confirmed: values.confirm ?? false, by };
}

/** 0..1 of a share as people write it, `50%`. */
function shareIn(text: string): number | undefined {
  const percentage = /^\d+(\.\d+)?%$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  return percentage <= 100 ? Math.round(1e6 * percentage) / 1e8 : undefined;
}
