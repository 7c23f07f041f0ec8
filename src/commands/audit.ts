import { readFileSync } from "node:fs";
import { findingText } from "../config/finding.ts";
import { loadConfig } from "../config/load.ts";
import type { EvidenceRecord, LightClientStatus, VerifiedUpstream } from "../core/verification.ts";
import { systemClock } from "../lib/clock.ts";
import { httpAdminClient } from "./admin-client.ts";
import { type AuditReport, examine, oneNamed } from "./audit-run.ts";
import { type Command, type Io, readArguments, refuse } from "./command.ts";

const options = {
  upstream: { type: "string" },
  network: { type: "string" },
  config: { type: "string" },
  admin: { type: "string" },
  calls: { type: "string" },
  json: { type: "boolean" },
} as const;

const usualCalls = 50;
const mostCalls = 10_000;

/** `breakwater audit`: is what an upstream answers so? */
export const auditCommand: Command = {
  name: "audit",
  summary: "Ask an upstream what others know, and say whether its answers are true",
  usage: `breakwater audit --upstream ID (--config FILE [--calls ${usualCalls}] | --admin URL) [--json]

With --config it asks the upstream of that file questions of every kind: blocks, logs, receipts, balances and, of an
archive, old balances; of one with traces, those. Two others of its network must answer as well. With --admin it asks
nobody, and shows what a running proxy has found out.

Options:
  --upstream ID   which one, by its id
  --network NAME  the network that it stands in, where several have an upstream of that id
  --config FILE   the configuration that it stands in
  --calls N       how many questions (${usualCalls})
  --admin URL     the operators' listener of a running proxy, such as http://127.0.0.1:9545
  --json          print one JSON object

Exit code: 0 when nothing is held against it, 1 when it lied or could not be audited, 2 when the command line is not
understood.`,
  async run(args, io) {
    const parsed = readArguments(args, options);
    if ("problem" in parsed) return refuse(io, auditCommand, parsed.problem);
    const { values, positionals } = parsed;
    if (positionals.length > 0) return refuse(io, auditCommand, `does not know what to do with ${positionals[0]}`);
    const { upstream, network, config, admin } = values;
    if (upstream === undefined) return refuse(io, auditCommand, "needs --upstream");
    if ((config === undefined) === (admin === undefined)) {
      return refuse(io, auditCommand, "needs either --config or --admin");
    }
    const calls = Number(values.calls ?? usualCalls);
    if (!Number.isInteger(calls) || calls < 1 || calls > mostCalls) {
      return refuse(io, auditCommand, `--calls must be a whole number between 1 and ${mostCalls}`);
    }
    const report =
      config === undefined
        ? await asked(admin as string, { upstream, network })
        : await fromFile(config, { upstream, network }, calls, io);
    if ("problem" in report) {
      io.stderr.write(`breakwater audit: ${report.problem}\n`);
      return 1;
    }
    io.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.evidence.length > 0 || answers(report.upstream).agreed === 0 ? 1 : 0;
  },
};

type Wanted = Parameters<typeof examine>[1];
type Outcome = AuditReport | { readonly problem: string };

async function fromFile(file: string, wanted: Wanted, calls: number, io: Io): Promise<Outcome> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return { problem: `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}` };
  }
  const loaded = loadConfig(text, { file, env: io.env });
  if ("problems" in loaded) return { problem: loaded.problems.map(findingText).join("\n") };
  return examine(loaded.config, wanted, calls, systemClock);
}

