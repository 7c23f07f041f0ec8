import { z } from "zod";
import { duration, percentage } from "../core/options.ts";

const retryOptions = z.strictObject({
  attempts: z.int().min(1).max(8).default(3).describe("The most attempts of one call that upstreams receive"),
  budget: percentage("20%").describe("Retries and hedges together, as a share of the calls of the last 10 s"),
  minPerSecond: z.number().min(0).default(10).describe("Retries and hedges a second that are allowed on top"),
});

const hedgeOptions = z
  .strictObject({
    quantile: z.number().gt(0).lt(1).default(0.95).describe("A second copy is sent when the first is slower than this"),
    min: duration("50ms").describe("The shortest wait before a second copy"),
    max: duration("2s").describe("The longest wait before a second copy"),
    budget: percentage("10%").describe("Second copies, as a share of the calls of the last 10 s"),
  })
  .refine(({ min, max }) => min <= max, { error: "min must not be more than max" });

/** The `policies:` of a network. A policy that is `false` is absent. */
export const policiesSchema = z.strictObject({
  deadline: duration("10s").describe("The longest that a client waits"),
  coalesce: z.boolean().default(true).describe("Identical calls in flight share one answer"),
  retry: z
    .union([z.literal(false), retryOptions])
    .prefault({})
    .describe("Other upstreams are asked after a fault"),
  hedge: z
    .union([z.literal(false), hedgeOptions])
    .prefault({})
    .describe("Slow calls are asked a second time elsewhere"),
  shed: z
    .union([z.literal(false), z.strictObject({})])
    .prefault({})
    .describe("Refuses the least important calls when the process has too many; see limits.concurrentCalls"),
});

/** Durations in milliseconds, shares between 0 and 1. */
export type PoliciesOptions = z.output<typeof policiesSchema>;
