import type { MetricName } from "./metrics.ts";
import type { Reader } from "./readers.ts";

/** How the metrics of verification are read; there are none while it is off. */
export const verificationReaders = {
  breakwater_audits_total: ({ verification }, emit) => {
    for (const { network, upstream, audits } of verification?.upstreams() ?? []) {
      for (const { check, finding, count } of audits) emit(count, network, upstream, check, finding);
    }
  },
  breakwater_trust_score: ({ verification }, emit) => {
    for (const { network, upstream, trust } of verification?.upstreams() ?? []) emit(trust, network, upstream);
  },
  breakwater_upstream_custody: ({ verification }, emit) => {
    for (const { network, upstream, phase } of verification?.upstreams() ?? []) {
      if (phase !== "clear") emit(1, network, upstream, phase);
    }
  },
  breakwater_quarantines_total: ({ verification }, emit) => {
    for (const { network, upstream, convictions } of verification?.upstreams() ?? []) {
      emit(convictions, network, upstream);
    }
  },
  breakwater_verification_calls_total: ({ verification }, emit) => {
    for (const { network, asked } of verification?.effort() ?? []) emit(asked, network);
  },
  breakwater_verification_answers_total: ({ verification }, emit) => {
    for (const { network, seen } of verification?.effort() ?? []) emit(seen, network);
  },
} satisfies Partial<Record<MetricName, Reader>>;
