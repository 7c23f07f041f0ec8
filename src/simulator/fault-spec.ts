import { hash } from "node:crypto";
import { z } from "zod";
import { duration, percentage, rate } from "../core/options.ts";
import { type Coordinates, dimensions } from "../core/upstream.ts";

/**
 * What can be done to an upstream, and the parameters that each kind has of its own. Source: the outages of the last
 * years, taken apart into what a client of the upstream sees. Of several at once that end a request early the one that
 * began first decides; the others add up.
 */
const kinds = {
  /** Connections are refused. */
  refuse: [],
  /** Its name does not resolve: new connections fail, live ones go on. */
  dns: [],
  /** Connects, then silence: the handshake is never finished and no request is taken. Live connections break. */
  tls_hang: [],
  /** Takes the request and never answers. */
  black_hole: [],
  /** Takes the request and resets the connection. */
  reset: [],
  /** HTTP 429, fast, with `retryAfter` when given. */
  rate_limited: ["retryAfter"],
  /** HTTP 5xx (`status`, 500 by default), fast. */
  errors: ["status"],
  /** Half (`rate`) of the requests fail like `errors`; of the others half come later by `latency` (1.5 s by default). */
  brown_out: ["latency", "status"],
  /** HTML with HTTP 200: a login page, a maintenance page. */
  html_200: [],
  /** HTTP 200 without a body. */
  empty_200: [],
  /** Answers later by `latency` (2 s by default). */
  slow: ["latency"],
  /** Answers take `times` (5) as long, which fades away over `for`: caches that fill again after an outage. */
  cold: ["times"],
  /** Bears no more than `capacity`. */
  capacity_cap: ["capacity"],
  /** The head stands still from the injection on, or trails by `lag` blocks. */
  stale_head: ["lag"],
  /** The chain itself makes no block: every head of the network stands still. */
  halt: [],
  /** Balances, calls and other state come out different. */
  wrong_answer: [],
  /** Balances come out different, while probes are answered honestly; so with the next four. */
  wrong_balance: [],
  /** A log is missing, or one is invented. */
  wrong_logs: [],
  /** Another state root under the same hash. */
  forged_header: [],
  /** Receipts are said not to exist. */
  dropped_receipts: [],
  /** Balances are those of two blocks before. */
  stale_state: [],
  /** Another chain altogether. */
  wrong_chain: [],
  /** Half of the JSON, in an HTTP message that is whole. */
  truncated: [],
  /** Half of the body, then the connection is reset. */
  reset_midbody: [],
  /** Half of the body, then silence. */
  stall_midbody: [],
  /** A beacon node that says that it syncs, far behind. */
  syncing: [],
  /** A beacon node whose head its execution client has not verified. */
  optimistic: [],
  /** A beacon node without its execution client: it goes on to say what it knew. */
  el_offline: [],
  /** A beacon node on a history of its own from the injection on, which it finalises. */
  forked: [],
  /** A beacon node that says now this, now that: every other answer is from another history. */
  equivocating: [],
  /** Blocks to sign come later by `latency` (1.5 s by default). */
  slow_proposals: ["latency"],
  /** A beacon node that restarts and has forgotten what validators told it. */
  lost_preparation: [],
  /** A beacon node that names wrong slots as those of duties. */
  wrong_duties: [],
  /** Event streams end, and cannot be opened. */
  sse_death: [],
  /** A beacon node that reads and writes JSON alone. */
  ssz_refusal: [],
} as const satisfies Record<string, readonly Parameter[]>;

export type SimulatedFault = keyof typeof kinds;

const parameters = ["retryAfter", "status", "latency", "times", "capacity", "lag"] as const;
type Parameter = (typeof parameters)[number];

/** Options that all kinds have but these. */
const without: Partial<Record<SimulatedFault, readonly ("rate" | "share" | "ramp" | "flap")[]>> = {
  cold: ["rate", "ramp", "flap"],
  capacity_cap: ["rate"],
  halt: ["rate", "share", "ramp"],
};

const place = z.union([z.string(), z.number()]).transform(String);

/** Which upstreams: all that match each coordinate given; an empty object is everybody. */
const whereSchema = z
  .strictObject({
    upstream: z.string(),
    network: z.string(),
    kind: z.string(),
    ...(Object.fromEntries(dimensions.map((dimension) => [dimension, place])) as Record<
      (typeof dimensions)[number],
      typeof place
    >),
  })
  .partial();

