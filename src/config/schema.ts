import { z } from "zod";
import { allNetworks, concentrationSchema, hostingSchema } from "../concentration/schema.ts";
import { duration, percentage, rate, size } from "../core/options.ts";
import { failoverSchema } from "../failover/schema.ts";
import { breakerSchema, upstreamSchema } from "../fleet/schema.ts";
import { healthSchema } from "../health/schema.ts";
import { policiesSchema } from "../policies/schema.ts";
import { routingSchema } from "../routing/schema.ts";
import { stateSchema } from "../state/schema.ts";
import { nodeRoleSchema, validatorsSchema } from "../validator/schema.ts";
import { verificationSchema } from "../verification/schema.ts";
import { address } from "./address.ts";

/** Names that are paths of their own, on the public listener or on others that people put in front of both. */
const reservedNames = ["api", "eth", "livez", "metrics", "readyz"];

const networkName = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, { error: "must be a name of at most 40 small letters, digits and -" })
  .refine((name) => !reservedNames.includes(name), { error: "is taken by a path of Breakwater's own; choose another" })
  .refine((name) => name !== allNetworks, { error: "is what metrics call all networks together; choose another" });

const pattern = z
  .string()
  .max(200)
  .regex(/^([A-Za-z0-9_]*|\/[A-Za-z0-9_./-]*)\*?$/, {
    error: "must be the name of a method or a path, or its beginning and *: debug_*, /eth/v1/debug/*",
  });

const simulatedSchema = z.strictObject({
  latency: z
    .strictObject({
      median: duration("20ms").describe("Half of all answers take less"),
      p99: duration("90ms").describe("All but one in a hundred take less"),
    })
    .refine(({ median, p99 }) => median <= p99, { error: "must have a median that is not more than p99" })
    .prefault({})
    .describe("How long answers take"),
  errorRate: percentage("0.1%").describe("Requests that fail with HTTP 503 without any fault injected"),
  capacity: rate("500/s").describe(
    "Cheap reads that it can bear; near it latency grows, above it calls are turned away",
  ),
});

const simulatorSchema = z.strictObject({
  seed: z.int().min(0).max(4_294_967_295).default(1).describe("The same seed gives the same run"),
  blockTime: duration("2s").describe("Between blocks of the simulated chains"),
});

const entrySchema = upstreamSchema.extend({
  duties: nodeRoleSchema.prefault({}).describe("What a beacon node may be asked for validators"),
  simulated: simulatedSchema.optional().describe("How it behaves; instead of url, in simulated fleets"),
});

const country = z.string().regex(/^[a-z]{2}$/, { error: "must be a country code of two small letters, such as de" });

const residencySchema = z.strictObject({
  allow: z.array(country).default([]).describe("Countries whose upstreams may answer; anywhere when empty"),
  deny: z.array(country).default([]).describe("Countries whose upstreams must not answer"),
});

const clientSchema = z.strictObject({
  key: z.string().min(12).describe("What it presents as a bearer token or as x-api-key"),
  residency: residencySchema.prefault({}).describe("Where its calls may be answered, besides what the network says"),
});

const networkSchema = z.strictObject({
  protocol: z.enum(["evm", "beacon"]).default("evm").describe("How the network speaks"),
  default: z
    .boolean()
    .default(false)
    .describe("Serves POST /, or /eth/v1/... for beacon networks; when none says so, the first of its protocol does"),
  listen: address.optional().describe("A listener of its own, for clients that cannot carry a path"),
  chain: z.int().min(1).optional().describe("Chain id; learned from the upstreams when absent"),
  genesis: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, { error: "must be a block hash: 0x and 64 hex digits" })
    .optional()
    .describe(
      "Hash of block 0, or the genesis validators root of a beacon chain; an upstream with another one is refused",
    ),
  blockTime: duration().optional().describe("Between blocks; learned when absent"),
  residency: residencySchema.prefault({}).describe("Where calls may be answered; no failover goes elsewhere"),
  peak: rate()
    .optional()
    .describe("The most calls that clients make, for what the loss of a failure domain would leave"),
  methods: z
    .strictObject({
      allow: z.array(pattern).default([]).describe("Methods to serve although they are denied by default"),
      deny: z.array(pattern).default([]).describe("Methods to refuse; wins over allow"),
    })
    .prefault({})
    .describe("Which methods clients may call"),
  policies: policiesSchema.prefault({}).describe("What is done for each call"),
  health: healthSchema.prefault({}).describe("How upstreams are checked"),
  routing: routingSchema.prefault({}).describe("Which upstreams are preferred"),
  breaker: breakerSchema.prefault({}).describe("When an upstream is given a rest; false for never"),
  validators: validatorsSchema.prefault({}).describe("How duties of validators are served; for beacon networks"),
  upstreams: z.array(entrySchema).min(1).describe("Who can serve"),
});

