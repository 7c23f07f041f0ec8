import { z } from "zod";
import { duration, percentage } from "../core/options.ts";

/** The `routing:` of a network. */
export const routingSchema = z.strictObject({
  home: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]*\/[a-z0-9][a-z0-9_.-]*$/, { error: "must be a region such as aws/us-east-1" })
    .optional()
    .describe("The region whose upstreams are preferred; self.region when absent"),
  spillBelow: percentage("70%").describe(
    "While fewer of the preferred upstreams than this are healthy, part of their traffic goes to the next ones",
  ),
  failBack: duration("10s").describe(
    "How long preferred upstreams must be well before they get traffic back, and then over how long they get it",
  ),
});

/** Durations in milliseconds, shares between 0 and 1. */
export type RoutingOptions = z.output<typeof routingSchema>;
