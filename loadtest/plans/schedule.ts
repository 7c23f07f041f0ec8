import type { Fault, Outage } from "./outage.ts";

/** The parts of an outage. The first is for connections and caches, and is left out of all figures. */
const phases = ["warm-up", "before", "onset", "outage", "recovery", "after"] as const;

/** `load` is the one part of a run in which nothing is made to fail. */
export type Phase = (typeof phases)[number] | "load";

/** A fault at work, and the ids of those that it strikes; milliseconds since the start of the run. */
export interface TimedStrike {
  readonly from: number;
  readonly to: number;
  readonly fault: Fault;
  readonly upstreams: readonly string[];
}

/** When what happens in one run; milliseconds since its start. */
export interface Schedule {
  readonly phases: readonly { readonly name: Phase; readonly from: number; readonly to: number }[];
  /** The first fault begins, the last one ends, the run ends. */
  readonly onset: number;
  readonly relief: number;
  readonly end: number;
  readonly strikes: readonly TimedStrike[];
}

const warmUpMs = 3_000;

/** The first seconds of an outage, in which it has to be found out. */
const onsetSeconds = 5;

/**
 * The schedule of an outage with all of its times multiplied by `scale`, and those without a fault by `rest` too. Who is
 * struck is not known yet.
 */
export function scheduleOf(outage: Outage, scale: number, rest = 1): Schedule {
  const ms = (seconds: number) => Math.round(seconds * 1_000 * scale);
  const onset = warmUpMs + ms(rest * outage.before);
  const relief = onset + ms(faultSeconds(outage));
  const noticed = onset + ms(Math.min(onsetSeconds, faultSeconds(outage) / 3));
  const recovered = relief + ms(rest * outage.recovery);
  const end = recovered + ms(rest * outage.after);
  const edges = [0, warmUpMs, onset, noticed, relief, recovered, end];
  return {
    phases: phases
      .map((name, index) => ({ name, from: edges[index] as number, to: edges[index + 1] as number }))
      .filter(({ from, to }) => to > from),
    onset,
    relief,
    end,
    strikes: outage.strikes.map(({ from, to, ...fault }) => ({
      from: onset + ms(from),
      to: to === undefined ? end : onset + ms(to),
      fault,
      upstreams: [],
    })),
  };
}

/** The schedule of a run of so many seconds in which nothing is made to fail. */
export function undisturbed(seconds: number): Schedule {
  const end = Math.round(seconds * 1_000);
  return { phases: [{ name: "load", from: 0, to: end }], onset: end, relief: end, end, strikes: [] };
}

/** The scale at which a rehearsal takes about so many seconds. */
export function scaleFor(outage: Outage, seconds: number, rest = 1): number {
  const { before, recovery, after } = outage;
  return (seconds - warmUpMs / 1_000) / (rest * (before + recovery + after) + faultSeconds(outage));
}

/** From the first fault until the last one ends, or until nobody watches any more. */
function faultSeconds({ strikes, lasts }: Outage): number {
  return Math.max(lasts ?? 0, ...strikes.map(({ to }) => to ?? 0));
}

export function phaseAt(schedule: Schedule, ms: number): Phase {
  return schedule.phases.find(({ to }) => ms < to)?.name ?? schedule.phases.at(-1)?.name ?? "after";
}

/** Is an upstream struck by a fault at that time, or was it until `graceMs` ago? */
export function isStruck(schedule: Schedule, upstream: string, ms: number, graceMs = 0): boolean {
  return schedule.strikes.some(
    ({ from, to, upstreams }) => ms >= from && ms < to + graceMs && upstreams.includes(upstream),
  );
}
