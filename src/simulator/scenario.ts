import { z } from "zod";
import { documentSchema } from "../config/schema.ts";
import { duration, percentage, rate } from "../core/options.ts";
import { faultSchema } from "./faults.ts";
import { trafficMethods, usualMix } from "./traffic.ts";

const weights = z.partialRecord(z.enum(trafficMethods), z.number().min(0));

const trafficSchema = z.strictObject({
  /** Calls per second. One run for each. */
  rates: z.array(rate()).min(1).prefault(["10/s", "200/s"]),
  /** Which methods, by weight. */
  methods: weights.default(usualMix),
  /** How many clients, each of which remembers the newest block that it was told of. */
  clients: z.int().min(1).max(10_000).default(20),
});

/** What a run must reach; what is absent is reported and not judged. */
const expectSchema = z.strictObject({
  /** The least share of calls answered rightly, from the first fault until a minute after the last. */
  availability: percentage().optional(),
  /** The longest from the first fault until the last call was sent to a member that it struck. */
  timeToMove: duration().optional(),
  /** The 99th percentile of latency while faults are active. */
  p99: duration().optional(),
  /** The most upstreams taken out of service that nothing was wrong with. */
  wrongEjections: z.int().min(0).optional(),
});

/** A scenario: a fleet, its traffic, what goes wrong when, and what must hold. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  about: z.string().default(""),
  /** The configuration of a simulated fleet: a file, named relative to the scenario, or the configuration itself. */
  fleet: z.union([z.string(), documentSchema]),
  /** The network that is called; the fleet's default when absent. */
  network: z.string().optional(),
  duration: duration("4m"),
  traffic: trafficSchema.prefault({}),
  timeline: z.array(faultSchema.extend({ at: duration() })).max(100),
  expect: expectSchema.prefault({}),
});

export type Scenario = z.output<typeof scenarioSchema>;
