import type { MetricName } from "./metrics.ts";
import type { Reader } from "./scrape.ts";

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
  breakwater_light_client_finalized_block: ({ verification }, emit) => {
    for (const { network, block } of verification?.lightClients() ?? []) if (block) emit(block.number, network);
  },
  breakwater_light_client_age_seconds: ({ verification }, emit) => {
    for (const { network, ageSeconds } of verification?.lightClients() ?? []) emit(ageSeconds, network);
  },
  breakwater_light_client_refused_total: ({ verification }, emit) => {
    for (const { network, refused } of verification?.lightClients() ?? []) emit(refused, network);
  },
  breakwater_light_client_contradicted_total: ({ verification }, emit) => {
    for (const { network, contradicted } of verification?.lightClients() ?? []) emit(contradicted, network);
  },
} satisfies Partial<Record<MetricName, Reader>>;
