import type { Call } from "../core/call.ts";
import { type ChainSpec, type Moment, moments, type Timing } from "../core/duty.ts";
import type { Clock } from "../lib/clock.ts";

/**
 * Slots and epochs of a chain by wall-clock time (`Clock.epoch()`: milliseconds since 1970). Before genesis slots and
 * epochs are negative: the slot that ends with genesis is -1.
 */
export interface SlotClock {
  readonly genesisMs: number;
  readonly slotMs: number;
  readonly slotsPerEpoch: number;
  slotAt(wall: number): number;
  /** When a slot begins. */
  startOf(slot: number): number;
  /** When something is due in a slot. */
  momentOf(slot: number, moment: Moment): number;
  /** How much of its slot is gone at that time, 0 up to 1. */
  shareGone(wall: number): number;
  epochOf(slot: number): number;
  firstSlot(epoch: number): number;
}

/** A moment on both clocks, and where it lies in the chain's time. */
export interface Instant {
  /** `Clock.now()` and `Clock.epoch()`. */
  readonly now: number;
  readonly wall: number;
  readonly slot: number;
  readonly epoch: number;
  /** The newest slot that a block may be of: clocks may differ by {@link disparityMs}; before genesis its own. */
  readonly newest: number;
  /** Between aggregates and the slot's end nothing is due, so that this is when nodes change places. */
  readonly calm: boolean;
  /** The chain's pace. */
  readonly slotMs: number;
  readonly slotsPerEpoch: number;
}

/** How far clocks of nodes may differ, in milliseconds. Source: consensus-specs, p2p, `MAXIMUM_GOSSIP_CLOCK_DISPARITY`. */
export const disparityMs = 500;

const whole = 10_000;

interface Due {
  readonly key: string;
  readonly else: number;
}

/**
 * What is due when, in basis points of a slot: the constant in the spec, and its value where a spec does not have it.
 * `end` is the next slot's start. Before gloas there are no payloads to come later than their blocks; their moments are
 * the same then, as nobody asks. Source: consensus-specs a08d8a6 (August 2026), configs/mainnet.yaml and minimal.yaml,
 * and specs/gloas/fork-choice.md.
 */
const due: Readonly<Record<"phase0" | "gloas", Readonly<Record<Exclude<Moment, "start" | "end">, Due>>>> = {
  phase0: {
    attestation: { key: "ATTESTATION_DUE_BPS", else: 3_333 },
    aggregate: { key: "AGGREGATE_DUE_BPS", else: 6_667 },
    payload: { key: "PAYLOAD_DUE_BPS", else: 5_000 },
    payload_attestation: { key: "PAYLOAD_ATTESTATION_DUE_BPS", else: 7_500 },
  },
  gloas: {
    attestation: { key: "ATTESTATION_DUE_BPS_GLOAS", else: 2_500 },
    aggregate: { key: "AGGREGATE_DUE_BPS_GLOAS", else: 5_000 },
    payload: { key: "PAYLOAD_DUE_BPS", else: 5_000 },
    payload_attestation: { key: "PAYLOAD_ATTESTATION_DUE_BPS", else: 7_500 },
  },
};

/** The clock of a chain, or why its constants make none. Chains without `GLOAS_FORK_EPOCH` never get to gloas. */
export function slotClockOf({ genesisTime, values }: ChainSpec): SlotClock | string {
  const slotMs = slotMsOf(values);
  if (typeof slotMs === "string") return slotMs;
  const slotsPerEpoch = numberOf(values["SLOTS_PER_EPOCH"]);
  if (!isCount(slotsPerEpoch)) return "the spec has no SLOTS_PER_EPOCH";
  if (!Number.isSafeInteger(genesisTime) || genesisTime < 0) return "the time of genesis is not known";
  const genesisMs = genesisTime * 1_000;
  const gloasSince = (numberOf(values["GLOAS_FORK_EPOCH"]) ?? Number.POSITIVE_INFINITY) * slotsPerEpoch;
  const dues = { phase0: offsetsOf("phase0", values, slotMs), gloas: offsetsOf("gloas", values, slotMs) };
  const slotAt = (wall: number) => Math.floor((wall - genesisMs) / slotMs);
  const startOf = (slot: number) => genesisMs + slot * slotMs;
  return {
    genesisMs,
    slotMs,
    slotsPerEpoch,
    slotAt,
    startOf,
    momentOf: (slot, moment) => startOf(slot) + dues[slot >= gloasSince ? "gloas" : "phase0"][moment],
    shareGone: (wall) => (wall - startOf(slotAt(wall))) / slotMs,
    epochOf: (slot) => Math.floor(slot / slotsPerEpoch),
    firstSlot: (epoch) => epoch * slotsPerEpoch,
  };
}

