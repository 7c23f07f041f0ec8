import { hostingFigures } from "../concentration/hosting/figure.ts";
import type { MetricName } from "./metrics.ts";
import type { Reader } from "./scrape.ts";

/** How the metrics of hosting are read; there are none before the first look. */
export const hostingReaders = {
  breakwater_hosting_mismatch: ({ hosting }, emit) => {
    for (const { network, upstream, claimed, finding, hosts } of hosting?.() ?? []) {
      const other = hosts.find(({ entity }) => entity !== claimed);
      if (finding === "mismatch" && other) emit(1, network, upstream, claimed, other.entity);
    }
  },
  breakwater_hosting_connect_seconds: ({ hosting }, emit) => {
    for (const { network, upstream, light } of hosting?.() ?? []) {
      if (light) emit(light.connectMs / 1_000, network, upstream);
    }
  },
  breakwater_hosting_region_refuted: ({ hosting }, emit) => {
    for (const { network, upstream, light } of hosting?.() ?? []) {
      if (light?.reach === "refuted") emit(1, network, upstream, light.region);
    }
  },
  breakwater_concentration_hosting_hhi: ({ hosting }, emit) => {
    for (const [network, { declared, observed }] of hostingFigures(hosting?.() ?? [])) {
      emit(declared.hhi, network, "declared");
      emit(observed.hhi, network, "observed");
    }
  },
  breakwater_concentration_hosting_seen_ratio: ({ hosting }, emit) => {
    for (const [network, { seen }] of hostingFigures(hosting?.() ?? [])) emit(seen, network);
  },
} satisfies Partial<Record<MetricName, Reader>>;
