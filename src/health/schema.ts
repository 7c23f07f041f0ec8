import { z } from "zod";
import { duration } from "../core/options.ts";

/** The `health:` of a network. */
export const healthSchema = z.strictObject({
  interval: duration("1s").describe("Between probes"),
  idleInterval: duration("5s").describe("Between probes while there is no traffic"),
  timeout: duration("2s").describe("How long a probe may take"),
  maxLag: z.int().min(0).default(3).describe("Blocks that an upstream may lie behind the fleet"),
});

/** Durations in milliseconds. */
export type HealthOptions = z.output<typeof healthSchema>;
