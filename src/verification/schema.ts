import { z } from "zod";
import { duration, percentage, rate } from "../core/options.ts";

/** The `verification:` of a configuration. */
export const verificationSchema = z.strictObject({
  mode: z
    .enum(["off", "observe", "quarantine"])
    .default("off")
    .describe("Whether answers of evm upstreams are checked, and whether one that is found to lie gets no more calls"),
  newcomers: percentage("5%").describe("Calls that are audited of an upstream that is not trusted yet"),
  trusted: percentage("0.5%").describe("The same of one that is"),
  budget: rate("5/s").describe("The most calls that audits make, over all networks"),
  canaries: duration("1m").describe("Between questions with known answers, for each upstream"),
  delay: duration("2s").describe("The longest that an audit waits after the call that it audits"),
});

/** Shares between 0 and 1, calls per second, milliseconds. */
export type VerificationOptions = z.output<typeof verificationSchema>;

/** The `lightClient:` of an evm network. */
export const lightClientSchema = z.strictObject({
  network: z.string().describe("The beacon network whose nodes it asks, by its name"),
  checkpoint: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, { error: "must be a block root: 0x and 64 hex digits" })
    .transform((root) => root.toLowerCase())
    .describe("The root of a beacon block that is final and younger than 14 days, from somebody whom you trust"),
});
