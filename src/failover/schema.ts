import { z } from "zod";
import { percentage } from "../core/options.ts";

/** The `failover:` of a configuration. */
export const failoverSchema = z.strictObject({
  mode: z
    .enum(["act", "shadow", "off"])
    .default("act")
    .describe("Whether failure domains are taken out as a whole (act), or it is only logged what would be (shadow)"),
  reserve: percentage("10%").describe("What must stay free of the capacity that is left when a domain is taken out"),
  survive: z
    .enum(["warn", "refuse", "ignore"])
    .default("warn")
    .describe(
      "What check and serve do when the loss of one failure domain would leave too little for the declared peak",
    ),
});

/** Shares between 0 and 1. */
export type FailoverOptions = z.output<typeof failoverSchema>;
