import { z } from "zod";
import { duration } from "../core/options.ts";

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: "must be an address: 0x and 40 hex digits" })
  .transform((text) => text.toLowerCase());

/** The `validators:` of a beacon network: how careful the duties of validators are served. */
export const validatorsSchema = z.strictObject({
  quorum: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe("How many different client pairs (consensus and execution) must at least agree on what is signed"),
  proposers: z.int().min(1).max(8).default(3).describe("How many nodes are asked for a block; the best one is taken"),
  liveness: z
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe("How many nodes must say that a validator was not seen; all of them where there are fewer"),
  registration: z
    .enum(["all", "one"])
    .default("all")
    .describe("Who is told of registrations with builders: every node, or one, to spare the relays"),
  feeRecipients: z
    .array(address)
    .max(1_000)
    .default([])
    .describe("Who may be paid by blocks, besides those whom the validators named; nobody else when empty"),
  value: z
    .enum(["all", "consensus"])
    .default("all")
    .describe("What the value of a block is: consensus reward alone where the execution layer pays in another token"),
  settle: z
    .strictObject({
      attest: z
        .int()
        .min(0)
        .max(64)
        .default(2)
        .describe("Slots that a node must be well before it is asked what to sign"),
      propose: z.int().min(0).max(16).default(1).describe("Whole epochs before it is asked for blocks"),
    })
    .prefault({})
    .describe("How long a node that came back is watched first"),
  clockSkew: duration("250ms").describe("The most that a node's clock may differ from ours"),
});

type Output = z.output<typeof validatorsSchema>;

/** Addresses in small letters, durations in milliseconds. */
export type ValidatorsOptions = Readonly<Omit<Output, "feeRecipients">> & { readonly feeRecipients: readonly string[] };

/** What a beacon upstream may be trusted with; `duties:` of an upstream. */
export const nodeRoleSchema = z.strictObject({
  trust: z
    .enum(["trusted", "verify", "publish_only"])
    .default("trusted")
    .describe("Own nodes are trusted; others may be asked what nobody signs (verify), or only pass on what was signed"),
  subscribe: z
    .boolean()
    .default(true)
    .describe("It is told of committees, at the price of more subnets and, with much stake, of custody of all columns"),
});

export type NodeRole = Readonly<z.output<typeof nodeRoleSchema>>;
