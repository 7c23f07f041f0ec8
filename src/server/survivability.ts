import type { FastifyInstance } from "fastify";
import { compareLosses, type Remains, type Survivability } from "../concentration/survivability.ts";
import { turn } from "../lib/turn.ts";
import { type NetworkSurvivability, survivabilityOf } from "../observe/survival.ts";
import type { Runtime } from "./runtime.ts";

/** How many domains of a network are listed, the worst first, where no network was asked for by name. */
const usuallyListed = 10;

/** Adds what would be left if failure domains went away. */
export function addSurvivability(app: FastifyInstance, runtime: Runtime): void {
  app.get("/api/survivability", async (request, reply) => {
    const { network } = request.query as { network?: unknown };
    const asked = runtime.networks.filter(({ view }) => network === undefined || view.network === network);
    if (asked.length === 0 && network !== undefined) {
      return reply.code(404).send({ error: "no network has this name" });
    }
    const listed = network === undefined ? usuallyListed : Number.POSITIVE_INFINITY;
    return reply.send(await survivabilityStatus({ networks: asked }, listed));
  });
}

/**
 * The answer to `GET /api/survivability`. Calls are calls a second, ratios and shares 0..1. What is not known, or has no
 * end, is `null`. Traffic gets its turn between two networks.
 */
async function survivabilityStatus({ networks }: Pick<Runtime, "networks">, listed: number) {
  const found: (NetworkSurvivability & { readonly network: string })[] = [];
  for (const network of networks) {
    found.push({ network: network.view.network, ...survivabilityOf(network) });
    await turn();
  }
  return {
    reserve: networks[0]?.survival.reserve ?? null,
    worst: {
      now: worstOf(found, ({ now }) => now),
      peak: worstOf(found, ({ peak }) => peak),
    },
    networks: found.map(({ network, now, peak }) => ({
      network,
      now: survivabilityView(now, listed),
      peak: peak ? survivabilityView(peak, listed) : null,
    })),
  };
}

/** Networks are judged apart, and the worst of those that can be judged decides. */
function worstOf<T extends { readonly network: string }>(
  networks: readonly T[],
  of: (network: T) => Survivability | undefined,
) {
  const losses = networks.flatMap((network) => {
    const { one, measured = false } = of(network) ?? {};
    return one && (measured || !one.survives) ? [{ network: network.network, one }] : [];
  });
  const [worst] = losses.sort((a, b) => compareLosses(a.one, b.one));
  if (!worst) return null;
  const { network, one } = worst;
  return { network, domain: one.domain, ratio: rounded(one.ratio), survives: one.survives };
}

function survivabilityView(found: Survivability, listed: number) {
  const { basis, assumed, measured, demand, capacity, load, one, two, dimensions, domains, domainCount } = found;
  return {
    demand: demand === undefined ? null : rounded(demand),
    capacity: rounded(capacity),
    load: rounded(load),
    basis,
    assumed,
    measured,
    one: one ? { domain: one.domain, ...remainsView(one, measured) } : null,
    two: two ? { domains: two.domains, exact: two.exact, ...remainsView(two, measured) } : null,
    dimensions: dimensions.map(({ worst, expectedUnserved }) => ({
      dimension: worst.dimension,
      worst: worst.domain,
      ratio: rounded(worst.ratio),
      decides: worst.decides,
      expectedUnserved: measured ? rounded(expectedUnserved) : null,
    })),
    domainCount,
    domains: domains.slice(0, listed).map((loss) => ({
      domain: loss.domain,
      upstreams: loss.members.length,
      decides: loss.decides,
      capacityShare: rounded(loss.capacityShare),
      loadShare: rounded(loss.loadShare),
      ...remainsView(loss, measured),
    })),
  };
}

function remainsView({ remaining, ratio, headroom, deficit, unserved, survives }: Remains, measured: boolean) {
  return {
    remaining: rounded(remaining),
    ratio: rounded(ratio),
    headroom: measured ? rounded(headroom) : null,
    deficit: measured ? rounded(deficit) : null,
    unserved: measured ? rounded(unserved) : null,
    survives,
  };
}

/** To four digits after the point, which is more than anybody knows of a capacity. JSON makes `null` of what has no end. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