/** The present, in the chain's time. */
export function instant(slots: SlotClock, clock: Pick<Clock, "now" | "epoch">): Instant {
  const wall = clock.epoch();
  const slot = slots.slotAt(wall);
  return {
    now: clock.now(),
    wall,
    slot,
    epoch: slots.epochOf(slot),
    newest: Math.max(0, slots.slotAt(wall + disparityMs)),
    calm: wall >= slots.momentOf(slot, "aggregate"),
    slotMs: slots.slotMs,
    slotsPerEpoch: slots.slotsPerEpoch,
  };
}

/**
 * The shortest soft time, in milliseconds. A share of a slot of one second, as test nets have, is shorter than a pause of
 * garbage collection or a round trip across a continent takes, and the word of half of the nodes would do for no reason.
 * Slots of 3.75 s and more are not touched by it.
 */
const leastSoftMs = 150;

/**
 * Until when an answer to a call is wanted, in the milliseconds of `Clock.now()`. The moment that bounds it lies in the
 * slot that the call is about, else in the present one. Who asks late, when that moment is near or over, still gets the
 * soft time: a late duty is worth less than one in time, and more than none.
 */
export function timing(
  slots: SlotClock,
  { traits, slot }: Pick<Call, "traits" | "slot">,
  at: Pick<Instant, "now" | "wall" | "slot">,
): Timing {
  if (!traits.duty) return { soft: at.now + traits.timeoutMs, hard: at.now + traits.timeoutMs };
  const { soft, hard, until } = traits.duty.budget;
  const softly = at.now + Math.max(leastSoftMs, soft * slots.slotMs);
  const hardly = Math.max(softly, at.now + hard * slots.slotMs);
  if (until === undefined) return { soft: softly, hard: hardly };
  const moment = at.now + slots.momentOf(slot ?? at.slot, until) - at.wall;
  return { soft: softly, hard: Math.min(hardly, Math.max(softly, moment)) };
}

/** A number of a spec; epochs that never come (2^64 - 1) are Infinity. `undefined` for what is none. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

/** Milliseconds of a slot. Two constants say it, the older one in seconds; they must not contradict each other. */
function slotMsOf(values: ChainSpec["values"]): number | string {
  const ms = numberOf(values["SLOT_DURATION_MS"]);
  const seconds = numberOf(values["SECONDS_PER_SLOT"]);
  const slotMs = ms ?? (seconds ?? Number.NaN) * 1_000;
  if (!isCount(slotMs)) return "the spec has neither SLOT_DURATION_MS nor SECONDS_PER_SLOT";
  if (seconds !== undefined && slotMs !== seconds * 1_000) {
    return `SLOT_DURATION_MS ${slotMs} contradicts SECONDS_PER_SLOT ${seconds}`;
  }
  return slotMs;
}

/** Milliseconds from a slot's start to its moments. Source: consensus-specs, `get_slot_component_duration_ms`. */
function offsetsOf(fork: "phase0" | "gloas", values: ChainSpec["values"], slotMs: number): Record<Moment, number> {
  const offset = (moment: Moment) => {
    if (moment === "start") return 0;
    if (moment === "end") return slotMs;
    const row = due[fork][moment];
    const told = numberOf(values[row.key]);
    const points = told !== undefined && told <= whole ? told : row.else;
    return Math.floor((points * slotMs) / whole);
  };
  return Object.fromEntries(moments.map((moment) => [moment, offset(moment)])) as Record<Moment, number>;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}
