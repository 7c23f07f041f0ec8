import type { FastifyInstance } from "fastify";
import { breaches } from "../concentration/policy.ts";
import { type Report, type ReportMember, reportOf, reportOfAll } from "../concentration/report.ts";
import { allNetworks } from "../concentration/schema.ts";
import { turn } from "../lib/turn.ts";
import { partsOf } from "../observe/levels.ts";
import { hostingStatus } from "./hosting-status.ts";
import { peersStatus } from "./peers-status.ts";
import type { NetworkRuntime, Runtime } from "./runtime.ts";

/** Adds the report of `breakwater concentration` on what serves now, with the answers of the last hour. */
export function addConcentration(app: FastifyInstance, runtime: Runtime): void {
  app.get("/api/concentration", async (request, reply) => {
    const { network } = request.query as { network?: unknown };
    const asked = runtime.networks.filter(({ view }) => network === undefined || view.network === network);
    if (asked.length === 0 && network !== undefined && network !== allNetworks) {
      return reply.code(404).send({ error: "no network has this name" });
    }
    return reply.send(await concentrationReports(runtime, asked));
  });
}

/** The answer to `GET /api/concentration`. Traffic gets its turn between two networks. */
async function concentrationReports(runtime: Runtime, asked: readonly NetworkRuntime[]) {
  const { networks, policy, drift } = runtime;
  const reports: Report[] = [];
  for (const network of asked) {
    const { survival, view } = network;
    const demand = survival.peak ?? survival.demand().reduce((sum, calls) => sum + calls, 0);
    reports.push(reportOf(view.network, membersOf(network, runtime), demand, survival.reserve));
    await turn();
  }
  if (asked.length !== 1 && networks.length > 1) {
    const members = networks.flatMap((network) => membersOf(network, runtime));
    reports.push(reportOfAll(members, networks[0]?.survival.reserve ?? 0));
  }
  const named = new Set(reports.map(({ name }) => name));
  return {
    networks: reports.map(shownReport),
    broken: policy ? reports.flatMap((report) => breaches(report, policy)) : [],
    hosting: Object.fromEntries(asked.map(({ view }) => [view.network, hostingStatus(runtime, view.network)])),
    peers: Object.fromEntries(asked.map(({ view }) => [view.network, peersStatus(runtime, view)])),
    drift: (drift?.() ?? [])
      .map((moved) => ({ network: partsOf(moved)[0], dimension: partsOf(moved)[1], ...moved }))
      .filter(({ network }) => named.has(network))
      .map(({ network, dimension, change, overMs }) => ({ network, dimension, change, overHours: overMs / 3_600_000 })),
  };
}

/** A report without the list of domains, which `GET /api/survivability` tells. */
function shownReport({ survivability: { domains: _, ...survivability }, ...report }: Report) {
  return { ...report, survivability };
}

function membersOf(network: NetworkRuntime, { recorder, clock }: Runtime): ReportMember[] {
  const { upstreams, survival, stake, view } = network;
  const now = clock.now();
  return upstreams.map((upstream) => ({
    id: `${view.network}/${upstream.id}`,
    coordinates: upstream.coordinates,
    failureDomains: upstream.failureDomains,
    capacity: survival.capacity(upstream),
    status: upstream.status,
    load: survival.load(upstream),
    served: recorder.upstream(upstream).served.total(now),
    stake: stake?.(upstream),
    serves: network.eligible(upstream),
  }));
}
