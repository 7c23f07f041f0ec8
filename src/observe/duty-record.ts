import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import { type Duty, duties } from "../core/duty.ts";
import type { Slots } from "../core/duty-status.ts";
import { type Alarm, alarms, type Observer } from "../core/observer.ts";
import { type Fault, type Outcome, ruleOf } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import { Distribution } from "./durations.ts";
import { slotShareBounds } from "./metrics.ts";
import { outcomeNames, slotOf } from "./outcomes.ts";

/** The duties that are watched: all that a validator's work depends on. */
export const watchedDuties = duties.filter((duty) => duty !== "read");

/** Duties whose calls go to many nodes, each of which says something. */
export const spreadDuties = ["publish", "prepare"] as const satisfies readonly Duty[];

/** How a call missed its time: it was answered `late`, or had no answer (`unanswered`). */
export const misses = ["late", "unanswered"] as const;

/** So many names of software are told apart; nodes name themselves. */
const mostClients = 32;

/** What happened to the calls of one duty in one network. */
class DutyCounts {
  readonly slotShares = new Distribution(slotShareBounds);
  late = 0;
  unanswered = 0;
  noQuorum = 0;

  /** There was no answer. */
  miss({ kind }: Fault): void {
    if (kind === "no_quorum") this.noQuorum++;
    if (ruleOf(kind).blame !== "client") this.unanswered++;
  }

  /** An answer came at `wall`, after `elapsedMs`. */
  time(call: Call, duty: Duty, slots: Slots, wall: number, elapsedMs: number): void {
    const asked = wall - elapsedMs;
    const slot = slotMeant(call, slots, asked);
    this.slotShares.add(Math.max(0, wall - slots.startOf(slot)) / slots.slotMs);
    if (wall > dueAt(call, duty, slots, slot, asked)) this.late++;
  }
}

/** What happened to one network's duties. */
export class DutyRecord {
  readonly byDuty = new Map(watchedDuties.map((duty) => [duty, new DutyCounts()] as const));
  /** What each node made of what was sent to all: by duty, counts by outcome; see `outcomes.ts` for the slots. */
  readonly results = new Map<Upstream, Readonly<Record<(typeof spreadDuties)[number], Float64Array>>>();
  /** How often a node refused what another took, by its software. */
  readonly divergences = new Map<string, number>();
  readonly alarms = new Map<Alarm["what"], number>(alarms.map((what) => [what, 0]));
  /** Answers that were not used, by the id of who gave them. */
  readonly objections = new Map<string, number>();
  /** How often a node was told again what validators told, and acknowledged it or not. */
  readonly retold = new Map<Upstream, { done: number; failed: number }>();

  result(upstream: Upstream, duty: (typeof spreadDuties)[number], outcome: Outcome): void {
    const counts = this.results.get(upstream) ?? { publish: noCounts(), prepare: noCounts() };
    this.results.set(upstream, counts);
    const slot = slotOf(outcome);
    counts[duty][slot] = (counts[duty][slot] as number) + 1;
  }

  diverged({ coordinates: { client = "" } }: Upstream): void {
    const name = client.split("+")[0] as string;
    const told = this.divergences.has(name) || this.divergences.size < mostClients ? name : "";
    increment(this.divergences, told);
  }
}

/** Counts what validators' duties come to. */
export interface DutyRecorder extends Required<Pick<Observer, "attempted" | "answered" | "alarmed" | "retold">> {
  /** What happened in a network. */
  of(network: string): DutyRecord;
}

/**
 * Creates a recorder of duties. It runs on the request path, and leaves calls alone that are none. `slotsOf` tells a
 * network's slots, `undefined` until they are known: then what depends on time is not counted.
 */