/** The configuration document: what people write, with every default. */
export const documentSchema = z.strictObject({
  listen: address.prefault("127.0.0.1:8545").describe("Where clients are served"),
  admin: z
    .strictObject({
      listen: address.prefault("127.0.0.1:9545").describe("Where metrics, health, status and control are served"),
      token: z.string().min(1).optional().describe("What callers that change something must present as a bearer token"),
    })
    .prefault({})
    .describe("The side for operators"),
  self: z
    .strictObject({
      provider: upstreamSchema.shape.provider.describe("Who hosts Breakwater"),
      region: routingSchema.shape.home.describe("Where Breakwater runs: the home that locality prefers"),
    })
    .prefault({})
    .describe("Where Breakwater itself stands"),
  failover: failoverSchema.prefault({}).describe("What is done when a whole failure domain fails"),
  verification: verificationSchema.prefault({}).describe("How answers of evm upstreams are checked"),
  state: stateSchema.prefault({}),
  concentration: concentrationSchema
    .prefault({})
    .describe("What the fleet must not become; see `breakwater concentration`"),
  hosting: hostingSchema.prefault({}).describe("How it is found out who hosts upstreams"),
  clients: z.record(networkName, clientSchema).default({}).describe("Clients that are told by a key"),
  access: z.enum(["open", "keys"]).default("open").describe("Whether clients without a key are served"),
  limits: z
    .strictObject({
      requestBytes: size("1MiB").describe("The largest request body, after decompression"),
      responseBytes: size("128MiB").describe(
        "The largest answer; what turns out larger while it is passed on is broken off",
      ),
      batchItems: z.int().min(1).default(100).describe("The most calls in one batch"),
      jsonDepth: z.int().min(1).max(1_000).default(64).describe("The deepest nesting of a request"),
      concurrentCalls: z
        .int()
        .min(1)
        .default(4_096)
        .describe("The most calls at once; less important ones are shed first"),
      streamAbove: size("64KiB").describe("Answers larger than this are passed on while they arrive"),
    })
    .prefault({})
    .describe("Bounds of the process"),
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error"])
        .default("info")
        .describe("The least important lines that are written"),
      format: z.enum(["json", "text"]).default("text").describe("For machines or for people"),
      sampleCalls: percentage("0%").describe("Calls that are logged although nothing was wrong"),
    })
    .prefault({})
    .describe("What is written to stderr"),
  networks: z
    .record(networkName, networkSchema)
    .refine((networks) => Object.keys(networks).length > 0, { error: "must have at least 1 entry" })
    .describe("The chains that clients may ask for"),
  simulator: simulatorSchema.optional().describe("Present only in simulated fleets: no upstream is real"),
});

/** Data that nobody changes, all the way down. */
type Fixed<T> = T extends object ? { readonly [Key in keyof T]: Fixed<T[Key]> } : T;

type Document = z.output<typeof documentSchema>;

/** An upstream as configured, with its id. Durations in milliseconds, rates per second, shares between 0 and 1. */
export type UpstreamConfig = Fixed<z.output<typeof entrySchema> & { id: string }>;

/** A network as configured, with its name; exactly one of each protocol is the default. */
export type NetworkConfig = Fixed<Omit<z.output<typeof networkSchema>, "upstreams"> & { name: string }> & {
  readonly upstreams: readonly UpstreamConfig[];
};

/** The whole configuration, with every default filled in. Frozen. */
export type Config = Fixed<Omit<Document, "networks">> & { readonly networks: readonly NetworkConfig[] };