/** What a running proxy knows. */
async function asked(admin: string, wanted: Wanted): Promise<Outcome> {
  const base = URL.parse(admin);
  if (!base || !/^https?:$/.test(base.protocol))
    return { problem: "--admin must be a URL such as http://127.0.0.1:9545" };
  const client = httpAdminClient(base, undefined);
  const answer = await client.ask("GET", "/api/verification");
  if ("problem" in answer) return answer;
  const { upstreams, lightClients, error } = (answer.body ?? {}) as {
    upstreams?: VerifiedUpstream[];
    lightClients?: LightClientStatus[];
    error?: string;
  };
  if (!upstreams) return { problem: error ?? `the proxy answers ${answer.status}` };
  const upstream = oneNamed(upstreams, wanted);
  if ("problem" in upstream) return { problem: `among those that the proxy checks ${upstream.problem}` };
  const kept = await client.ask("GET", "/api/evidence?as=json");
  if ("problem" in kept) return kept;
  const { evidence = [] } = (kept.body ?? {}) as { evidence?: EvidenceRecord[] };
  const lightClient = lightClients?.find(({ network }) => network === upstream.network);
  const own = evidence.filter((one) => one.upstream === upstream.upstream && one.network === upstream.network);
  return { upstream, evidence: own, lightClient };
}

function answers({ audits }: VerifiedUpstream) {
  const count = (...findings: readonly string[]) =>
    audits.filter(({ finding }) => findings.includes(finding)).reduce((sum, one) => sum + one.count, 0);
  return { agreed: count("agreed"), wrong: count("proved", "outvoted"), open: count("unstable", "undecided") };
}

function reportText({ upstream, evidence, lightClient }: AuditReport): string {
  const { agreed, wrong, open } = answers(upstream);
  const lines = [`${upstream.upstream} (${upstream.network})`, ""];
  for (const check of new Set(upstream.audits.map((one) => one.check))) {
    const found = upstream.audits
      .filter((one) => one.check === check)
      .map(({ finding, count }) => `${count} ${finding}`);
    lines.push(`  ${check.padEnd(12)} ${found.join(", ")}`);
  }
  if (upstream.forgetful) lines.push("", "It is said to keep old state, and does not.");
  if (upstream.traceless) lines.push("", "It is said to serve traces, and does not.");
  if (upstream.sameBackend.length > 0) lines.push("", `It is the same node as ${upstream.sameBackend.join(", ")}.`);
  lines.push("", vouchers(lightClient));
  for (const { because, answer, references, truth, header } of evidence) {
    lines.push("", because, `  it says     ${shortened(answer.excerpt)}`);
    for (const one of references) lines.push(`  ${one.upstream.padEnd(11)} ${shortened(one.excerpt)}`);
    if (truth !== undefined) lines.push(`  proven      ${shortened(truth)}`);
    if (header?.by === "light_client") lines.push(`  header      a light client vouches for block ${header.number}`);
  }
  lines.push("", conclusion(agreed, wrong, open), "");
  return lines.join("\n");
}

/** Who vouches for the headers that proofs are checked against. */
function vouchers(lightClient: LightClientStatus | undefined): string {
  const quorum = "two independent upstreams vouch for headers";
  if (!lightClient) return `There is no light client: ${quorum}.`;
  const { block, trouble } = lightClient;
  if (!block || trouble !== undefined) return `The light client is of no use now, so ${quorum}: ${trouble}.`;
  return `A light client vouches for headers up to block ${block.number} and the blocks before it; where it does not reach, ${quorum}.`;
}

/**
 * What so many right answers show: one that lies in a share p of them gives n right ones with the chance (1 - p)^n, which is
 * 5 % at p = 1 - 0.05^(1/n).
 */
function conclusion(agreed: number, wrong: number, open: number): string {
  if (wrong > 0)
    return `Of ${agreed + wrong} answers that could be judged ${wrong} ${wrong === 1 ? "is" : "are"} wrong.`;
  if (agreed === 0) return "Nothing could be compared: nobody else answers what it was asked.";
  const most = (100 * (1 - 0.05 ** (1 / agreed))).toPrecision(2);
  const doubt = open === 0 ? "" : ` ${open} could not be judged.`;
  return `All ${agreed} answers that could be judged are right: with 95 % certainty fewer than ${most} % of such answers are wrong.${doubt}`;
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
