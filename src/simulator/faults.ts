import { z } from "zod";
import { duration, percentage } from "../core/options.ts";
import { type Coordinates, dimensions } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";

/**
 * What can be done to an upstream. Source: the outages of the last years, taken apart into what a client of the
 * upstream sees. Of several at once that end a request early the one that began first decides; the others add up.
 */
const faultKinds = [
  /** Connections are refused. */
  "refuse",
  /** Takes the request and never answers. */
  "black_hole",
  /** Takes the request and resets the connection. */
  "reset",
  /** HTTP 429, fast, with `retryAfter` when given. */
  "rate_limited",
  /** HTTP 5xx (`status`, 500 by default), fast. */
  "errors",
  /** Half (`rate`) of the requests fail like `errors`; of the others half come later by `latency` (1.5 s by default). */
  "brown_out",
  /** HTML with HTTP 200: a login page, a maintenance page. */
  "html_200",
  /** HTTP 200 without a body. */
  "empty_200",
  /** Answers later by `latency` (2 s by default). */
  "slow",
  /** The head stands still from the injection on, or trails by `lag` blocks. */
  "stale_head",
  /** Balances, calls and other state come out different. */
  "wrong_answer",
  /** Another chain altogether. */
  "wrong_chain",
  /** Half of the JSON, in an HTTP message that is whole. */
  "truncated",
  /** Half of the body, then the connection is reset. */
  "reset_midbody",
  /** Half of the body, then silence. */
  "stall_midbody",
] as const;

export type SimulatedFault = (typeof faultKinds)[number];

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

/** One fault and where it strikes: the body of `POST /api/simulator/faults` and an entry of a scenario's time line. */
export const faultSchema = z.strictObject({
  where: whereSchema,
  fault: z.enum(faultKinds),
  /** The share of requests that are hit: half of them by default in a brown-out, else all. */
  rate: percentage().optional(),
  /** How long; until healed when absent. */
  for: duration().optional(),
  latency: duration().optional(),
  retryAfter: duration().optional(),
  lag: z.int().min(1).max(100_000).optional(),
  status: z.int().min(500).max(599).optional(),
});

export type FaultSpec = z.output<typeof faultSchema>;

/** What `DELETE /api/simulator/faults` takes: only what is given must match, so that `{}` heals everything. */
export const healSchema = faultSchema.partial().transform(({ where, fault }) => ({ where, fault }));

type Heal = z.output<typeof healSchema>;

/** Somebody whom faults can strike. */
export interface Member {
  readonly id: string;
  readonly network: string;
  readonly coordinates: Coordinates;
}

/** A fault at work. */
export interface ActiveFault {
  readonly id: number;
  readonly spec: FaultSpec;
  /** The ids of the upstreams that it strikes. */
  readonly affected: readonly string[];
  /** Clock's milliseconds. */
  readonly since: number;
  readonly until: number | undefined;
  /** Wall-clock milliseconds since 1970 at its start: where a head that stands still stands. */
  readonly sinceEpoch: number;
}

export interface Faults {
  /** Starts a fault. It strikes nobody when `affected` is empty, and is then not kept. */
  inject(spec: FaultSpec): ActiveFault;
  /** Ends the faults with the same `where` and `fault`, as far as given, and returns them. */
  heal(spec: Heal): readonly ActiveFault[];
  list(): readonly ActiveFault[];
  /** The faults that strike a member now, oldest first. Cheap: asked for each request. */
  active(member: Member): readonly ActiveFault[];
  /** Hears of each injection and each end. */
  onChange(hear: () => void): void;
}

/** More faults at once than this push out the oldest. */
const limit = 100;

/** The faults of one simulated fleet. */
export function createFaults(clock: Clock, members: readonly Member[]): Faults {
  const running: { readonly fault: ActiveFault; readonly end: Scheduled | undefined }[] = [];
  const striking = new Map<Member, readonly ActiveFault[]>();
  const listeners: (() => void)[] = [];
  let lastId = 0;

  const changed = () => {
    for (const member of members) {
      const faults = running.map((one) => one.fault).filter((fault) => strikes(fault.spec.where, member));
      striking.set(member, faults);
    }
    for (const hear of listeners) hear();
  };

  const end = (dying: (fault: ActiveFault) => boolean): readonly ActiveFault[] => {
    const ended = running.filter((one) => dying(one.fault));
    for (const one of ended) {
      one.end?.cancel();
      running.splice(running.indexOf(one), 1);
    }
    if (ended.length > 0) changed();
    return ended.map((one) => one.fault);
  };

  return {
    inject(spec) {
      const fault: ActiveFault = {
        id: ++lastId,
        spec,
        affected: members.filter((member) => strikes(spec.where, member)).map((member) => member.id),
        since: clock.now(),
        until: spec.for === undefined ? undefined : clock.now() + spec.for,
        sinceEpoch: clock.epoch(),
      };
      if (fault.affected.length === 0) return fault;
      const over = spec.for === undefined ? undefined : clock.schedule(spec.for, () => end((one) => one === fault));
      running.push({ fault, end: over });
      if (running.length > limit) end((one) => one === running[0]?.fault);
      changed();
      return fault;
    },
    heal: ({ where, fault }) =>
      end(
        (one) =>
          (fault === undefined || one.spec.fault === fault) &&
          (where === undefined || samePlace(where, one.spec.where)),
      ),
    list: () => running.map((one) => one.fault),
    active: (member) => striking.get(member) ?? [],
    onChange: (hear) => listeners.push(hear),
  };
}

/** Does a place hold a member? A region may be named in full (`aws/us-east-1`) or without its provider. */
export function strikes(where: FaultSpec["where"], { id, network, coordinates }: Member): boolean {
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

function samePlace(a: FaultSpec["where"], b: FaultSpec["where"]): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof FaultSpec["where"]>;
  return [...keys].every((key) => a[key] === b[key]);
}