export function createDutyRecorder(
  clock: Pick<Clock, "epoch">,
  slotsOf: (network: string) => Slots | undefined,
): DutyRecorder {
  const networks = new Map<string, DutyRecord>();
  /** Attempts that go on after their call was answered well. */
  const open = new WeakMap<Attempt, DutyRecord>();
  const recordOf = (network: string): DutyRecord => {
    const known = networks.get(network);
    if (known) return known;
    const record = new DutyRecord();
    networks.set(network, record);
    return record;
  };

  return {
    of: recordOf,
    attempted({ network, traits }, attempt) {
      const { duty: what, fanOut } = traits.duty ?? {};
      if (what === undefined || what === "read" || fanOut === "one") return;
      const duty = spreadDuties.find((one) => one === what);
      const { upstream, outcome } = attempt;
      if (duty === undefined || !outcome) return;
      recordOf(network).result(upstream, duty, outcome);
      if (isRefusal(outcome)) open.get(attempt)?.diverged(upstream);
    },
    answered(call, outcome, { attempts }, elapsedMs) {
      const { duty, fanOut } = call.traits.duty ?? {};
      if (duty === undefined || duty === "read") return;
      const record = recordOf(call.network);
      const counts = record.byDuty.get(duty) as DutyCounts;
      if (!outcome.ok) {
        counts.miss(outcome);
        return;
      }
      const slots = slotsOf(call.network);
      if (slots) counts.time(call, duty, slots, clock.epoch(), elapsedMs);
      const spread = fanOut === "broadcast" || fanOut === "producer";
      if (spread && !outcome.failed) watchRefusals(attempts, record, open);
    },
    alarmed(network, { what, upstream }) {
      const record = recordOf(network);
      increment(record.alarms, what);
      if (upstream !== undefined && (what === "objection" || what === "fee_recipient")) {
        increment(record.objections, upstream);
      }
    },
    retold(upstream, { well }) {
      const { retold } = recordOf(upstream.network);
      const counts = retold.get(upstream) ?? { done: 0, failed: 0 };
      retold.set(upstream, counts);
      counts[well ? "done" : "failed"]++;
    },
  };
}

/** Counts who refused what was taken; of those who have not answered yet it is noted where to count them. */
function watchRefusals(attempts: readonly Attempt[], record: DutyRecord, open: WeakMap<Attempt, DutyRecord>): void {
  for (const attempt of attempts) {
    if (!attempt.outcome) open.set(attempt, record);
    else if (isRefusal(attempt.outcome)) record.diverged(attempt.upstream);
  }
}

/** A slot that a call names may be this far from the present one to be what it is about. */
const nearSlots = 2;

/** The slot that a call is about: the one that it names, else the one in which it was asked. */
function slotMeant({ slot }: Call, slots: Slots, asked: number): number {
  const present = slots.slotAt(asked);
  return slot !== undefined && Math.abs(slot - present) <= nearSlots ? slot : present;
}

/**
 * The moment after which an answer is of little use: when what is done with it should be with others. Source:
 * consensus-specs, validator: a block must be there when it is attested to, attestations when they are aggregated,
 * aggregates by the end of their slot.
 */
const dueMoments: Readonly<Partial<Record<Duty, Parameters<Slots["momentOf"]>[1]>>> = {
  propose: "attestation",
  attest: "aggregate",
  aggregate: "end",
};

/** When an answer is late: after its budget, or after its moment if it was asked for before that. */
function dueAt(call: Call, duty: Duty, slots: Slots, slot: number, asked: number): number {
  const budget = asked + (call.traits.duty?.budget.hard ?? 1) * slots.slotMs;
  const moment = dueMoments[duty];
  const at = moment === undefined ? Number.NaN : slots.momentOf(slot, moment);
  return at > asked ? Math.min(budget, at) : budget;
}

/** Did the node say that what was sent is wrong? */
function isRefusal(outcome: Outcome): boolean {
  if (outcome.ok) return outcome.failed;
  return outcome.kind !== "cancelled" && ruleOf(outcome.kind).blame === "client";
}

function noCounts(): Float64Array {
  return new Float64Array(outcomeNames.length);
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
