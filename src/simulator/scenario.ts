import { z } from "zod";
import { documentSchema } from "../config/schema.ts";
import { duration, percentage, rate } from "../core/options.ts";
import { routingSchema } from "../routing/schema.ts";
import { eventSchema } from "./fault-spec.ts";
import { trafficMethods, usualMix } from "./traffic.ts";

const weights = z.partialRecord(z.enum(trafficMethods), z.number().min(0));

const trafficSchema = z.strictObject({
  /** Calls per second. One run for each. */
  rates: z.array(rate()).min(1).prefault(["10/s", "200/s"]),
  /** Which methods, by weight. */
  methods: weights.default(usualMix),
  /** How many clients, each of which remembers the newest block that it was told of. */
  clients: z.int().min(1).max(10_000).default(20),
  /** How long a client waits before it hangs up; for the proxy's deadline when absent. */
  patience: duration().optional(),
  /** How often a client asks again after a failure, and after about how long. */
  retries: z.strictObject({ times: z.int().min(1).max(10), after: duration("200ms") }).optional(),
});

/** A limit, or several: each for its rate of calls and more. */
function limit<Type extends z.ZodType<number>>(type: Type) {
  return z
    .union([
      type.transform((value) => [{ from: 0, value }]),
      z
        .array(z.strictObject({ from: rate(), value: type }))
        .min(1)
        .transform((steps) => steps.toSorted((a, b) => a.from - b.from)),
    ])
    .optional();
}

const count = z.number().min(0);

/**
 * What a run must reach; what is absent is reported and not judged. What a figure means stands with `Figures`.
 */
const expectSchema = z.strictObject({
  /** The least share of calls answered rightly, from the first fault until a minute after the last. */
  availability: limit(percentage()),
  /** The most calls that were not, in the same time. */
  failed: limit(count),
  /** The longest from the first fault until the last call was sent to a member that it struck. */
  timeToMove: limit(duration()),
  /** The longest from the first fault until nobody struck was trusted any more. */
  timeToAllOut: limit(duration()),
  /** The longest from the last fault until 99.9 % of calls were answered rightly again. */
  timeToRecover: limit(duration()),
  /** The 99th percentile of latency while faults are active. */
  p99: limit(duration()),
  /** The most calls that were sent to somebody struck and took more than twice the hedge delay. */
  slow: limit(count),
  /** The most attempts for each first attempt. */
  amplification: limit(count),
  /** How much more than before the struck got when they came back, as a share of what they had. */
  overshoot: limit(percentage()),
  /** The most times that somebody struck was taken back in during one outage. */
  flaps: limit(count),
  /** The most upstreams taken out of service that nothing was wrong with. */
  wrongEjections: limit(count),
  /** The most failure domains taken out of service that did not fail as one. */
  wrongDomains: limit(count),
  /** The most calls shed of those that are never to be: validator duties and transactions. */
  shedUrgent: limit(count),
  /** The failure domain that is to be taken out, and besides it only such as are parts of it. */
  named: z.string().optional(),
});

export type Expectations = z.output<typeof expectSchema>;

/** A scenario: a fleet, its traffic, what goes wrong when, and what must hold. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  about: z.string().default(""),
  /** Where to read of the outage that it plays. */
  source: z.string().optional(),
  /** The configuration of a simulated fleet: a file, named relative to the scenario, or the configuration itself. */
  fleet: z.union([z.string(), documentSchema]),
  /** The region where the proxy stands and which it prefers, instead of the fleet's own; `none` for no preference. */
  home: z.union([z.literal("none"), routingSchema.shape.home]).optional(),
  /** The share of requests that fail at every upstream without any fault, instead of the fleet's own. */
  errorRate: percentage().optional(),
  /** The network that is called; the fleet's default when absent. */
  network: z.string().optional(),
  duration: duration("4m"),
  traffic: trafficSchema.prefault({}),
  timeline: z.array(eventSchema).max(100).default([]),
  expect: expectSchema.prefault({}),
});

export type Scenario = z.output<typeof scenarioSchema>;
