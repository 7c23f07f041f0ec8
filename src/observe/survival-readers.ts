import { effectiveIndependent } from "../concentration/dependence.ts";
import { expectedUnserved } from "../concentration/expectation.ts";
import type { Survivability } from "../concentration/survivability.ts";
import { withoutGaps } from "../core/capacity.ts";
import type { MetricName } from "./metrics.ts";
import type { Emit, Reader } from "./scrape.ts";

/** How the metrics of static stability are read. What nothing is known of has no series: a share of endpoints is no promise. */
export const survivalReaders = {
  breakwater_survivability_ratio: perDemand(({ dimensions }, emit, network, demand) => {
    for (const { worst } of dimensions) emit(worst.ratio, network, worst.dimension, worst.entity, demand);
  }),
  breakwater_survivability_pair_ratio: perDemand(({ two }, emit, ...labels) => {
    if (two) emit(two.ratio, ...labels);
  }),
  breakwater_survivability_deficit_calls_per_second: perDemand(({ one }, emit, ...labels) => {
    if (one) emit(one.deficit, ...labels);
  }),
  breakwater_effective_independent_upstreams: ({ networks }, emit) => {
    for (const { view, upstreams, survival, eligible } of networks) {
      const serving = upstreams.filter(eligible);
      const { filled } = withoutGaps(serving.map((upstream) => survival.capacity(upstream)?.perSecond));
      const weighed = serving.map(({ coordinates }, index) => ({ coordinates, weight: filled[index] as number }));
      const worth = effectiveIndependent(weighed);
      if (worth !== undefined) emit(worth, view.network);
    }
  },
  breakwater_expected_unserved_calls_per_year: perDemand((found, emit, network, demand) => {
    for (const { dimension, calls } of expectedUnserved(found) ?? []) emit(calls, network, dimension, demand);
  }),
  breakwater_demand_calls_per_second: ({ networks }, emit) => {
    for (const { view, survival } of networks) {
      for (const [priority, calls] of survival.demand().entries()) emit(calls, view.network, `${priority}`);
    }
  },
  breakwater_upstream_capacity_calls_per_second: ({ networks }, emit) => {
    for (const { view, upstreams, survival } of networks) {
      for (const upstream of upstreams) {
        const capacity = survival.capacity(upstream);
        if (capacity) emit(capacity.perSecond, view.network, upstream.id);
      }
    }
  },
} satisfies Partial<Record<MetricName, Reader>>;

/** Reads what was measured; the labels handed on are network and demand. */
function perDemand(read: (found: Survivability, emit: Emit, network: string, demand: string) => void): Reader {
  return ({ networks, survivabilities }, emit) => {
    for (const [index, { view }] of networks.entries()) {
      const { now, peak } = survivabilities[index] ?? {};
      if (now?.measured) read(now, emit, view.network, "now");
      if (peak?.measured) read(peak, emit, view.network, "peak");
    }
  };
}
