import type { FaultSpec, Member } from "./fault-spec.ts";
import { groupsOf } from "./phases.ts";
import type { Scenario } from "./scenario.ts";

/**
 * A time in which a fault was on, and whom it struck; milliseconds of the virtual clock. What it means for them:
 * `struck`, they fail or tell what is not so; `strained`, they serve with less strength, so that neither using them nor
 * taking them out is wrong; `everybody`, whoever is taken out is taken out in vain, for nobody is better.
 */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly affected: readonly string[];
  readonly effect: "struck" | "strained" | "everybody";
  /** The same for the times of a fault that goes on and off at everybody it strikes together: they are one outage. */
  readonly outage: number;
  /** It struck whom it struck alone, at a time that was their own. */
  readonly alone: boolean;
  readonly label: string;
  /** What those affected bear meanwhile, in balance reads a second; `undefined` for as much as ever. */
  readonly capacity: number | undefined;
}

/** When the faults of a scenario are on, and whom they strike of a network's members. In the order of the time line. */
export function windowsOf(
  { timeline, duration }: Pick<Scenario, "timeline" | "duration">,
  members: readonly Member[],
  seed: number,
): readonly Window[] {
  const windows: Window[] = [];
  let outages = 0;
  for (const { at, ...spec } of timeline) {
    const end = Math.min(duration, at + (spec.for ?? Number.POSITIVE_INFINITY));
    for (const group of groupsOf(spec, members, seed)) {
      const phases = group.phases();
      const together = outages++;
      for (let phase = phases.next().value; phase && at + phase.from < end; phase = phases.next().value) {
        windows.push({
          from: at + phase.from,
          to: Math.min(end, at + phase.to),
          affected: group.members.map(({ id }) => id),
          effect: effectOf(spec, group.members.length === members.length),
          outage: spec.flap?.scattered ? outages++ : together,
          alone: spec.flap?.scattered ?? false,
          label: `${spec.fault}: ${Object.values(spec.where).join(" ") || "everywhere"}`,
          capacity: spec.capacity,
        });
      }
    }
  }
  return windows;
}

function effectOf({ fault }: FaultSpec, everybody: boolean): Window["effect"] {
  if (fault === "cold" || fault === "capacity_cap") return "strained";
  return everybody ? "everybody" : "struck";
}
