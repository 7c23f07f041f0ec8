import { type Action, type DomainStatus, phases } from "../core/failover.ts";
import { dimensionOf } from "./decision-counts.ts";
import type { MetricName } from "./metrics.ts";
import type { Reader } from "./scrape.ts";

/** Actions that alerts count: they start at 0 in every dimension in which they can be. */
const alertedOn: readonly Action[] = ["open", "withhold"];

/** How the metrics of failover are read. */
export const failoverReaders = {
  breakwater_domain_phase: ({ failover }, emit) => {
    const mode = failover.mode === "shadow" ? "shadow" : "act";
    for (const { domain, phase } of failover.domains()) emit(1, domain, dimensionOf(domain), phase, mode);
  },
  breakwater_domains: ({ failover }, emit) => {
    const domains = failover.domains(true);
    for (const phase of phases) emit(count(domains, phase), phase);
  },
  breakwater_failover_decisions_total: ({ failover, recorder }, emit) => {
    const { counts } = recorder.decisions;
    for (const { action, dimension, mode, count } of counts) emit(count, action, dimension, mode);
    for (const dimension of new Set(failover.domains(true).map(({ domain }) => dimensionOf(domain)))) {
      for (const action of alertedOn) {
        const counted = counts.some(
          (one) => one.action === action && one.dimension === dimension && one.mode === "act",
        );
        if (!counted) emit(0, action, dimension, "act");
      }
    }
  },
  breakwater_failover_impaired: ({ failover }, emit) => emit(failover.impaired() === undefined ? 0 : 1),
  breakwater_failover_panic: ({ failover, networks }, emit) => {
    const panics = failover.panics();
    for (const { view } of networks) {
      emit(panics.some(({ network }) => network === view.network) ? 1 : 0, view.network);
    }
  },
  breakwater_failover_orders: ({ failover }, emit) => {
    const orders = failover.orders();
    for (const what of ["drain", "force"]) emit(orders.filter((order) => order.what === what).length, what);
  },
} satisfies Partial<Record<MetricName, Reader>>;

function count(domains: readonly DomainStatus[], phase: DomainStatus["phase"]): number {
  return domains.filter((domain) => domain.phase === phase).length;
}
