import { publishedOf } from "../concentration/peers/published.ts";
import type { MetricName } from "./metrics.ts";
import type { Reader } from "./scrape.ts";

/** How the metrics of the network beyond the fleet are read, besides the shares on the basis `peers`. */
export const peersReaders = {
  breakwater_concentration_peers: ({ peers }, emit) => {
    for (const { network, peers: count } of peers?.() ?? []) emit(count, network);
  },
  breakwater_concentration_published_ratio: ({ peers, networks }, emit) => {
    const seen = new Set((peers?.() ?? []).map(({ network }) => network));
    for (const { view } of networks) {
      if (!seen.has(view.network)) continue;
      for (const { id, shares } of publishedOf(view.chain)) {
        for (const { entity, share } of shares) emit(share, view.network, entity, id);
      }
    }
  },
} satisfies Partial<Record<MetricName, Reader>>;
