import { z } from "zod";
import { duration, rate } from "../core/options.ts";

const word = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, { error: "must be a word of at most 63 small letters, digits, _ . and -" });
const region = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,62}(\/[a-z0-9][a-z0-9_.-]{0,62})?$/, {
  error: "must be a region such as aws/us-east-1",
});

/** The `limits:` of an upstream: its bulkhead, so that a slow one cannot hold all that the process has. */
const limitsSchema = z.strictObject({
  concurrency: z.int().min(1).default(128).describe("The most calls without an outcome at once"),
  rate: rate().optional().describe("The most calls over time"),
  burst: z
    .int()
    .min(1)
    .optional()
    .describe("The most calls at once after a quiet time; one second's worth of the rate when absent"),
});

const breakerOptions = z.strictObject({
  threshold: z.number().gt(0).max(100).default(50).describe("Opens when more than this many of a hundred calls failed"),
  volume: z.int().min(1).default(20).describe("Never opens on fewer calls than this"),
  window: duration("10s").describe("How far back calls count, in whole seconds"),
  hold: duration("5s").describe("How long nothing is sent after it opened; doubles while it opens again and again"),
  maxHold: duration("1m").describe("Where the doubling ends"),
});

/** The `breaker:` of a network; `false` for none. */
export const breakerSchema = z.union([
  z.literal(false),
  breakerOptions.refine(({ hold, maxHold }) => hold <= maxHold, {
    error: "must have a hold that is not more than maxHold",
  }),
]);

/** One of the `upstreams:` of a network, but for what only simulated ones have. */
export const upstreamSchema = z.strictObject({
  id: word.optional().describe("Its name in logs and metrics; made from provider and host when absent"),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where it listens"),
  provider: word
    .optional()
    .describe("Who hosts it: a key of the catalogue or your own word; inferred from the URL when absent"),
  kind: z
    .enum(["cloud", "bare_metal", "decentralized", "rpc_service"])
    .optional()
    .describe("What kind of provider it is, where the catalogue does not know or you know better"),
  region: region.optional().describe("Where it stands"),
  asn: z.int().min(1).max(4_294_967_295).optional().describe("Number of the autonomous system that announces it"),
  jurisdiction: z
    .string()
    .regex(/^[a-z]{2}$/, { error: "must be a country code of two small letters, such as de" })
    .optional()
    .describe("Country whose law applies, ISO 3166 alpha-2"),
  operator: word.optional().describe("Who runs the node, where that is not the provider"),
  client: word.optional().describe("Node software; read from the node when absent"),
  edge: word.optional().describe("The CDN in front"),
  tier: z.int().min(0).max(9).default(0).describe("0 is preferred; higher ones serve when no lower one can"),
  archive: z.boolean().default(false).describe("It serves old state too"),
  traces: z.boolean().default(false).describe("It serves traces: debug_trace* or trace_*"),
  headers: z.record(z.string(), z.string()).default({}).describe("Sent with each request"),
  limits: limitsSchema.prefault({}).describe("What it may be given"),
  capacity: rate()
    .optional()
    .describe("How many calls it bears, where you know; for what would be left without others"),
  stake: z
    .number()
    .positive()
    .optional()
    .describe("Validators that depend on it, or their stake, in any unit that is the same for all of a network"),
  peers: z.boolean().default(false).describe("A node of your own: it is asked who its peers are, and they are counted"),
  tls: z
    .strictObject({
      ca: z.string().optional().describe("File with the certificates of trusted authorities"),
      cert: z.string().optional().describe("File with the client certificate"),
      key: z.string().optional().describe("File with the key of the client certificate"),
    })
    .optional()
    .describe("TLS of our own making"),
});

/** When an upstream's breaker opens, and for how long. Durations in milliseconds, the threshold in percent. */
export type BreakerOptions = Readonly<z.output<typeof breakerOptions>>;

/** What one upstream may be given; the rate in calls a second. */
export type LimitOptions = Readonly<z.output<typeof limitsSchema>>;