const flapSchema = z.strictObject({
  /** From one beginning to the next. */
  period: duration(),
  /** The share of the period that the fault is on. */
  duty: percentage("50%").refine((duty) => duty > 0 && duty < 1, { error: "must be more than 0% and less than 100%" }),
  /** Each member at times of its own: once in each period, at random. */
  scattered: z.boolean().default(false),
});

export type Flap = z.output<typeof flapSchema>;

const shape = z.strictObject({
  where: whereSchema,
  fault: z.enum(Object.keys(kinds) as [SimulatedFault, ...SimulatedFault[]]),
  /** The share of requests that are hit: half of them by default in a brown-out, else all. */
  rate: percentage().optional(),
  /** How long; until healed when absent. */
  for: duration().optional(),
  /** It goes on and off; it begins on. */
  flap: flapSchema.optional(),
  /** The share of the upstreams matched that are struck, at least one; the seed decides which. */
  share: percentage()
    .refine((share) => share > 0, { error: "must be more than 0%" })
    .optional(),
  /** How long it grows from nothing to its full `rate`, or until `capacity` is all that is left. */
  ramp: duration().optional(),
  latency: duration().optional(),
  retryAfter: duration().optional(),
  lag: z.int().min(1).max(100_000).optional(),
  status: z.int().min(500).max(599).optional(),
  times: z.number().gt(1).max(1_000).optional(),
  capacity: rate().optional(),
});

type Shape = z.output<typeof shape>;

/** Says of options what does not fit the kind of fault, or each other. */
function fit(spec: Shape, context: z.RefinementCtx<Shape>): void {
  const { fault, where } = spec;
  const say = (key: keyof Shape, message: string) => context.addIssue({ code: "custom", path: [key], message });
  const own: readonly Parameter[] = kinds[fault];
  for (const key of [...parameters.filter((one) => !own.includes(one)), ...(without[fault] ?? [])]) {
    if (spec[key] !== undefined) say(key, `has no meaning for ${fault}`);
  }
  if (fault === "capacity_cap" && spec.capacity === undefined) say("capacity", "must be given with capacity_cap");
  if (fault === "cold" && spec.for === undefined) say("for", "must be given with cold, which fades over it");
  if (fault === "halt" && Object.keys(where).some((key) => key !== "network")) {
    say("where", "can only name a network: a chain halts as a whole");
  }
  if (spec.ramp !== undefined && spec.ramp > (spec.for ?? Number.POSITIVE_INFINITY)) {
    say("ramp", "must not be longer than for");
  }
}

/** One fault and where it strikes: the body of `POST /api/simulator/faults`. */
export const faultSchema = shape.superRefine(fit);

/** An entry of a scenario's time line: a fault and when it begins. */
export const eventSchema = shape.extend({ at: duration() }).superRefine(fit);

export type FaultSpec = z.output<typeof faultSchema>;

/** What `DELETE /api/simulator/faults` takes: only what is given must match, so that `{}` heals everything. */
export const healSchema = shape.partial().transform(({ where, fault }) => ({ where, fault }));

export type Heal = z.output<typeof healSchema>;

/** Somebody whom faults can strike. */
export interface Member {
  readonly id: string;
  readonly network: string;
  readonly coordinates: Coordinates;
}

/** Those of the members whom a fault strikes: the seed decides which where it is only a share of them. */
export function struckBy<Someone extends Member>(
  { where, share = 1 }: Pick<FaultSpec, "where" | "share">,
  members: readonly Someone[],
  seed: number,
): readonly Someone[] {
  const matching = members.filter((member) => strikes(where, member));
  if (share >= 1 || matching.length === 0) return matching;
  const lot = ({ network, id }: Member) => hash("sha256", `${seed}/${network}/${id}`);
  const drawn = matching.toSorted((a, b) => (lot(a) < lot(b) ? -1 : 1)).slice(0, howMany(share, matching.length));
  return matching.filter((member) => drawn.includes(member));
}

function howMany(share: number, count: number): number {
  return Math.max(1, Math.round(share * count));
}

/** Does a place hold a member? A region may be named in full (`aws/us-east-1`) or without its provider. */
function strikes(where: FaultSpec["where"], { id, network, coordinates }: Member): boolean {
  if (where.upstream !== undefined && where.upstream !== id) return false;
  if (where.network !== undefined && where.network !== network) return false;
  if (where.kind !== undefined && where.kind !== coordinates.kind) return false;
  return dimensions.every((dimension) => {
    const wanted = where[dimension];
    const actual = coordinates[dimension];
    if (wanted === undefined) return true;
    return String(actual) === wanted || (dimension === "region" && String(actual).endsWith(`/${wanted}`));
  });
}
